import { type Endpoint, sameEndpoint } from '../../../base/net.ts';
import type { ChildSa } from '../../../sa/child-sa.ts';
import type { Context } from '../../common/context.ts';
import { KEEPALIVE_INTERVAL } from '../../common/keepalive.ts';
import { moveChildren } from '../../common/move-children.ts';
import { childrenOf } from '../children.ts';
import { detectNat, tellsOfNat } from '../exchanges/ike-sa-init.ts';
import type { IkeSaV2 } from '../state.ts';
import type { Payload } from '../wire/payload.ts';

export type Path = { readonly local: Endpoint; readonly remote: Endpoint };

/** What NAT detection says of a path; as before where the message has none (RFC 4555 §3.5). */
export function natOn(sa: IkeSaV2, payloads: readonly Payload[], path: Path): IkeSaV2['nat'] {
  return tellsOfNat(payloads) ? detectNat(payloads, sa, path, sa.nat.forced === true) : sa.nat;
}

/** Takes note of what stands between the two now, and keeps the own translation open, or no longer. */
export function setNat(ctx: Context, sa: IkeSaV2, nat: IkeSaV2['nat']): void {
  const changed = nat.local !== sa.nat.local || nat.remote !== sa.nat.remote;
  sa.nat = nat;
  if (!changed) return;
  if (nat.local) ctx.setTimer(sa.id, 'keepalive', ctx.now.mono + KEEPALIVE_INTERVAL);
  else ctx.clearTimer(sa.id, 'keepalive');
  if (nat.local || nat.remote) ctx.emit({ type: 'nat.detected', tunnel: sa.tunnel, ikeSa: sa.id, ...nat });
}

/** Brings the Child SAs to where the IKE SA is; ESP goes into UDP, or out of it, as the path demands. */
export function gatherChildren(ctx: Context, sa: IkeSaV2): void {
  const encap = sa.nat.local || sa.nat.remote;
  const isAstray = (child: ChildSa) =>
    child.encap !== encap || !sameEndpoint(child.local, sa.local) || !sameEndpoint(child.remote, sa.remote);
  moveChildren(ctx, childrenOf(ctx, sa).filter(isAstray), { local: sa.local, remote: sa.remote, encap });
}
