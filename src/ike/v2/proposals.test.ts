import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../base/bytes.ts';
import { ENCRYPTION, encryptionAlgorithm, INTEGRITY, KEY_EXCHANGE, PRF } from '../../crypto/algorithms.ts';
import { KEY_EXCHANGE_SLOTS } from '../../sa/additional-key-exchange.ts';
import type { CipherSuite, Proposal } from '../../sa/proposal.ts';
import { fromWire, offersToWire, readOffers, suiteFromWire, suiteToWire, toWire } from './proposals.ts';
import { decodeSa, encodeSa, type WireProposal, type WireTransform } from './wire/sa.ts';

const NO_SPI = new Uint8Array(0);
const ESP_SPI = fromHex('c0000001');

const AES128: WireTransform = { type: 1, id: 12, keyLength: 128 };
const GCM256: WireTransform = { type: 1, id: 20, keyLength: 256 };
const TRIPLE_DES: WireTransform = { type: 1, id: 3 };
const CHACHA: WireTransform = { type: 1, id: 28 };
const PRF_SHA1: WireTransform = { type: 2, id: 2 };
const SHA1: WireTransform = { type: 3, id: 2 };
const INTEG_NONE: WireTransform = { type: 3, id: 0 };
const MODP1024: WireTransform = { type: 4, id: 2 };
const KE_NONE: WireTransform = { type: 4, id: 0 };
const NO_ESN: WireTransform = { type: 5, id: 0 };
const ESN: WireTransform = { type: 5, id: 1 };

const ike = (...transforms: WireTransform[]): WireProposal => ({ number: 1, protocol: 1, spi: NO_SPI, transforms });
const esp = (...transforms: WireTransform[]): WireProposal => ({ number: 1, protocol: 3, spi: ESP_SPI, transforms });
const ah = (...transforms: WireTransform[]): WireProposal => ({ number: 1, protocol: 2, spi: ESP_SPI, transforms });

const ADDKE1_MLKEM768: WireTransform = { type: 6, id: 36 };
const ADDKE7_MLKEM1024: WireTransform = { type: 12, id: 37 };
const ADDKE1_NONE: WireTransform = { type: 6, id: 0 };
const IKE_SUITE = [AES128, SHA1, PRF_SHA1, MODP1024];

