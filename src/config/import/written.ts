import type { Position, Problem } from '../problem.ts';
import { errorAt, warningAt } from '../problem.ts';

/** A text of a foreign file and where it stands. */
export type Written = { readonly text: string; readonly position: Position };

/** `key = value` of a foreign file. Without a value where that is empty, which unsets what would be inherited. */
export type Setting = { readonly key: Written; readonly value: Written | undefined };

/** Collects what is said about foreign files: notes on what they say in vain, and what forbids to go on. */
export class Remarks {
  readonly problems: Problem[] = [];
  /** Whether a key that means nothing here is refused, unless it is harmless. */
  readonly strict: boolean;
  readonly #said = new Set<string>();

  constructor({ strict = false }: { readonly strict?: boolean } = {}) {
    this.strict = strict;
  }

  note(position: Position, sentence: string): void {
    this.#add(warningAt(position, sentence));
  }

  /** For what would be different, or weaker, than the file says. */
  refuse(position: Position, sentence: string): void {
    this.#add(errorAt(position, sentence));
  }

  get failed(): boolean {
    return this.problems.some(({ severity }) => severity === 'error');
  }

  /** Sections that inherit repeat themselves. */
  #add(problem: Problem): void {
    const key = JSON.stringify(problem);
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.problems.push(problem);
  }
}

/** The place `offset` characters behind the beginning of a text. */
export function behind({ position }: Written, offset: number): Position {
  return { ...position, column: position.column + offset };
}

/** The items of a list with commas, each with its own place; empty ones are left out. */
export function listItems(written: Written): Written[] {
  let offset = 0;
  const items: Written[] = [];
  for (const part of written.text.split(',')) {
    const text = part.trim();
    const lead = part.length - part.trimStart().length;
    if (text !== '') items.push({ text, position: behind(written, offset + lead) });
    offset += part.length + 1;
  }
  return items;
}
