import { ByteWriter } from '../../base/bytes.ts';
import type { ChildProtocol } from '../../sa/proposal.ts';
import type { DeletePayload } from './wire/delete.ts';
import { PROTOCOL } from './wire/sa.ts';

/** Delete of the IKE SA that carries it (RFC 7296 §1.4.1). */
export function deleteIke(): DeletePayload {
  return { type: 'D', protocol: PROTOCOL.IKE, spis: [] };
}

/** Delete of Child SAs by the SPIs of the sender's inbound side (RFC 7296 §1.4.1). */
export function deleteChildren(protocol: ChildProtocol, spis: readonly number[]): DeletePayload {
  return {
    type: 'D',
    protocol: PROTOCOL_NUMBER[protocol],
    spis: spis.map((spi) => new ByteWriter().u32(spi).finish()),
  };
}

const PROTOCOL_NUMBER: { readonly [Protocol in ChildProtocol]: number } = { esp: PROTOCOL.ESP, ah: PROTOCOL.AH };