describe('proposals from the wire (RFC 7296 §3.3)', () => {
  it('reads the transforms of each type in their order', () => {
    const gcmFirst = fromWire(
      ike({ type: 1, id: 12, keyLength: 256 }, AES128, SHA1, { type: 3, id: 12 }, PRF_SHA1, MODP1024),
    );
    expect(gcmFirst).toEqual({
      protocol: 'ike',
      encryption: ['aes256', 'aes128'],
      integrity: ['sha1', 'sha256'],
      prf: ['prfsha1'],
      keyExchange: ['modp1024'],
      esn: [],
    });
    expect(fromWire(esp(GCM256, ESN, NO_ESN))).toMatchObject({
      protocol: 'esp',
      encryption: ['aes256gcm16'],
      esn: [true, false],
    });
    expect(fromWire(ah(SHA1, NO_ESN))).toMatchObject({ protocol: 'ah', encryption: [], integrity: ['sha1'] });
  });

  it('reads additional key exchanges by their slots, NONE among the choices (RFC 9370 §2.2.1)', () => {
    expect(fromWire(ike(...IKE_SUITE, ADDKE7_MLKEM1024, ADDKE1_MLKEM768, ADDKE1_NONE))?.additional).toEqual([
      { slot: 1, methods: ['mlkem768', 'none'] },
      { slot: 7, methods: ['mlkem1024'] },
    ]);
    expect(fromWire(ike(...IKE_SUITE))).not.toHaveProperty('additional');
    expect(fromWire(esp(AES128, SHA1, NO_ESN, ADDKE1_MLKEM768))?.additional).toHaveLength(1);
  });

  it('S9: a slot of which we know no method spoils the proposal, one that may be NONE does not', () => {
    const unknown: WireTransform = { type: 6, id: 1025 };
    expect(fromWire(ike(...IKE_SUITE, unknown))).toBeUndefined();
    expect(fromWire(ike(...IKE_SUITE, { ...ADDKE1_MLKEM768, keyLength: 128 }))).toBeUndefined();
    expect(fromWire(ike(...IKE_SUITE, unknown, ADDKE1_NONE))?.additional).toEqual([{ slot: 1, methods: ['none'] }]);
    expect(fromWire(ike(...IKE_SUITE, unknown, ADDKE1_MLKEM768))?.additional).toEqual([
      { slot: 1, methods: ['mlkem768'] },
    ]);
    // The types end with ADDKE7.
    expect(fromWire(ike(...IKE_SUITE, { type: 13, id: 36 }))).toBeUndefined();
  });

  it('S2: an SPI of the wrong size, or a reserved one, spoils the proposal', () => {
    const withSpi = (wire: WireProposal, spi: string) => ({ ...wire, spi: fromHex(spi) });
    const good = esp(AES128, SHA1, NO_ESN);
    expect(fromWire(good)).toBeDefined();
    for (const spi of ['', 'c00000', 'c000000101', 'c0c1c2c3c4c5c6c7', '00000000', '000000ff'])
      expect(fromWire(withSpi(good, spi))).toBeUndefined();
    expect(fromWire(withSpi(good, '00000100'))).toBeDefined();
    const rekey = withSpi(ike(...IKE_SUITE), 'c0c1c2c3c4c5c6c7');
    expect(fromWire(rekey)).toBeUndefined();
    expect(fromWire(rekey, 8)).toBeDefined();
    expect(fromWire(ike(...IKE_SUITE), 8)).toBeUndefined();
  });

  it('S3: an unknown transform type, or one that the protocol does not have, spoils the proposal', () => {
    for (const type of [0, 13, 241]) expect(fromWire(ike(...IKE_SUITE, { type, id: 1 }))).toBeUndefined();
    expect(fromWire(ike(...IKE_SUITE, NO_ESN))).toBeUndefined();
    expect(fromWire(esp(AES128, SHA1, NO_ESN, PRF_SHA1))).toBeUndefined();
    expect(fromWire(ah(AES128, SHA1, NO_ESN))).toBeUndefined();
    expect(fromWire({ ...ike(...IKE_SUITE), protocol: 4 })).toBeUndefined();
  });

  it('S3: an unknown transform id or attribute spoils that transform alone', () => {
    const unknownId = { type: 1, id: 999, keyLength: 128 };
    const unknownAttribute = { ...AES128, unknownAttribute: true };
    expect(fromWire(ike(unknownId, ...IKE_SUITE))?.encryption).toEqual(['aes128']);
    expect(fromWire(ike(unknownAttribute, TRIPLE_DES, SHA1, PRF_SHA1, MODP1024))?.encryption).toEqual(['3des']);
    expect(fromWire(ike(unknownId, SHA1, PRF_SHA1, MODP1024))).toBeUndefined();
    expect(fromWire(esp(AES128, SHA1, { type: 4, id: 999 }, NO_ESN))).toBeUndefined();
  });

  it('S4: a key length that is missing, odd or out of place spoils that transform alone', () => {
    const { keyLength: _, ...bare } = AES128;
    const odd = [0, 7, 127, 512, 65535].map((keyLength) => ({ ...AES128, keyLength }));
    const misplaced = [
      { ...TRIPLE_DES, keyLength: 192 },
      { ...CHACHA, keyLength: 256 },
    ];
    for (const transform of [bare, ...odd, ...misplaced])
      expect(fromWire(ike(transform, ...IKE_SUITE))?.encryption).toEqual(['aes128']);
    expect(fromWire(ike({ ...SHA1, keyLength: 160 }, AES128, PRF_SHA1, MODP1024))).toBeUndefined();
    expect(fromWire(esp(AES128, SHA1, { ...NO_ESN, keyLength: 1 }))).toBeUndefined();
  });

  it('S6: a mandatory type that is absent spoils the proposal', () => {
    for (const left of IKE_SUITE)
      expect(fromWire(ike(...IKE_SUITE.filter((transform) => transform !== left)))).toBeUndefined();
    expect(fromWire(ike(AES128, SHA1, PRF_SHA1, KE_NONE))).toBeUndefined();
    expect(fromWire(esp(AES128, SHA1))).toBeUndefined();
    expect(fromWire(ah(SHA1))).toBeUndefined();
    expect(fromWire(ah(INTEG_NONE, NO_ESN))).toBeUndefined();
    expect(fromWire(ike())).toBeUndefined();
  });

  it('S6: a combined-mode cipher stands beside no integrity algorithm but NONE, which is the same as none', () => {
    expect(fromWire(ike(GCM256, PRF_SHA1, MODP1024))).toMatchObject({ encryption: ['aes256gcm16'], integrity: [] });
    expect(fromWire(ike(GCM256, INTEG_NONE, PRF_SHA1, MODP1024))).toMatchObject({ integrity: [] });
    expect(fromWire(ike(GCM256, SHA1, PRF_SHA1, MODP1024))).toBeUndefined();
    expect(fromWire(ike(GCM256, { type: 3, id: 999 }, PRF_SHA1, MODP1024))).toBeUndefined();
    expect(fromWire(esp(GCM256, AES128, SHA1, NO_ESN))).toBeUndefined();
  });

  it('S6: no choice from a proposal leaves traffic without integrity', () => {
    expect(fromWire(esp(AES128, NO_ESN))).toBeUndefined();
    expect(fromWire(esp(AES128, INTEG_NONE, NO_ESN))).toBeUndefined();
    expect(fromWire(esp({ type: 1, id: 11 }, INTEG_NONE, NO_ESN))).toBeUndefined();
    expect(fromWire(esp(AES128, GCM256, INTEG_NONE, NO_ESN))?.encryption).toEqual(['aes256gcm16']);
    expect(fromWire(esp(AES128, INTEG_NONE, SHA1, NO_ESN))).toMatchObject({
      encryption: ['aes128'],
      integrity: ['sha1'],
    });
  });

  it('S6: the same transform twice counts once', () => {
    expect(fromWire(ike(AES128, AES128, ...IKE_SUITE))?.encryption).toEqual(['aes128']);
  });
});

