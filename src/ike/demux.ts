import { readU32 } from '../base/bytes.ts';
import type { Endpoint } from '../base/net.ts';
import { NAT_TRAVERSAL_PORT } from './common/ports.ts';

const NON_ESP_MARKER_BYTES = 4;

export type Classified =
  | { readonly kind: 'ike'; readonly message: Uint8Array }
  | { readonly kind: 'keepalive' }
  /** ESP that no SA of the kernel took. */
  | { readonly kind: 'esp' }
  | { readonly kind: 'invalid' };

/** What a datagram is, by the port it came to: RFC 3948 §2.2 (non-ESP marker) and §2.3 (keepalive). */
export function classifyDatagram(local: Endpoint, bytes: Uint8Array): Classified {
  if (local.port !== NAT_TRAVERSAL_PORT) return { kind: 'ike', message: bytes };
  if (bytes.length === 1 && bytes[0] === 0xff) return { kind: 'keepalive' };
  if (bytes.length < NON_ESP_MARKER_BYTES) return { kind: 'invalid' };
  return readU32(bytes) === 0 ? { kind: 'ike', message: bytes.subarray(NON_ESP_MARKER_BYTES) } : { kind: 'esp' };
}
