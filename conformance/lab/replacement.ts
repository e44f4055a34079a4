import type { Action, SaKind, Step } from './scenario.ts';

/**
 * SAs of a kind give way to new ones so many times, and those of the other kind do not: by the action, or by themselves
 * where there is none.
 */
export function anew(of: SaKind, times: number, by?: Action): readonly Step[] {
  const once: readonly Step[] = [
    { do: 'remember-spis' },
    ...(by === undefined ? [] : [by]),
    { expect: 'spis', of, are: 'new' },
  ];
  return [...Array.from({ length: times }, () => once).flat(), { expect: 'spis', of: OTHER[of], are: 'same' }];
}

const OTHER = { ike: 'children', children: 'ike' } as const;

/** Steps during which pings cross, of which at least so many are answered, and none is not. */
export function underTraffic(steps: readonly Step[], pings: number): readonly Step[] {
  return [{ do: 'keep-pinging' }, ...steps, { expect: 'none-lost', atLeast: pings }, { expect: 'sealed' }];
}

/** What strongSwan is asked to replace. */
export function rekey(what: SaKind): Action {
  return { do: 'rekey', on: 'b', what };
}

/** strongSwan replaces what it has at `rekey_time`, and deletes the old one at the end of its lifetime. */
export const BRIEF_CHILDREN = { child: { rekey_time: '8s', life_time: '12s', rand_time: 0 } };
/** Time enough after it for a first message to be repeated, which charon does after 4 s: it misses what answers too soon. */
export const BRIEF_IKE = { connection: { rekey_time: '12s', over_time: '9s', rand_time: 0 } };
