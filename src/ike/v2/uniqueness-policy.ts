import type { IpAddress } from '../../base/net.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { Reason } from '../common/reason.ts';
import { childrenOf } from './children.ts';
import type { ContextV2 } from './context.ts';

/**
 * Why a peer that has proven who it is does not get the tunnel (`ike.unique: keep`): another host has it. The same host
 * authenticates anew, and one that says INITIAL_CONTACT has lost all that it had (RFC 7296 §2.4). Undefined where it may.
 */
export function heldByAnother(
  ctx: ContextV2,
  policy: TunnelPolicy,
  peer: { readonly address: IpAddress; readonly initialContact: boolean },
): Reason | undefined {
  if (policy.unique !== 'keep' || peer.initialContact) return undefined;
  const holder = ctx
    .ikeSasV2Of(policy.name)
    .find(
      (other) =>
        other.phase === 'established' && other.remote.address !== peer.address && childrenOf(ctx, other).length > 0,
    );
  if (holder === undefined) return undefined;
  return { code: 'too-many', text: `${holder.remote.address} has the tunnel, and keeps it (ike.unique)` };
}
