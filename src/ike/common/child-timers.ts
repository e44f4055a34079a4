import type { ChildSa } from '../../sa/child-sa.ts';

/**
 * The timers of a Child SA are its tunnel's, as the IKE SA changes under it: for its successor, for its outbound half
 * (IKEv2), and for the end of what its inbound half still lets in.
 */
export type ChildTimer = 'rekey' | 'switch' | 'drain';

export const CHILD_TIMERS: readonly ChildTimer[] = ['rekey', 'switch', 'drain'];

export function childTimer(name: ChildTimer, child: string): string {
  return `${name}-${child}`;
}

/** The Child SA that a timer is of, and which one; undefined for a timer of the tunnel as a whole. */
export function ofChildTimer(
  children: readonly ChildSa[],
  key: string,
): { readonly child: ChildSa; readonly name: ChildTimer } | undefined {
  for (const name of CHILD_TIMERS) {
    const child = children.find(({ id }) => key === childTimer(name, id));
    if (child !== undefined) return { child, name };
  }
  return undefined;
}
