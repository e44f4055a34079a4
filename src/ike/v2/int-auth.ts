import { ByteWriter, concatBytes } from '../../base/bytes.ts';
import type { PrfKeyword } from '../../crypto/algorithms.ts';
import { prf } from '../../crypto/prf.ts';
import { GENERIC_HEADER_BYTES } from '../wire/payload-chain.ts';
import { encodePlainMessage, type MessageHeader } from './wire/message.ts';
import { encodePayloads, type Payload } from './wire/payload.ts';

/** What the Encrypted payload of a whole message protects, as it was before encryption and after reassembly. */
export type ProtectedContent = {
  /** From the IKE header to the generic header of the Encrypted payload; their lengths may be any. */
  readonly lead: Uint8Array;
  /** The payloads inside. */
  readonly chain: Uint8Array;
};

/** What IKE_AUTH has to cover of the IKE_INTERMEDIATE exchanges that have taken place (RFC 9242 §3.3.2). */
export type IntAuth = {
  /** IntAuth_iN and IntAuth_rN; empty before the first message of the side. */
  readonly initiator: Uint8Array;
  readonly responder: Uint8Array;
};

export const NO_INT_AUTH: IntAuth = { initiator: new Uint8Array(0), responder: new Uint8Array(0) };

/** With one more message of a side covered; `skP` is the side's SK_p from before the exchange. */
export function coverMessage(
  intAuth: IntAuth,
  sender: keyof IntAuth,
  message: { readonly prf: PrfKeyword; readonly skP: Uint8Array; readonly content: ProtectedContent },
): IntAuth {
  const octets = adjustLengths(message.content);
  return { ...intAuth, [sender]: prf(message.prf, message.skP, intAuth[sender], octets) };
}

/** IntAuth_iN | IntAuth_rN | IKE_AUTH_MID. The exchanges have the message IDs from 1 on, and IKE_AUTH the next one. */
export function intAuthChunk(intAuth: IntAuth, authMessageId: number): Uint8Array {
  return concatBytes(intAuth.initiator, intAuth.responder, new ByteWriter().u32(authMessageId).finish());
}

/** The content of a message that we send, however it is fragmented. */
export function ownContent(header: MessageHeader, payloads: readonly Payload[]): ProtectedContent {
  const { firstType, bytes } = encodePayloads(payloads);
  const lead = encodePlainMessage(header, [{ type: 'SK', innerType: firstType, body: new Uint8Array(0) }]);
  return { lead, chain: bytes };
}

const LENGTH_AT = 24;

/** IntAuth_[i/r]A | IntAuth_[i/r]P: both lengths count neither the IV nor padding nor ICV. */
function adjustLengths({ lead, chain }: ProtectedContent): Uint8Array {
  const octets = concatBytes(lead, chain);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  view.setUint32(LENGTH_AT, octets.length);
  view.setUint16(lead.length - 2, GENERIC_HEADER_BYTES + chain.length);
  return octets;
}
