import type { Identity } from '../../sa/identity.ts';
import { identityFromWire, identityToWire } from '../common/identity-wire.ts';
import { decodeId, type IdPayload, type IdPayloadOf, idBody } from './wire/id.ts';

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
