import { utf8 } from '../../base/bytes.ts';
import { addressBytes, addressFromBytes } from '../../base/net.ts';
import type { Identity } from '../../sa/identity.ts';

/** ID type and data of an Identification payload; both versions share the numbers (RFC 7296 §3.5, RFC 2407 §4.6.2.1). */
export function identityToWire(identity: Identity): { readonly idType: number; readonly data: Uint8Array } {
  switch (identity.type) {
    case 'ipv4':
      return { idType: IDENTITY_TYPE.IPV4_ADDR, data: addressBytes(identity.address) };
    case 'ipv6':
      return { idType: IDENTITY_TYPE.IPV6_ADDR, data: addressBytes(identity.address) };
    case 'fqdn':
      return { idType: IDENTITY_TYPE.FQDN, data: utf8(identity.name) };
    case 'rfc822':
      return { idType: IDENTITY_TYPE.RFC822_ADDR, data: utf8(identity.name) };
    case 'keyid':
      return { idType: IDENTITY_TYPE.KEY_ID, data: identity.bytes };
    case 'other':
      return { idType: identity.idType, data: identity.bytes };
  }
}

/** The reverse. @throws RangeError where an address has not the length that its type says; decoders have checked it. */
export function identityFromWire(idType: number, data: Uint8Array): Identity {
  switch (idType) {
    case IDENTITY_TYPE.IPV4_ADDR:
      return { type: 'ipv4', address: addressFromBytes(data) };
    case IDENTITY_TYPE.IPV6_ADDR:
      return { type: 'ipv6', address: addressFromBytes(data) };
    case IDENTITY_TYPE.FQDN:
      return named('fqdn', idType, data);
    case IDENTITY_TYPE.RFC822_ADDR:
      return named('rfc822', idType, data);
    case IDENTITY_TYPE.KEY_ID:
      return { type: 'keyid', bytes: data.slice() };
    default:
      return { type: 'other', idType, bytes: data.slice() };
  }
}

/**
 * A name only where it is text that can be shown and written back byte for byte. Anything else (NUL, escapes, bytes
 * that are no UTF-8) is kept as bytes: it equals no configured name, and nobody prints it by mistake.
 */
function named(type: 'fqdn' | 'rfc822', idType: number, data: Uint8Array): Identity {
  const name = decodeText(data);
  return name === undefined ? { type: 'other', idType, bytes: data.slice() } : { type, name };
}

/** The ID types that are identities of ours. */
const IDENTITY_TYPE = { IPV4_ADDR: 1, FQDN: 2, RFC822_ADDR: 3, IPV6_ADDR: 5, KEY_ID: 11 } as const;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(data: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(data);
    return /^[^\p{C}\p{Z}]+$/u.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
