import { MinuteNotes } from './minute-notes.ts';

/** Which of the kernel's error counters have moved lately. */
export class KernelErrorWatch extends MinuteNotes<ReadonlyMap<string, number>> {
  /** By how much each has moved; those that stand still are left out. */
  moved(): Record<string, number> {
    const { before, now } = this.compare();
    const differences = [...now].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
    return Object.fromEntries(differences.filter(([, difference]) => difference > 0));
  }
}
