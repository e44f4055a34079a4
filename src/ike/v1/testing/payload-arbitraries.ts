import fc from 'fast-check';
import { addressFromBytes } from '../../../base/net.ts';
import type { WireAttribute } from '../wire/attribute.ts';
import { idPayload } from '../wire/id.ts';
import type { MessageHeaderV1 } from '../wire/message.ts';
import type { PayloadV1 } from '../wire/payload.ts';
import { saPayload, type WireProposal, type WireTransform } from '../wire/sa.ts';

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const attributeType = fc.integer({ min: 0, max: 0x7fff });

const attribute: fc.Arbitrary<WireAttribute> = fc.oneof(
  fc.record({ type: attributeType, form: fc.constant('TV'), value: u16 }),
  fc.record({ type: attributeType, form: fc.constant('TLV'), value: bytes(0, 12) }),
);

const transform: fc.Arbitrary<WireTransform> = fc.record({
  number: u8,
  id: u8,
  attributes: fc.array(attribute, { maxLength: 8 }),
});

const proposal: fc.Arbitrary<WireProposal> = fc.record({
  number: u8,
  protocol: u8,
  spi: bytes(0, 16),
  transforms: fc.array(transform, { maxLength: 6 }),
});

const identity = fc.oneof(
  fc.tuple(fc.constant(1), bytes(4, 4)),
  fc.tuple(fc.constant(5), bytes(16, 16)),
  fc.tuple(fc.constantFrom(4, 7), bytes(8, 8)),
  fc.tuple(fc.constantFrom(6, 8), bytes(32, 32)),
  fc.tuple(fc.constantFrom(2, 3, 9, 10, 11, 0, 200), bytes(1, 64)),
);

/** Deletes name at least one SPI, each of the size of their protocol. */
const deletion = fc.constantFrom([1, 16], [2, 4], [3, 4], [4, 2], [4, 4]).chain(([protocol = 0, size = 0]) =>
  fc.record({
    doi: u32,
    protocol: fc.constant(protocol),
    spis: fc.array(bytes(size, size), { minLength: 1, maxLength: 5 }),
  }),
);

const notify = fc.record({ doi: u32, protocol: u8, spi: bytes(0, 16), notify: u16, data: bytes(0, 80) });

const address = fc.oneof(bytes(4, 4), bytes(16, 16)).map(addressFromBytes);

/** Any payload that decodes to itself, but for FRAG, which stands alone. */
export const payloadArbitrary: fc.Arbitrary<PayloadV1> = fc.oneof(
  fc.array(proposal, { minLength: 1, maxLength: 4 }).map(saPayload),
  bytes(1, 200).map((data): PayloadV1 => ({ type: 'KE', data })),
  fc
    .tuple(identity, u8, u16)
    .map(([[idType, data], protocol, port]): PayloadV1 => idPayload({ idType, protocol, port, data })),
  bytes(1, 64).map((data): PayloadV1 => ({ type: 'HASH', data })),
  bytes(8, 256).map((data): PayloadV1 => ({ type: 'Nonce', data })),
  notify.map((fields): PayloadV1 => ({ type: 'N', ...fields })),
  deletion.map((fields): PayloadV1 => ({ type: 'D', ...fields })),
  bytes(0, 40).map((data): PayloadV1 => ({ type: 'V', data })),
  fc.record({ draft: fc.boolean(), hash: bytes(0, 64) }).map((fields): PayloadV1 => ({ type: 'NAT-D', ...fields })),
  fc.record({ draft: fc.boolean(), address }).map((fields): PayloadV1 => ({ type: 'NAT-OA', ...fields })),
  fc.tuple(fc.constantFrom('CERT', 'CR', 'SIG'), bytes(0, 64)).map(([type, body]): PayloadV1 => ({ type, body })),
  fc
    .record({ payloadType: fc.constantFrom(14, 15, 16, 19, 22, 32, 55, 127, 128, 129, 133, 255), body: bytes(0, 32) })
    .map((fields): PayloadV1 => ({ type: 'unknown', ...fields })),
);

export const payloadsArbitrary: fc.Arbitrary<PayloadV1[]> = fc.array(payloadArbitrary, { maxLength: 8 });

const spi = bytes(8, 8).map((value) => Buffer.from(value).toString('hex'));

export const messageHeaderArbitrary: fc.Arbitrary<MessageHeaderV1> = fc.record({
  initiatorSpi: spi.filter((text) => text !== '0000000000000000'),
  responderSpi: spi,
  exchangeType: u8,
  flags: u8,
  messageId: u32,
});
