import type { Reason } from '../common/reason.ts';
import { removeChild } from './child-end.ts';
import { abandon } from './close.ts';
import type { ContextV1 } from './context.ts';
import { didCross, familyOf } from './ike-sas.ts';
import type { IkeSaV1 } from './state.ts';

/** Some devices send INITIAL-CONTACT in an exchange of its own. It counts once, as it can be replayed. */
export function onInitialContact(ctx: ContextV1, sa: IkeSaV1): void {
  if (sa.initialContact) return;
  sa.initialContact = true;
  forgetOldPeer(ctx, sa);
}

/**
 * RFC 2407 §4.6.3.3: all older state is gone at the peer, whichever of its tunnels it was for. What came up while it said
 * so is not meant.
 */
export function forgetOldPeer(ctx: ContextV1, fresh: IkeSaV1): void {
  const tunnels = familyOf(ctx, fresh);
  const others = new Set(tunnels.flatMap((tunnel) => ctx.ikeSasOf(tunnel)));
  others.delete(fresh);
  const crossing = new Set([...others].filter((other) => didCross(fresh, other)).map(({ id }) => id));
  const isOld = (ikeSa: number) => ikeSa < fresh.id && !crossing.has(ikeSa);
  for (const other of others)
    if (other.establishedAt !== undefined && isOld(other.id)) abandon(ctx, other, LOST_BY_PEER);
  for (const child of tunnels.flatMap((tunnel) => ctx.childrenOf(tunnel)))
    if (isOld(child.ikeSa)) removeChild(ctx, child, LOST_BY_PEER);
}

const LOST_BY_PEER: Reason = {
  code: 'replaced',
  text: 'the peer has started anew (INITIAL-CONTACT) and has lost what there was',
};
