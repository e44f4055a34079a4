import type { DataPlaneFailure } from './data-plane.ts';

/** What became of one change. `undo` brings back what was before; it cannot fail in a way that anyone could mend. */
export type Outcome =
  | { readonly ok: true; readonly undo: () => void }
  | { readonly ok: false; readonly failure: DataPlaneFailure };

export const UNCHANGED: Outcome = { ok: true, undo: () => {} };

export function done(undo: () => void): Outcome {
  return { ok: true, undo };
}

/** Does `actions` in order, all or nothing. */
export function all(actions: Iterable<() => Outcome>): Outcome {
  const undos: (() => void)[] = [];
  const undo = () => {
    for (const step of undos.reverse()) step();
  };
  for (const action of actions) {
    const outcome = action();
    if (!outcome.ok) {
      undo();
      return outcome;
    }
    undos.push(outcome.undo);
  }
  return done(undo);
}
