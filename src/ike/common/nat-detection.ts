import { ByteWriter, fromHex } from '../../base/bytes.ts';
import { addressBytes, type Endpoint } from '../../base/net.ts';
import type { HashName } from '../../crypto/algorithms.ts';
import { hash } from '../../crypto/hash.ts';

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
    .bytes(fromHex(initiatorSpi))
    .bytes(fromHex(responderSpi))
    .bytes(addressBytes(endpoint.address))
    .u16(endpoint.port)
    .finish();
  return hash(hashName, input);
}
