import { type Duration, type Instant, SECOND } from '../../base/time.ts';
import type { ChildSa } from '../../sa/child-sa.ts';
import type { Nat } from './nat-detection.ts';
import type { TunnelPolicy } from './policy.ts';
import type { Reason } from './reason.ts';

/** The mode of ESP or AH that a tunnel is to have. */
export function childMode(policy: Pick<TunnelPolicy, 'childMode'>): ChildSa['mode'] {
  return policy.childMode ?? 'tunnel';
}

/** What is said where the two ends want different modes of ESP or AH, by the one that is configured here. */
export function modeMismatch(policy: Pick<TunnelPolicy, 'childMode'>): Reason {
  return MISMATCH[childMode(policy)];
}

const MISMATCH: Readonly<Record<ChildSa['mode'], Reason>> = {
  transport: {
    code: 'mode-mismatch',
    text: 'this tunnel is in transport mode, the peer wants tunnel mode (ipsec.mode)',
  },
  tunnel: {
    code: 'mode-mismatch',
    text: 'this tunnel is in tunnel mode, the peer wants transport mode (ipsec.mode)',
  },
};

/**
 * Whether the peer has no use for a Child SA which it ends now. RFC 7296 §1.3.1: who has asked for transport mode and gets
 * tunnel mode ends it at once, or never for that.
 */
export function isDeclined({ declined, begunAt }: ChildSa, now: Instant): boolean {
  return declined === true && now - begunAt < AT_ONCE;
}

const AT_ONCE: Duration = 10 * SECOND;

/** Why no Child SA of the tunnel can pass the path, where there is a NAT on it. */
export function stoppedByNat(policy: TunnelPolicy, nat: Nat): Reason | undefined {
  if (!nat.local && !nat.remote) return undefined;
  if (policy.childProtocol === 'ah') return AH_BEHIND_NAT;
  return childMode(policy) === 'transport' ? TRANSPORT_BEHIND_NAT : undefined;
}

/** RFC 4302 §3.1: an address translator changes what AH protects. */
export const AH_BEHIND_NAT: Reason = {
  code: 'child-refused',
  text: 'AH cannot pass the address translation (NAT) between the gateways; use ESP',
};

/**
 * RFC 7296 §2.23.1 and RFC 3947 §5.2 would have each end mend the checksums of what the other one has sent from addresses
 * that it does not see. That is not done here.
 */
const TRANSPORT_BEHIND_NAT: Reason = {
  code: 'child-refused',
  text: 'transport mode does not pass the address translation (NAT) between the gateways; use tunnel mode',
};
