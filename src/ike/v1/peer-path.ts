import { sameEndpoint } from '../../base/net.ts';
import type { ChildSa } from '../../sa/child-sa.ts';
import { moveChildren } from '../common/move-children.ts';
import { NAT_TRAVERSAL_PORT } from '../common/ports.ts';
import { tunnelsOf } from '../common/sharing.ts';
import type { ContextV1 } from './context.ts';
import { currentIkeSa } from './ike-sas.ts';
import type { Path } from './nat.ts';
import type { IkeSaV1 } from './state.ts';

/**
 * A peer behind a NAT is followed, with the Child SAs of the tunnel, to where its last message came from. IKEv1 has no
 * message counter, so that a recorded message can come again from anywhere: only what proves to be fresh is followed,
 * which is an answer to something of ours (a Quick Mode, a DPD probe), a DPD probe with a new sequence number, or ESP.
 * The rule who may move is that of IKEv2 (RFC 7296 §2.23).
 */
export function followPeer(ctx: ContextV1, sa: IkeSaV1, path: Path): void {
  const canBeCalled = !sa.nat.local || sa.role === 'responder';
  const mayMove = sa.phase === 'established' && sa.nat.remote && canBeCalled;
  if (!mayMove) return;
  if (!sameEndpoint(sa.remote, path.remote)) {
    ctx.emit({ type: 'peer.moved', tunnel: sa.tunnel, ikeSa: sa.id, from: sa.remote, to: path.remote });
    const left = sa.remote;
    // Those that are replaced and still answer came the same way.
    for (const one of ctx.ikeSasOf(sa.tunnel)) {
      if (one.establishedAt === undefined || !sameEndpoint(one.remote, left)) continue;
      one.local = path.local;
      one.remote = path.remote;
    }
  }
  gatherChildren(ctx, sa);
}

/** The Child SAs lead where the IKE SA does that the tunnel uses; one that is new may have come from another port. */
export function gatherChildren(ctx: ContextV1, sa: IkeSaV1): void {
  if (sa.local.port !== NAT_TRAVERSAL_PORT) return;
  const isAstray = ({ encap, local, remote }: ChildSa) =>
    encap && !(sameEndpoint(local, sa.local) && sameEndpoint(remote, sa.remote));
  const children = tunnelsOf(sa).flatMap((tunnel) => ctx.childrenOf(tunnel));
  const uses = ({ tunnel }: ChildSa) => tunnel === sa.tunnel || currentIkeSa(ctx, tunnel) === sa;
  moveChildren(ctx, children.filter(isAstray).filter(uses), sa);
}

/** A message that nobody can have recorded before: the peer lives, and it is where this came from. */
export function heardFrom(ctx: ContextV1, sa: IkeSaV1, path: Path): void {
  sa.lastHeardAt = ctx.now.mono;
  sa.dpd.asking = undefined;
  followPeer(ctx, sa, path);
}
