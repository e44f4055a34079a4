import { printable } from '../base/printable.ts';
import type { ControlEvent } from '../control/protocol.ts';
import type { Terminal } from './terminal.ts';

/** Of what a tunnel with many pairs of segments has once for each Child SA, so many are told. */
const TOLD = 5;

/** What happens while somebody waits, one line each; what a tunnel has hundreds of is summed up. */
export class Progress {
  readonly #terminal: Terminal;
  /** How many of a type a tunnel has had, by `type tunnel`. */
  readonly #counts = new Map<string, number>();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  tell({ level, event, tunnel = '', text }: ControlEvent): void {
    if (level === 'debug' && !PROGRESS.has(event)) return;
    if (OF_CHILDREN.has(event)) {
      const key = keyOf(event, tunnel);
      const count = (this.#counts.get(key) ?? 0) + 1;
      this.#counts.set(key, count);
      if (count > TOLD) return;
    }
    this.#terminal.err(`${tunnel}: ${printable(text)}`);
  }

  /** What was left out of a tunnel that is decided. */
  sumUp(tunnel: string): void {
    for (const [event, what] of OF_CHILDREN) {
      const more = (this.#counts.get(keyOf(event, tunnel)) ?? 0) - TOLD;
      if (more > 0) this.#terminal.err(`${tunnel}: ${more} more Child SAs ${what}`);
    }
  }
}

/** What is told to whoever waits although it is too much for a log. */
const PROGRESS: ReadonlySet<string> = new Set(['message.retransmitted']);

const OF_CHILDREN: ReadonlyMap<string, string> = new Map([
  ['child.installed', 'are up'],
  ['child.rekeyed', 'have new keys'],
  ['child.deleted', 'are gone'],
]);

function keyOf(event: string, tunnel: string): string {
  return `${event} ${tunnel}`;
}
