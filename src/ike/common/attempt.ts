import type { Endpoint } from '../../base/net.ts';
import { type Duration, SECOND } from '../../base/time.ts';
import type { TunnelPolicy } from './policy.ts';
import type { Reason } from './reason.ts';

const MIN_ATTEMPT: Duration = 10 * SECOND;

/** An attempt lasts as long as the interval to the next one, and long enough for a few retransmissions. */
export function attemptDuration(policy: TunnelPolicy): Duration {
  return Math.max(policy.retry.interval, MIN_ATTEMPT);
}

/**
 * How long a better answer may take after one that refuses: the refusal is not authenticated, so that an attacker on
 * the path could have sent it (RFC 7296 §2.21.1), but an operator should not wait minutes for an honest one.
 */
export const REFUSAL_GRACE: Duration = 2_500;

export function noResponse(remote: Endpoint): Reason {
  const text = `no answer from ${remote.address} on UDP port ${remote.port}; check that the peer runs and that no firewall drops UDP 500 and 4500`;
  return { code: 'no-response', text, evidence: { proof: 'silent', port: remote.port } };
}
