import type { IkeSaV2 } from './state.ts';

/**
 * Whether `other` stays longer than `sa`, both for one tunnel. What has been outdated for longer takes nothing over: the peer
 * may have deleted it already, or uses it no more.
 */
export function outlasts(other: IkeSaV2, sa: IkeSaV2): boolean {
  const since = ({ outdatedSince }: IkeSaV2) => outdatedSince ?? Number.POSITIVE_INFINITY;
  return since(other) > since(sa) || (since(other) === since(sa) && other.startedAt > sa.startedAt);
}
