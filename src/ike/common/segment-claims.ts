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
  for (const other of ctx.policies.values()) {
    if (other.name === policy.name || other.many !== undefined) continue;
    const all = other.template === undefined ? configured(policy, other) : carried(ctx, other);
    const common = all.flatMap((held) => commonOf(held, wanted) ?? [])[0];
    if (common !== undefined) return `${formatSelector(common)} belongs to ${other.name}`;
  }
  return undefined;
}

function commonOf(held: Segments, wanted: Segments): TrafficSelector | undefined {
  if (narrow(held.localSelectors, wanted.localSelectors).length === 0) return undefined;
  return narrow(held.remoteSelectors, wanted.remoteSelectors)[0];
}

function carried(ctx: Context, { name }: TunnelPolicy): Segments[] {
  return ctx.childrenOf(name).filter(({ state }) => state !== 'deleting');
}

/** A tunnel whose segments include all of ours leaves us the part that we are for. */
function configured({ remote }: TunnelPolicy, other: TunnelPolicy): Segments[] {
  const within = other.remote.selectors.filter((one) => remote.selectors.some((ours) => containsSelector(ours, one)));
  return within.length === 0 ? [] : [{ localSelectors: other.local.selectors, remoteSelectors: within }];
}
