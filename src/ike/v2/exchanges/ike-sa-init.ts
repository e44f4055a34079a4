import { equalBytes } from '../../../base/bytes.ts';
import type { Endpoint } from '../../../base/net.ts';
import { type Nat, NOWHERE, natDetectionHash, withForced } from '../../common/nat-detection.ts';
import { ZERO_SPI } from '../../wire/header.ts';
import { findNotify, notifies } from '../payload-set.ts';
import { NOTIFY, type NotifyPayload, notifyPayload } from '../wire/notify.ts';
import type { Payload } from '../wire/payload.ts';

/** RFC 7296 §2.23 has SHA-1 here whatever was negotiated. */
const NAT_DETECTION_HASH_NAME = 'sha1';

/** RFC 7296 §2.10: at least half the key size of the largest prf, 16 to 256; 32 suit them all. */
export const NONCE_BYTES = 32;

/** Both ends of the path as one side sees it. */
export type Path = { readonly local: Endpoint; readonly remote: Endpoint };

/** Which SPIs a message carries: the initiator's first one has no responder SPI yet. */
export type SpiPair = { readonly initiatorSpi: string; readonly responderSpi: string };

/** What both sides add to IKE_SA_INIT: NAT detection (RFC 7296 §2.23) and fragmentation (RFC 7383 §2.3). */
export function initNotifies(spis: SpiPair, path: Path, forced: boolean): NotifyPayload[] {
  return [...natNotifies(spis, path, forced), notifyPayload('FRAGMENTATION_SUPPORTED')];
}

/**
 * NAT detection (RFC 7296 §2.23): where a message comes from and goes to, as its sender sees that. `forced` names a
 * source that matches nothing: the peer finds a NAT at our end, and ESP goes in UDP.
 */
export function natNotifies(spis: SpiPair, path: Path, forced: boolean): NotifyPayload[] {
  return [
    notifyPayload('NAT_DETECTION_SOURCE_IP', hashOf(spis, forced ? NOWHERE : path.local)),
    notifyPayload('NAT_DETECTION_DESTINATION_IP', hashOf(spis, path.remote)),
  ];
}

/** RFC 9242 §3.1: sent only where additional key exchanges may follow, so that nobody expects anything else of it. */
export function intermediateNotify(wanted: boolean): NotifyPayload[] {
  return wanted ? [notifyPayload('INTERMEDIATE_EXCHANGE_SUPPORTED')] : [];
}

export function supportsIntermediate(payloads: readonly Payload[]): boolean {
  return findNotify(payloads, 'INTERMEDIATE_EXCHANGE_SUPPORTED') !== undefined;
}

/**
 * Where the peer's view of the path differs from ours there is a NAT; a peer that sends no view has none to tell, and
 * nothing can be `forced` on it, as it knows no NAT traversal.
 */
export function detectNat(payloads: readonly Payload[], spis: SpiPair, path: Path, forced: boolean): Nat {
  const differs = (type: number, endpoint: Endpoint) => {
    const hashes = notifies(payloads).filter((payload) => payload.notify === type);
    return hashes.length > 0 && !hashes.some((payload) => equalBytes(payload.data, hashOf(spis, endpoint)));
  };
  const found = {
    local: differs(NOTIFY.NAT_DETECTION_DESTINATION_IP, path.local),
    // RFC 7296 §2.23: a host with several addresses may send several source hashes; one match will do.
    remote: differs(NOTIFY.NAT_DETECTION_SOURCE_IP, path.remote),
  };
  return withForced(found, forced && tellsOfNat(payloads));
}

/** Whether there is any NAT detection in a message; RFC 7296 §2.23 has it sent by whoever knows NAT traversal. */
export function tellsOfNat(payloads: readonly Payload[]): boolean {
  return (
    findNotify(payloads, 'NAT_DETECTION_SOURCE_IP') !== undefined ||
    findNotify(payloads, 'NAT_DETECTION_DESTINATION_IP') !== undefined
  );
}

/** The SPIs of an initiator's first message. */
export function initiatorOnly(initiatorSpi: string): SpiPair {
  return { initiatorSpi, responderSpi: ZERO_SPI };
}

function hashOf(spis: SpiPair, endpoint: Endpoint): Uint8Array {
  return natDetectionHash(NAT_DETECTION_HASH_NAME, spis.initiatorSpi, spis.responderSpi, endpoint);
}
