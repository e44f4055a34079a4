import type { Segments } from '../../sa/child-sa.ts';
import { containsSelector, formatSelector, narrow, type TrafficSelector } from '../../sa/traffic-selector.ts';
import type { Context } from './context.ts';
import type { TunnelPolicy } from './policy.ts';

/**
 * What a peer of a tunnel for many may not have of its segments, because somebody else has it: another peer with a Child
 * SA for any of it, or a tunnel that has a part of these segments by its configuration. Who has a key of its own could
 * else have the packets of others sent to itself. The one that has it keeps it until it goes, as with strongSwan, where the
 * policy of the first one stands. For the operator; undefined where nothing is taken.
 */
export function takenSegment(ctx: Context, policy: TunnelPolicy, wanted: Segments): string | undefined {
  if (policy.template === undefined) return undefined;
  for (const { name, held } of claims(ctx, policy, wanted)) {
    const common = commonOf(held, wanted);
    if (common !== undefined) return `${formatSelector(common)} belongs to ${name}`;
  }
  return undefined;
}

/** What others have near that. */
function* claims(ctx: Context, policy: TunnelPolicy, { remoteSelectors }: Segments): Generator<Claim> {
  for (const other of ctx.policies.near(remoteSelectors))
    for (const held of configured(policy, other)) yield { name: other.name, held };
  for (const child of ctx.heldNear(remoteSelectors))
    if (child.tunnel !== policy.name && child.state !== 'deleting') yield { name: child.tunnel, held: child };
}

type Claim = { readonly name: string; readonly held: Segments };

function commonOf(held: Segments, wanted: Segments): TrafficSelector | undefined {
  if (narrow(held.localSelectors, wanted.localSelectors).length === 0) return undefined;
  return narrow(held.remoteSelectors, wanted.remoteSelectors)[0];
}

/** A tunnel whose segments include all of ours leaves us the part that we are for. */
function configured({ remote }: TunnelPolicy, other: TunnelPolicy): Segments[] {
  const within = other.remote.selectors.filter((one) => remote.selectors.some((ours) => containsSelector(ours, one)));
  return within.length === 0 ? [] : [{ localSelectors: other.local.selectors, remoteSelectors: within }];
}
