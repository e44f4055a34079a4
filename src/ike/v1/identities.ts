import type { Identity } from '../../sa/identity.ts';
import { identityFromWire, identityToWire } from '../common/identity-wire.ts';
import { type IdPayload, idPayload } from './wire/id.ts';

/** The ID payload of phase 1; RFC 2407 §4.6.2 lets protocol and port be zero. */
export function identityToPayload(identity: Identity): IdPayload {
  return idPayload({ ...identityToWire(identity), protocol: 0, port: 0 });
}

/** The reverse. Protocol and port say nothing about who the peer is, and senders differ in them. */
export function identityFromPayload({ idType, data }: IdPayload): Identity {
  return identityFromWire(idType, data);
}