describe('offers of an SA payload', () => {
  it('S1: numbers that are zero or stand twice name nothing; the others count, gaps or not', () => {
    const numbered = (...numbers: number[]) => readOffers(numbers.map((number) => ({ ...ike(...IKE_SUITE), number })));
    expect(numbered(1, 3, 2).map(({ number }) => number)).toEqual([1, 3, 2]);
    expect(numbered(0, 1, 2, 2, 3).map(({ number }) => number)).toEqual([1, 3]);
    expect(numbered()).toEqual([]);
  });

  it('S6: AH and ESP under one number is the bundle of old, and not acceptable', () => {
    expect(readOffers([esp(AES128, SHA1, NO_ESN), ah(SHA1, NO_ESN)])).toEqual([]);
  });

  it('unreadable proposals are left out, the others keep number and SPI', () => {
    const good = { ...esp(AES128, SHA1, NO_ESN), number: 2 };
    expect(readOffers([esp(AES128, SHA1), good])).toEqual([{ number: 2, spi: ESP_SPI, proposal: fromWire(good) }]);
  });

  it('a key exchange method that may be NONE yields both choices (RFC 7296 §3.3.2)', () => {
    const offers = readOffers([esp(AES128, SHA1, MODP1024, KE_NONE, NO_ESN)]);
    expect(offers.map(({ number, proposal }) => [number, proposal.keyExchange])).toEqual([
      [1, ['modp1024']],
      [1, []],
    ]);
    expect(readOffers([esp(AES128, SHA1, KE_NONE, NO_ESN)])).toHaveLength(1);
  });
});

const subset = <Item>(items: readonly Item[]) => fc.shuffledSubarray([...items], { minLength: 1 });
const isCombined = (row: (typeof ENCRYPTION)[number]) => encryptionAlgorithm(row.keyword).aeadIcvBytes !== undefined;
const keywords = <Keyword extends string>(rows: readonly { readonly keyword: Keyword }[]) =>
  rows.map(({ keyword }) => keyword);

const ciphers = fc.oneof(
  fc.record({ encryption: subset(keywords(ENCRYPTION.filter(isCombined))), integrity: fc.constant([]) }),
  fc.record({
    encryption: subset(keywords(ENCRYPTION.filter((row) => !isCombined(row)))),
    integrity: subset(keywords(INTEGRITY)),
  }),
);

const proposal: fc.Arbitrary<Proposal> = fc
  .oneof(
    fc.record({
      protocol: fc.constant('ike' as const),
      ciphers,
      prf: subset(keywords(PRF)),
      keyExchange: subset(keywords(KEY_EXCHANGE)),
      additional: fc
        .shuffledSubarray([...KEY_EXCHANGE_SLOTS], { minLength: 1 })
        .map((slots) => slots.toSorted().map((slot) => ({ slot, methods: ['mlkem768', 'ecp256', 'none'] as const }))),
      esn: fc.constant([]),
    }),
    fc.record({
      protocol: fc.constant('esp' as const),
      ciphers,
      prf: fc.constant([]),
      keyExchange: fc.subarray(keywords(KEY_EXCHANGE)),
      esn: subset([true, false]),
    }),
    fc.record({
      protocol: fc.constant('ah' as const),
      ciphers: fc.record({ encryption: fc.constant([]), integrity: subset(keywords(INTEGRITY)) }),
      prf: fc.constant([]),
      keyExchange: fc.subarray(keywords(KEY_EXCHANGE)),
      esn: subset([true, false]),
    }),
  )
  .map(({ ciphers: { encryption, integrity }, ...rest }) => ({ encryption, integrity, ...rest }));

