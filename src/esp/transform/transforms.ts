import type { SaSpec } from '../../sa/data-plane.ts';
import { ahInbound } from './ah-inbound.ts';
import { ahOutbound } from './ah-outbound.ts';
import { espInbound } from './esp-inbound.ts';
import { espOutbound } from './esp-outbound.ts';
import type { TransformResources } from './resources.ts';
import type { InboundTransform, OutboundTransform } from './transform.ts';

/** @throws RangeError where an algorithm has no working implementation here, a key is missing, or it is no tunnel. */
export function outboundTransform(sa: SaSpec, resources: TransformResources): OutboundTransform {
  requireTunnel(sa);
  return sa.protocol === 'esp' ? espOutbound(sa, resources) : ahOutbound(sa, resources);
}

/** @throws RangeError as `outboundTransform`. */
export function inboundTransform(sa: SaSpec, resources: TransformResources): InboundTransform {
  requireTunnel(sa);
  return sa.protocol === 'esp' ? espInbound(sa, resources) : ahInbound(sa, resources);
}

function requireTunnel({ mode }: SaSpec): void {
  if (mode !== 'tunnel') throw new RangeError(`no ${mode} mode in userspace`);
}
