import { concatBytes } from '../../../base/bytes.ts';
import { decodeHeader, encodeHeader, HEADER_BYTES, type IkeHeader } from '../../wire/header.ts';
import { decodePayloads, encodePayloads, type Payload } from './payload.ts';

/** What a sender chooses of the header; the rest is derived. `flags` are those of RFC 7296 §3.1. */
export type MessageHeader = {
  readonly initiatorSpi: string;
  readonly responderSpi: string;
  readonly exchangeType: number;
  readonly flags: number;
  readonly messageId: number;
};

/** A message as it stands: IKE_SA_INIT, and the few notifies that RFC 7296 lets go unprotected. */
export function encodePlainMessage(header: MessageHeader, payloads: readonly Payload[]): Uint8Array {
  const { firstType, bytes } = encodePayloads(payloads);
  const wireHeader = {
    ...header,
    nextPayload: firstType,
    majorVersion: 2,
    minorVersion: 0,
    length: HEADER_BYTES + bytes.length,
  };
  return concatBytes(encodeHeader(wireHeader), bytes);
}

/** The reverse. Where the last payload is SK or SKF it is still closed: `openMessage` opens it. @throws WireError */
export function decodePlainMessage(bytes: Uint8Array): { header: IkeHeader; payloads: Payload[] } {
  const header = decodeHeader(bytes);
  return { header, payloads: decodePayloads(header.nextPayload, bytes.subarray(HEADER_BYTES)) };
}
