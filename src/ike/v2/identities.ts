import { utf8 } from '../../base/bytes.ts';
import { addressBytes, addressFromBytes } from '../../base/net.ts';
import type { Identity } from '../../sa/identity.ts';
import { decodeId, ID_TYPE, type IdPayload, type IdPayloadOf, idBody } from './wire/id.ts';

/** The Identification payload that states `identity`. */
export function identityToPayload<Type extends 'IDi' | 'IDr'>(type: Type, identity: Identity): IdPayloadOf<Type> {
  const { idType, data } = identityToWire(identity);
  return { type, idType, data, body: idBody(idType, data) };
}

/** @throws WireError where the data cannot be what its type says; a decoded payload never does. */
export function identityFromPayload(payload: IdPayload): Identity {
  const { idType, data } = decodeId(payload.type, payload.body);
  return identityFromWire(idType, data);
}

function identityToWire(identity: Identity): { readonly idType: number; readonly data: Uint8Array } {
  switch (identity.type) {
    case 'ipv4':
      return { idType: ID_TYPE.IPV4_ADDR, data: addressBytes(identity.address) };
    case 'ipv6':
      return { idType: ID_TYPE.IPV6_ADDR, data: addressBytes(identity.address) };
    case 'fqdn':
      return { idType: ID_TYPE.FQDN, data: utf8(identity.name) };
    case 'rfc822':
      return { idType: ID_TYPE.RFC822_ADDR, data: utf8(identity.name) };
    case 'keyid':
      return { idType: ID_TYPE.KEY_ID, data: identity.bytes };
    case 'other':
      return { idType: identity.idType, data: identity.bytes };
  }
}

function identityFromWire(idType: number, data: Uint8Array): Identity {
  switch (idType) {
    case ID_TYPE.IPV4_ADDR:
      return { type: 'ipv4', address: addressFromBytes(data) };
    case ID_TYPE.IPV6_ADDR:
      return { type: 'ipv6', address: addressFromBytes(data) };
    case ID_TYPE.FQDN:
      return named('fqdn', idType, data);
    case ID_TYPE.RFC822_ADDR:
      return named('rfc822', idType, data);
    case ID_TYPE.KEY_ID:
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

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(data: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(data);
    return /^[^\p{C}\p{Z}]+$/u.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
