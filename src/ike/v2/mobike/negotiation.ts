import type { IpAddress } from '../../../base/net.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import { NAT_TRAVERSAL_PORT } from '../../common/ports.ts';
import { findNotify, notifies } from '../payload-set.ts';
import type { IkeSaV2 } from '../state.ts';
import { decodeAdditionalAddress, encodeAdditionalAddress } from '../wire/mobike.ts';
import { type NotifyPayload, notifyPayload } from '../wire/notify.ts';
import type { Payload } from '../wire/payload.ts';
import type { Mobike } from './state.ts';

/** RFC 4555 §3.6 has no bound; a peer has few addresses, and one that names thousands means no good. */
const MAX_PEER_ADDRESSES = 16;

/**
 * RFC 4555 §3.2, §3.4: what the initiator adds to IKE_AUTH. Only between the ports 4500 (§3.3), where the peer knows NAT
 * traversal: without that every translator on a new path would be the end.
 */
export function offerMobike(sa: IkeSaV2, policy: TunnelPolicy): NotifyPayload[] {
  if (!policy.mobike || sa.local.port !== NAT_TRAVERSAL_PORT) return [];
  return [notifyPayload('MOBIKE_SUPPORTED'), ...furtherAddresses(sa, policy).map(encodeAdditionalAddress)];
}

/** The responder's answer to the same. */
export function answerOffer(sa: IkeSaV2, policy: TunnelPolicy, payloads: readonly Payload[]): NotifyPayload[] {
  if (!policy.mobike || findNotify(payloads, 'MOBIKE_SUPPORTED') === undefined) return [];
  return [notifyPayload('MOBIKE_SUPPORTED'), ...furtherAddresses(sa, policy).map(encodeAdditionalAddress)];
}

/** What an IKE SA begins with where both ends have said MOBIKE_SUPPORTED: `ours` is what we said. */
export function agreedMobike(
  sa: IkeSaV2,
  policy: TunnelPolicy,
  ours: readonly NotifyPayload[],
  theirs: readonly Payload[],
): Mobike | undefined {
  if (ours.length === 0 || findNotify(theirs, 'MOBIKE_SUPPORTED') === undefined) return undefined;
  return {
    decides: sa.role === 'initiator',
    peerAddresses: readPeerAddresses(theirs) ?? [],
    told: furtherAddresses(sa, policy),
    change: 0,
    refusals: 0,
    seenAs: undefined,
  };
}

/** The peer's further addresses, bounded; undefined where it says nothing of them. */
export function readPeerAddresses(payloads: readonly Payload[]): IpAddress[] | undefined {
  const found = new Set<IpAddress>();
  for (const notify of notifies(payloads)) {
    const address = found.size < MAX_PEER_ADDRESSES ? decodeAdditionalAddress(notify) : undefined;
    if (address !== undefined) found.add(address);
  }
  if (found.size === 0 && findNotify(payloads, 'NO_ADDITIONAL_ADDRESSES') === undefined) return undefined;
  return [...found];
}

/** All that we have beside the address in use. */
export function furtherAddresses({ local }: IkeSaV2, policy: TunnelPolicy | undefined): IpAddress[] {
  const all = policy === undefined ? [] : [policy.local.address, ...(policy.local.alternatives ?? [])];
  return all.filter((address) => address !== local.address);
}

/** The whole list each time (RFC 4555 §3.6). */
export function tellAddresses(addresses: readonly IpAddress[]): NotifyPayload[] {
  return addresses.length === 0 ? [notifyPayload('NO_ADDITIONAL_ADDRESSES')] : addresses.map(encodeAdditionalAddress);
}
