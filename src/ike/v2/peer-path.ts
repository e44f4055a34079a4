import { type Endpoint, sameEndpoint } from '../../base/net.ts';
import type { Context } from '../common/context.ts';
import { moveChildren } from '../common/move-children.ts';
import { childrenOf } from './children.ts';
import type { IkeSaV2 } from './state.ts';

/**
 * RFC 7296 §2.23: a peer behind a NAT is followed, with its Child SAs, to where its last authentic message or packet
 * came from. Who is behind a NAT himself should not follow, because his own translator could be what has changed; but
 * one who can be called there has a fixed translation, as every gateway with a public address of its cloud has.
 * With MOBIKE messages are not followed and packets still are, as RFC 4555 §3.8 allows: the next genuine one mends it.
 */
export function followPeer(
  ctx: Context,
  sa: IkeSaV2,
  path: { readonly local: Endpoint; readonly remote: Endpoint },
): void {
  const canBeCalled = !sa.nat.local || sa.role === 'responder';
  const mayMove = sa.phase === 'established' && sa.nat.remote && canBeCalled;
  if (!mayMove || sameEndpoint(sa.remote, path.remote)) return;
  ctx.emit({ type: 'peer.moved', tunnel: sa.tunnel, ikeSa: sa.id, from: sa.remote, to: path.remote });
  moveChildren(ctx, childrenOf(ctx, sa), path);
  sa.local = path.local;
  sa.remote = path.remote;
}
