import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';
import { PROTOCOL } from './sa.ts';

/** Delete payload, RFC 7296 §3.11. No SPIs where the protocol is IKE: the message's own SA is meant. */
export type DeletePayload = { readonly type: 'D'; readonly protocol: number; readonly spis: readonly Uint8Array[] };

const SPI_BYTES: ReadonlyMap<number, number> = new Map([
  [PROTOCOL.IKE, 0],
  [PROTOCOL.AH, 4],
  [PROTOCOL.ESP, 4],
]);

/** @throws WireError where protocol, SPI size, count and length do not agree. */
export function decodeDelete(body: Uint8Array): DeletePayload {
  const reader = new ByteReader(body);
  const protocol = reader.u8('D.protocol');
  const spiSize = reader.u8('D.spiSize');
  const count = reader.u16('D.count');
  if (SPI_BYTES.get(protocol) !== spiSize) throw new WireError('value', 'D.spiSize');
  if (spiSize * count !== reader.remaining) throw new WireError('length', 'D.spis');
  // The size is 0 for the IKE SA alone, where the check of the length cannot see a count.
  if (spiSize === 0 && count !== 0) throw new WireError('value', 'D.count');
  const spis = Array.from({ length: count }, () => reader.bytes(spiSize, 'D.spi'));
  return { type: 'D', protocol, spis };
}

export function encodeDelete(payload: DeletePayload): Uint8Array {
  const writer = new ByteWriter()
    .u8(payload.protocol)
    .u8(SPI_BYTES.get(payload.protocol) ?? 0)
    .u16(payload.spis.length);
  for (const spi of payload.spis) writer.bytes(spi);
  return writer.finish();
}
