import fc from 'fast-check';
import { addressFromInteger } from '../../../base/net.ts';
import { KEY_EXCHANGE } from '../../../crypto/algorithms.ts';
import type { TrafficSelector } from '../../../sa/traffic-selector.ts';
import { idBody } from '../wire/id.ts';
import type { MessageHeader } from '../wire/message.ts';
import type { Payload } from '../wire/payload.ts';
import type { WireProposal, WireTransform } from '../wire/sa.ts';

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });

const transform: fc.Arbitrary<WireTransform> = fc
  .record({ type: u8, id: u16, keyLength: fc.option(u16, { nil: undefined }) })
  .map(({ type, id, keyLength }) => (keyLength === undefined ? { type, id } : { type, id, keyLength }));

const proposal: fc.Arbitrary<WireProposal> = fc.record({
  number: u8,
  protocol: u8,
  spi: bytes(0, 16),
  transforms: fc.array(transform, { maxLength: 12 }),
});

function addressRange(family: 4 | 6): fc.Arbitrary<{ start: string; end: string }> {
  const max = family === 4 ? 2n ** 32n - 1n : 2n ** 128n - 1n;
  return fc
    .tuple(fc.bigInt({ min: 0n, max }), fc.bigInt({ min: 0n, max }))
    .map(([a, b]) => (a < b ? [a, b] : [b, a]))
    .map(([low, high]) => ({
      start: addressFromInteger(low ?? 0n, family),
      end: addressFromInteger(high ?? 0n, family),
    }));
}

const ports = fc.oneof(
  fc.constant({ startPort: 0xffff, endPort: 0 }),
  fc.tuple(u16, u16).map(([a, b]) => ({ startPort: Math.min(a, b), endPort: Math.max(a, b) })),
);

const selector: fc.Arbitrary<TrafficSelector> = fc
  .tuple(u8, ports, fc.oneof(addressRange(4), addressRange(6)))
  .map(([protocol, portRange, range]) => ({ protocol, ...portRange, ...range }));

const selectors = fc.array(selector, { minLength: 1, maxLength: 8 });

const identity = fc
  .oneof(
    fc.tuple(fc.constant(1), bytes(4, 4)),
    fc.tuple(fc.constant(5), bytes(16, 16)),
    fc.tuple(fc.constantFrom(2, 3, 9, 11, 200), bytes(1, 64)),
  )
  .map(([idType, data]) => ({ idType, data, body: idBody(idType, data) }));

const keyExchange = fc.oneof(
  fc
    .constantFrom(...KEY_EXCHANGE)
    .chain((row) => bytes(row.publicBytes, row.publicBytes).map((data) => ({ method: row.group, data }))),
  fc.record({ method: fc.constantFrom(0, 1025, 65535), data: bytes(0, 80) }),
);

const deletion = fc.oneof(
  fc.constant({ protocol: 1, spis: [] }),
  fc.record({ protocol: fc.constantFrom(2, 3), spis: fc.array(bytes(4, 4), { maxLength: 5 }) }),
);

const notify = fc.record({
  protocol: u8,
  spi: fc.oneof(bytes(0, 0), bytes(4, 4), bytes(8, 8)),
  notify: u16,
  data: bytes(0, 80),
});

/** Any payload that decodes to itself; without SK and SKF, which stand only at the end. */
export const payloadArbitrary: fc.Arbitrary<Payload> = fc.oneof(
  fc.array(proposal, { minLength: 1, maxLength: 5 }).map((proposals): Payload => ({ type: 'SA', proposals })),
  keyExchange.map((ke): Payload => ({ type: 'KE', ...ke })),
  identity.map((id): Payload => ({ type: 'IDi', ...id })),
  identity.map((id): Payload => ({ type: 'IDr', ...id })),
  fc.record({ method: u8, data: bytes(0, 64) }).map((auth): Payload => ({ type: 'AUTH', ...auth })),
  bytes(16, 256).map((data): Payload => ({ type: 'Nonce', data })),
  notify.map((fields): Payload => ({ type: 'N', ...fields })),
  deletion.map((fields): Payload => ({ type: 'D', ...fields })),
  bytes(0, 40).map((data): Payload => ({ type: 'V', data })),
  selectors.map((list): Payload => ({ type: 'TSi', selectors: list })),
  selectors.map((list): Payload => ({ type: 'TSr', selectors: list })),
  fc
    .tuple(fc.constantFrom('CERT', 'CERTREQ', 'CP', 'EAP'), bytes(0, 64))
    .map(([type, body]): Payload => ({ type, body })),
  fc
    .record({ payloadType: fc.constantFrom(1, 32, 49, 54, 128, 255), critical: fc.boolean(), body: bytes(0, 32) })
    .map((fields): Payload => ({ type: 'unknown', ...fields })),
);

export const payloadsArbitrary: fc.Arbitrary<Payload[]> = fc.array(payloadArbitrary, { maxLength: 8 });

const spi = bytes(8, 8).map((value) => Buffer.from(value).toString('hex'));

export const messageHeaderArbitrary: fc.Arbitrary<MessageHeader> = fc.record({
  initiatorSpi: spi.filter((text) => text !== '0000000000000000'),
  responderSpi: spi,
  exchangeType: u8,
  flags: u8,
  messageId: fc.integer({ min: 0, max: 0xffff_ffff }),
});
