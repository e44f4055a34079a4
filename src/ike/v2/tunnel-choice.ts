import { containsSelector, narrow, type TrafficSelector } from '../../sa/traffic-selector.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import { requirePayload } from './payload-set.ts';
import type { Payload } from './wire/payload.ts';

/**
 * Which of several tunnels to one peer is meant shows by the selectors alone. One that has all of them comes first; else
 * RFC 7296 §2.9 has the responder take a part, and that is of the tunnel which has the first selector of either end: an
 * initiator puts there what it cannot do without. Earlier ones come first. Undefined where none has any.
 */
export function tunnelMeant(tunnels: readonly TunnelPolicy[], payloads: readonly Payload[]): TunnelPolicy | undefined {
  const asked = {
    local: requirePayload(payloads, 'TSr').selectors,
    remote: requirePayload(payloads, 'TSi').selectors,
  };
  for (const fits of FITS) {
    const tunnel = tunnels.find(
      ({ local, remote }) => fits(local.selectors, asked.local) && fits(remote.selectors, asked.remote),
    );
    if (tunnel !== undefined) return tunnel;
  }
  return undefined;
}

type Selectors = readonly TrafficSelector[];

const FITS: readonly ((own: Selectors, asked: Selectors) => boolean)[] = [
  (own, asked) => asked.every((selector) => isWithin(selector, own)),
  (own, asked) => asked.slice(0, 1).every((selector) => isWithin(selector, own)),
  (own, asked) => narrow(own, asked).length > 0,
];

function isWithin(asked: TrafficSelector, own: Selectors): boolean {
  return own.some((selector) => containsSelector(selector, asked));
}
