import { printable } from '../../base/printable.ts';
import type { Terminal } from '../terminal.ts';

/** What is told, under numbered headings. */
export class Steps {
  readonly #terminal: Terminal;
  #number = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  next(title: string, ...lines: readonly string[]): void {
    this.#number += 1;
    this.#terminal.out(`\n${this.#number}. ${title}`);
    this.say(...lines);
  }

  say(...lines: readonly string[]): void {
    for (const line of lines) this.#terminal.out(`   ${printable(line, 4_096)}`.trimEnd());
  }
}
