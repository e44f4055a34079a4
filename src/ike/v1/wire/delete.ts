import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';
import { PROTOCOL } from './sa.ts';

/** Delete payload, RFC 2408 §3.15. An IKE SA is named by both its SPIs in one, 16 bytes. */
export type DeletePayload = {
  readonly type: 'D';
  readonly doi: number;
  readonly protocol: number;
  readonly spis: readonly Uint8Array[];
};

/** Sizes that the SPI of a protocol can have; a CPI goes in two octets or, with zeros before it, in four. */
const SPI_BYTES: ReadonlyMap<number, readonly number[]> = new Map([
  [PROTOCOL.ISAKMP, [16]],
  [PROTOCOL.AH, [4]],
  [PROTOCOL.ESP, [4]],
  [PROTOCOL.IPCOMP, [2, 4]],
]);

/** @throws WireError where protocol, SPI size, count and length do not agree, or nothing is named. */
export function decodeDelete(body: Uint8Array): DeletePayload {
  const reader = new ByteReader(body);
  const doi = reader.u32('D.doi');
  const protocol = reader.u8('D.protocol');
  const spiSize = reader.u8('D.spiSize');
  const count = reader.u16('D.count');
  if (SPI_BYTES.get(protocol)?.includes(spiSize) !== true) throw new WireError('value', 'D.spiSize');
  if (count === 0) throw new WireError('value', 'D.count');
  if (spiSize * count !== reader.remaining) throw new WireError('length', 'D.spis');
  const spis = Array.from({ length: count }, () => reader.bytes(spiSize, 'D.spi'));
  return { type: 'D', doi, protocol, spis };
}

export function encodeDelete(payload: DeletePayload): Uint8Array {
  const writer = new ByteWriter()
    .u32(payload.doi)
    .u8(payload.protocol)
    .u8(payload.spis[0]?.length ?? 0)
    .u16(payload.spis.length);
  for (const spi of payload.spis) writer.bytes(spi);
  return writer.finish();
}
