import { ByteWriter } from '../../../base/bytes.ts';
import { decodeHeader, HEADER_BYTES, type IkeHeader, writeHeader } from '../../wire/header.ts';
import { chainBytes, writePayloadChain } from '../../wire/payload-chain.ts';
import { decodePayloads, encodePayload, type Payload } from './payload.ts';

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
  const links = payloads.map(encodePayload);
  const length = HEADER_BYTES + chainBytes(links);
  const writer = new ByteWriter(length);
  writeHeader(writer, {
    initiatorSpi: header.initiatorSpi,
    responderSpi: header.responderSpi,
    nextPayload: links[0]?.type ?? 0,
    majorVersion: 2,
    minorVersion: 0,
    exchangeType: header.exchangeType,
    flags: header.flags,
    messageId: header.messageId,
    length,
  });
  writePayloadChain(writer, links);
  return writer.finish();
}

/** The reverse. Where the last payload is SK or SKF it is still closed: `openMessage` opens it. @throws WireError */
export function decodePlainMessage(bytes: Uint8Array): { header: IkeHeader; payloads: Payload[] } {
  const header = decodeHeader(bytes);
  return { header, payloads: decodePayloads(header.nextPayload, bytes.subarray(HEADER_BYTES)) };
}