const spiOf = (protocol: string) => (protocol === 'ike' ? NO_SPI : ESP_SPI);

describe('proposals to the wire', () => {
  it('every proposal comes back as it was, through bytes', () => {
    fc.assert(
      fc.property(proposal, (ours) => {
        const wires = decodeSa(encodeSa({ type: 'SA', proposals: [toWire(ours, 1, spiOf(ours.protocol))] })).proposals;
        expect(wires.map((wire) => fromWire(wire))).toEqual([ours]);
      }),
    );
  });

  it('every suite comes back as it was', () => {
    fc.assert(
      fc.property(proposal, (ours) => {
        const { additional = [], ...lists } = ours;
        const single = Object.fromEntries(
          Object.entries(lists).flatMap(([key, value]) => {
            const first = typeof value === 'string' ? value : value[0];
            return first === undefined ? [] : [[key, first]];
          }),
        ) as unknown as CipherSuite;
        const chosen = additional.map(({ slot }) => ({ slot, method: 'mlkem768' as const }));
        const suite = { ...single, ...(chosen.length === 0 ? {} : { additional: chosen }) };
        expect(suiteFromWire(suiteToWire(suite, 3, spiOf(suite.protocol)))).toEqual(suite);
      }),
    );
  });

  it('numbers from 1, and keeps combined-mode ciphers apart (RFC 7296 §3.3)', () => {
    const mixed: Proposal = {
      protocol: 'esp',
      encryption: ['aes128', 'aes128gcm16'],
      integrity: ['sha256'],
      prf: [],
      keyExchange: [],
      esn: [false],
    };
    const wires = offersToWire([mixed, { ...mixed, encryption: ['3des'] }], ESP_SPI);
    expect(wires.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(wires.map((wire) => fromWire(wire))).toEqual([
      { ...mixed, encryption: ['aes128gcm16'], integrity: [] },
      { ...mixed, encryption: ['aes128'] },
      { ...mixed, encryption: ['3des'] },
    ]);
  });

  it('a Child SA suite without a word on sequence numbers says so on the wire, where the type is mandatory', () => {
    const suite: CipherSuite = { protocol: 'esp', encryption: 'aes128gcm16' };
    expect(suiteToWire(suite, 1, ESP_SPI).transforms).toEqual([{ type: 1, id: 20, keyLength: 128 }, NO_ESN]);
  });
});

describe('additional key exchanges that are left out', () => {
  it('are answered with NONE, in order with those that take place (RFC 9370 §2.2.1)', () => {
    const suite = suiteFromWire(ike(...IKE_SUITE, ADDKE7_MLKEM1024));
    if (suite === undefined) throw new Error('a suite expected');
    const wire = suiteToWire(suite, 1, NO_SPI, [1]);
    expect(wire.transforms.slice(-2)).toEqual([ADDKE1_NONE, ADDKE7_MLKEM1024]);
    expect(suiteFromWire(wire)).toEqual(suite);
  });
});

describe("the responder's single choice (RFC 7296 §3.3.6)", () => {
  it('S7: more than one transform of a type, or an altered one, is no choice', () => {
    expect(suiteFromWire(ike(...IKE_SUITE))).toEqual({
      protocol: 'ike',
      encryption: 'aes128',
      integrity: 'sha1',
      prf: 'prfsha1',
      keyExchange: 'modp1024',
    });
    expect(suiteFromWire(ike(...IKE_SUITE, { type: 1, id: 12, keyLength: 256 }))).toBeUndefined();
    expect(suiteFromWire(ike(...IKE_SUITE, AES128))).toBeUndefined();
    expect(suiteFromWire(ike(...IKE_SUITE, ADDKE1_MLKEM768, ADDKE1_NONE))).toBeUndefined();
    expect(suiteFromWire(ike({ ...AES128, unknownAttribute: true }, SHA1, PRF_SHA1, MODP1024))).toBeUndefined();
    expect(suiteFromWire(ike(AES128, SHA1, PRF_SHA1))).toBeUndefined();
    expect(suiteFromWire(esp(GCM256, INTEG_NONE, KE_NONE, NO_ESN))).toEqual({
      protocol: 'esp',
      encryption: 'aes256gcm16',
      esn: false,
    });
  });
});
