import { formatIdentity, type Identity } from '../../sa/identity.ts';
import { formatExpected, isExpected } from '../../sa/identity-pattern.ts';
import { formatSelector, type TrafficSelector } from '../../sa/traffic-selector.ts';
import { identitySeen } from './evidence.ts';
import type { TunnelPolicy } from './policy.ts';
import type { Reason } from './reason.ts';

/** What the operator reads where both versions refuse, or are refused, for the same cause. */

export function identityMismatch(policy: TunnelPolicy, actual: Identity): Reason {
  const evidence = identitySeen(actual);
  if (policy.many !== undefined && isExpected(policy.remote, actual)) {
    const text = `the peer calls itself "${formatIdentity(actual)}", and this tunnel has no key for it`;
    return { code: 'peer-identity-mismatch', text, evidence };
  }
  const expected = formatExpected(policy.remote);
  const text = `the peer calls itself "${formatIdentity(actual)}", this tunnel expects "${expected}"`;
  return { code: 'peer-identity-mismatch', text, evidence };
}

/** `theirLocal` and `theirRemote` are what the peer says of our ends: its own remote and local selectors. */
export function selectorMismatch(
  policy: TunnelPolicy,
  theirLocal: readonly TrafficSelector[],
  theirRemote: readonly TrafficSelector[],
): string {
  return `the segments do not match: here local ${selectorList(policy.local.selectors)} and peer ${selectorList(policy.remote.selectors)}, the peer says local ${selectorList(theirRemote)} and remote ${selectorList(theirLocal)}`;
}

/** `taken` says what, and whose it is. */
export function segmentTaken(taken: string): Reason {
  return { code: 'traffic-selectors-unacceptable', text: `the peer asks for segments of somebody else: ${taken}` };
}

/** For people: a peer may send hundreds. */
export function selectorList(selectors: readonly TrafficSelector[]): string {
  const shown = selectors.slice(0, 8).map(formatSelector).join(', ');
  if (selectors.length === 0) return 'none';
  return selectors.length > 8 ? `${shown} and ${selectors.length - 8} more` : shown;
}

export const WRONG_KEY: Reason = {
  code: 'authentication-failed',
  text: 'the pre-shared keys differ: the peer proved its identity with another key than the one configured here',
};

export const UNCONFIGURED: Reason = { code: 'terminated', text: 'the tunnel is no longer configured' };

/** The tunnel starts over from another one. */
export const ADDRESS_GONE: Reason = {
  code: 'address-gone',
  text: 'the address of this gateway that the tunnel used is no longer there',
};

export const UNRESOLVED: Reason = { code: 'unresolved-peer', text: 'the address of the peer is not known' };

export const NOTHING_TO_OFFER: Reason = {
  code: 'no-proposal-chosen',
  text: 'this machine supports none of the configured IKE proposals',
};
