import { sameEndpoint } from '../../base/net.ts';
import { moveChildren } from '../common/move-children.ts';
import type { ContextV1 } from './context.ts';
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
  if (!mayMove || sameEndpoint(sa.remote, path.remote)) return;
  ctx.emit({ type: 'peer.moved', tunnel: sa.tunnel, ikeSa: sa.id, from: sa.remote, to: path.remote });
  moveChildren(ctx, ctx.childrenOf(sa.tunnel), path);
  sa.local = path.local;
  sa.remote = path.remote;
}

/** A message that nobody can have recorded before: the peer lives, and it is where this came from. */
export function heardFrom(ctx: ContextV1, sa: IkeSaV1, path: Path): void {
  sa.lastHeardAt = ctx.now.mono;
  sa.dpd.asking = undefined;
  followPeer(ctx, sa, path);
}
