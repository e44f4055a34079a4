import { ByteWriter } from '../../base/bytes.ts';
import { addressBytes, type Endpoint } from '../../base/net.ts';
import type { HashName } from '../../crypto/algorithms.ts';
import { hash } from '../../crypto/hash.ts';
import type { TunnelPolicy } from './policy.ts';

/** Which end is behind a NAT. */
export type Nat = {
  readonly local: boolean;
  readonly remote: boolean;
  /** We say so of our end, whether it is true or not, so that ESP goes in UDP. */
  readonly forced?: true;
};

/** What is hashed as our source so that the peer takes us to be behind a NAT: no message comes from there. */
export const NOWHERE: Endpoint = { address: '0.0.0.0', port: 0 };

/** Whether every tunnel that this may be about wants ESP in UDP on a path without a NAT, too. */
export function wantsUdp(policies: readonly (TunnelPolicy | undefined)[]): boolean {
  return policies.length > 0 && policies.every((policy) => policy?.encapsulation === 'udp');
}

/** What was found, and what we say of our end. */
export function withForced(found: Omit<Nat, 'forced'>, forced: boolean): Nat {
  return forced ? { local: true, remote: found.remote, forced } : found;
}

/**
 * The data of NAT_DETECTION_SOURCE_IP and NAT_DETECTION_DESTINATION_IP (RFC 7296 §2.23, always SHA-1), and of NAT-D
 * in IKEv1 (RFC 3947 §3.2, the negotiated hash): SPIs as in the header, address and port as the sender sees them.
 */
export function natDetectionHash(
  hashName: HashName,
  initiatorSpi: string,
  responderSpi: string,
  endpoint: Endpoint,
): Uint8Array {
  const input = new ByteWriter()
    .hex(initiatorSpi)
    .hex(responderSpi)
    .bytes(addressBytes(endpoint.address))
    .u16(endpoint.port)
    .finish();
  return hash(hashName, input);
}
