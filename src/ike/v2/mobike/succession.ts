import type { Context } from '../../common/context.ts';
import type { IkeSaV2, Task } from '../state.ts';
import { requestUpdate } from './initiator.ts';
import { requestCheck } from './responder.ts';

/**
 * RFC 4555 §3.2: what was agreed upon holds for the successor of an IKE SA as well. It leads where the old one does at the
 * moment that it takes over, and what the peer has not been told or asked to the end is said again.
 */
export function inheritMobility(ctx: Context, from: IkeSaV2, to: IkeSaV2): void {
  to.local = from.local;
  to.remote = from.remote;
  to.nat = from.nat;
  if (from.mobike === undefined) return;
  // The hashes of NAT detection are those of the SPIs (§3.8).
  to.mobike = { ...from.mobike, seenAs: undefined };
  const unsettled = [from.outstanding?.task, ...from.tasks].map((task) => task?.kind);
  const has = (kind: Task['kind']) => unsettled.includes(kind);
  if (has('announce-addresses')) to.tasks.push({ kind: 'announce-addresses' });
  if (has('update-addresses')) requestUpdate(ctx, to);
  if (has('check-address')) requestCheck(ctx, to);
}
