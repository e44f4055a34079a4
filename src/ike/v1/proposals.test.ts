import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../base/bytes.ts';
import { HOUR } from '../../base/time.ts';
import { type CipherSuite, type Proposal, parseProposal, type SecurityProtocol } from '../../sa/proposal.ts';
import { selectSuite } from '../../sa/suite-selection.ts';
import { answerToWire, childOffersToWire, ikeOffersToWire, MAX_OFFERED, ofOneGroup } from './offers.ts';
import { readChildAnswer, readChildOffers, readIkeAnswer, readIkeOffers } from './proposals.ts';
import { IKE_CLASSES, lifetimeAttributes } from './transform-attributes.ts';
import type { Encapsulation } from './transform-values.ts';
import type { WireAttribute } from './wire/attribute.ts';
import { decodeSa, saPayload, type WireProposal } from './wire/sa.ts';

const NO_SPI = new Uint8Array(0);
const SPI = fromHex('c0000001');

const tv = (type: number, value: number): WireAttribute => ({ type, form: 'TV', value });
const tlv = (type: number, hex: string): WireAttribute => ({ type, form: 'TLV', value: fromHex(hex) });

/** AES-128, SHA-1, MODP 1024, pre-shared key. */
const IKE = [tv(1, 7), tv(14, 128), tv(2, 2), tv(4, 2), tv(3, 1)];
/** Tunnel, HMAC-SHA1, 128 bits; the cipher is the transform's id. */
const ESP = [tv(4, 1), tv(5, 2), tv(6, 128)];

const proposal = (
  protocol: number,
  spi: Uint8Array,
  id: number,
  attributes: readonly WireAttribute[],
): WireProposal => ({
  number: 1,
  protocol,
  spi,
  transforms: [{ number: 1, id, attributes }],
});
const ike = (...attributes: WireAttribute[]) => proposal(1, NO_SPI, 1, attributes);
const esp = (id: number, ...attributes: WireAttribute[]) => proposal(3, SPI, id, attributes);
const ah = (id: number, ...attributes: WireAttribute[]) => proposal(2, SPI, id, attributes);
const without = (attributes: readonly WireAttribute[], type: number) => attributes.filter((item) => item.type !== type);

function ours(protocol: SecurityProtocol, ...texts: string[]): Proposal[] {
  return texts.map((text) => {
    const parsed = parseProposal(text, protocol);
    if ('error' in parsed) throw new Error(`${text} ${parsed.error}`);
    return parsed;
  });
}

const [AES128_SHA1_MODP1024] = ours('ike', 'aes128-sha1-modp1024');

const ikeRead = (wire: WireProposal) => readIkeOffers([wire]);
const childRead = (wire: WireProposal) => readChildOffers([wire]);

describe('offers of phase 1 (RFC 2409 appendix A)', () => {
  it('are read one by one, and the others are left out', () => {
    const bad = { number: 2, id: 1, attributes: [...IKE, tv(13, 1)] };
    const good = { number: 3, id: 1, attributes: IKE };
    const wire = { ...ike(...without(IKE, 2)), transforms: [{ number: 1, id: 2, attributes: IKE }, bad, good] };
    expect(ikeRead(wire)).toEqual([{ number: 1, transform: good, proposal: AES128_SHA1_MODP1024, lifetimes: {} }]);
  });

  it('each attribute but the lifetime has to be there', () => {
    for (const { type } of IKE) expect(ikeRead(ike(...without(IKE, type)))).toEqual([]);
    expect(ikeRead(ike())).toEqual([]);
  });

  it('an authentication method other than a pre-shared key is not acceptable', () => {
    for (const method of [0, 2, 3, 4, 5, 64_221, 65_001])
      expect(ikeRead(ike(...without(IKE, 3), tv(3, method)))).toEqual([]);
  });

  it('the SPI means nothing (RFC 2408 §3.5), the protocol does', () => {
    expect(ikeRead({ ...ike(...IKE), spi: new Uint8Array(8) })).toHaveLength(1);
    expect(ikeRead({ ...ike(...IKE), spi: new Uint8Array(17) })).toEqual([]);
    expect(ikeRead({ ...ike(...IKE), protocol: 3 })).toEqual([]);
  });

  it('S4: a key length that is missing, twice, odd, in the long form or out of place is not acceptable', () => {
    const odd = [0, 7, 127, 129, 512, 65_535].map((bits) => [...without(IKE, 14), tv(14, bits)]);
    const long = [...without(IKE, 14), tlv(14, '0080')];
    const tripleDes = [...without(IKE, 1), tv(1, 5)];
    for (const attributes of [...odd, long, without(IKE, 14), [...IKE, tv(14, 128)], tripleDes])
      expect(ikeRead(ike(...attributes))).toEqual([]);
    expect(ikeRead(ike(...without(tripleDes, 14)))).toHaveLength(1);
  });

  it('S10: an unknown attribute, one twice, a group described inline or a number we lack is not acceptable', () => {
    const inline = [tv(5, 1), tlv(6, 'ff'.repeat(96)), tlv(7, '02'), tlv(9, '00'), tv(15, 155), tlv(16, '01')];
    for (const extra of [...inline, tv(13, 1), tv(17, 0), tv(0, 0), tv(16_384, 1), tv(2, 2)])
      expect(ikeRead(ike(...IKE, extra))).toEqual([]);
    for (const [type, value] of [
      [1, 1],
      [1, 65_535],
      [2, 3],
      [4, 3],
      [4, 999],
    ] as const)
      expect(ikeRead(ike(...without(IKE, type), tv(type, value)))).toEqual([]);
  });

  it('S10: proposals of one number are a bundle, and not acceptable', () => {
    expect(readIkeOffers([ike(...IKE), ike(...IKE)])).toEqual([]);
    expect(readIkeOffers([ike(...IKE), { ...ike(...IKE), number: 0 }]).map(({ number }) => number)).toEqual([1, 0]);
  });
});

describe('lifetimes (RFC 2407 §4.5.2)', () => {
  const read = (...attributes: WireAttribute[]) => ikeRead(ike(...IKE, ...attributes))[0]?.lifetimes;

  it('are read in both forms and of both types; the lowest of a type counts', () => {
    expect(read(tv(11, 1), tv(12, 28_800))).toEqual({ lifetime: 8 * HOUR });
    expect(read(tv(11, 1), tlv(12, '00015180'))).toEqual({ lifetime: 24 * HOUR });
    expect(read(tv(11, 1), tlv(12, '0000000000000e10'))).toEqual({ lifetime: HOUR });
    expect(read(tv(11, 2), tlv(12, '00465000'))).toEqual({ kilobytes: 4_608_000 });
    expect(read(tv(11, 1), tv(12, 7200), tv(11, 2), tv(12, 9), tv(11, 1), tv(12, 3600))).toEqual({
      lifetime: HOUR,
      kilobytes: 9,
    });
  });

  it('S10: a duration of nothing, beyond all numbers, or without its type is not acceptable', () => {
    const type = tv(11, 1);
    for (const bad of [
      [type, tv(12, 0)],
      [type, tlv(12, '')],
      [type, tlv(12, '00'.repeat(8))],
      [type, tlv(12, '010000000000000000')],
      [type, tlv(12, 'ff'.repeat(64))],
      [type],
      [tv(12, 3600)],
      [tv(12, 3600), type],
      [type, type, tv(12, 3600), tv(12, 3600)],
      [tv(11, 0), tv(12, 3600)],
      [tv(11, 3), tv(12, 3600)],
      [tlv(11, '0001'), tv(12, 3600)],
    ])
      expect(read(...bad)).toBeUndefined();
  });

  it('are written as they are read, 32 bits at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 0xffff_ffff }),
        fc.integer({ min: 1, max: 0xffff_ffff }),
        (seconds, kilobytes) => {
          const lifetimes = { lifetime: seconds * 1000, kilobytes };
          expect(read(...lifetimeAttributes(lifetimes, IKE_CLASSES))).toEqual(lifetimes);
        },
      ),
    );
    expect(read(...lifetimeAttributes({ kilobytes: 2 ** 40 }, IKE_CLASSES))).toEqual({ kilobytes: 0xffff_ffff });
  });
});

describe('offers of Quick Mode (RFC 2407 §4.5)', () => {
  const protection = (wire: WireProposal) =>
    childRead(wire).map(({ proposal: { encryption, integrity } }) => [...encryption, ...integrity]);

  it('ESP: cipher and integrity, or a combined-mode cipher alone', () => {
    expect(protection(esp(12, ...ESP))).toEqual([['aes128', 'sha1']]);
    expect(protection(esp(3, tv(5, 1)))).toEqual([['3des', 'md5']]);
    expect(protection(esp(20, tv(6, 256)))).toEqual([['aes256gcm16']]);
    expect(protection(esp(20, tv(6, 256), tv(5, 2)))).toEqual([]);
    expect(protection(esp(20, tv(6, 256), tv(5, 99)))).toEqual([]);
  });

  it('no transform is acceptable that leaves traffic without integrity', () => {
    for (const wire of [
      esp(12, ...without(ESP, 5)),
      esp(11, tv(5, 2)),
      esp(11),
      esp(23, tv(6, 128)),
      esp(12, ...without(ESP, 5), tv(5, 0)),
    ])
      expect(protection(wire)).toEqual([]);
  });

  it('AH: its id and its attribute name the same algorithm', () => {
    expect(protection(ah(3, tv(5, 2)))).toEqual([['sha1']]);
    expect(protection(ah(5, tv(5, 5)))).toEqual([['sha256']]);
    for (const wire of [ah(2, tv(5, 2)), ah(3), ah(3, tv(5, 2), tv(6, 160)), ah(99, tv(5, 2))])
      expect(protection(wire)).toEqual([]);
  });

  it('S4: a key length that is missing, odd, twice, in the long form or out of place is not acceptable', () => {
    const bits = [0, 7, 65_535].map((length) => esp(12, ...without(ESP, 6), tv(6, length)));
    const forms = [
      esp(12, ...without(ESP, 6)),
      esp(12, ...ESP, tv(6, 128)),
      esp(12, ...without(ESP, 6), tlv(6, '0080')),
    ];
    for (const wire of [...bits, ...forms, esp(3, tv(5, 1), tv(6, 192)), esp(20)]) expect(childRead(wire)).toEqual([]);
  });

  it('S10: an unknown attribute or value is not acceptable', () => {
    for (const extra of [tv(3, 999), tv(7, 10), tv(8, 1), tlv(9, '00'), tv(10, 1), tv(11, 0), tv(11, 2), tv(32_000, 1)])
      expect(childRead(esp(12, ...ESP, extra))).toEqual([]);
    for (const mode of [0, 5, 61_440, 61_445]) expect(childRead(esp(12, ...without(ESP, 4), tv(4, mode)))).toEqual([]);
  });

  it('S2: an SPI of the wrong size, or a reserved one, spoils the proposal', () => {
    for (const spi of ['', 'c00000', 'c000000101', '000000ff'])
      expect(childRead({ ...esp(12, ...ESP), spi: fromHex(spi) })).toEqual([]);
    expect(childRead({ ...esp(12, ...ESP), protocol: 4 })).toEqual([]);
  });

  it('encapsulation modes are those of the RFC and of the drafts; absent is absent', () => {
    const mode = (value: number) => childRead(esp(12, ...without(ESP, 4), tv(4, value)))[0]?.encapsulation;
    expect([1, 2, 3, 4, 61_443, 61_444].map(mode)).toEqual([
      { mode: 'tunnel', udp: 'none' },
      { mode: 'transport', udp: 'none' },
      { mode: 'tunnel', udp: 'standard' },
      { mode: 'transport', udp: 'standard' },
      { mode: 'tunnel', udp: 'draft' },
      { mode: 'transport', udp: 'draft' },
    ]);
    expect(childRead(esp(12, ...without(ESP, 4)))[0]).not.toHaveProperty('encapsulation');
  });

  it('group and extended sequence numbers are read; without a lifetime it is 8 hours', () => {
    const [plain] = childRead(esp(12, ...ESP));
    const [full] = childRead(esp(12, ...ESP, tv(3, 14), tv(11, 1), tv(1, 1), tv(2, 3600)));
    expect(plain).toMatchObject({ proposal: { keyExchange: [], esn: [false] }, lifetimes: { lifetime: 8 * HOUR } });
    expect(full).toMatchObject({ proposal: { keyExchange: ['modp2048'], esn: [true] }, lifetimes: { lifetime: HOUR } });
  });
});

describe("the responder's choice", () => {
  it('S7: is one transform of one proposal', () => {
    const [transform] = ike(...IKE).transforms;
    const twice = { ...ike(...IKE), transforms: transform === undefined ? [] : [transform, transform] };
    expect(readIkeAnswer([ike(...IKE)])).toMatchObject({ proposal: AES128_SHA1_MODP1024 });
    for (const wires of [[], [twice], [ike(...IKE), { ...ike(...IKE), number: 2 }], [ike()]])
      expect(readIkeAnswer(wires)).toBeUndefined();
    expect(readChildAnswer([esp(12, ...ESP)])).toBeDefined();
    expect(readChildAnswer([esp(12, ...ESP), { ...ah(3, tv(5, 2)), number: 2 }])).toBeUndefined();
  });

  it('is the offered transform, unchanged', () => {
    const attributes = [tv(3, 1), tv(11, 1), tlv(12, '00000e10'), ...without(IKE, 3)];
    const wire = { ...ike(...attributes), number: 7 };
    const [offer] = readIkeOffers([wire]);
    expect(offer && answerToWire(offer, NO_SPI)).toEqual(wire);
  });
});

const CONTEXT = {
  spi: SPI,
  encapsulation: { mode: 'tunnel', udp: 'draft' } satisfies Encapsulation,
  lifetimes: { lifetime: HOUR, kilobytes: 100_000 },
};
const throughBytes = (wires: WireProposal[]) => decodeSa(saPayload(wires).body).proposals;
const formatted = (offers: readonly { readonly proposal: Proposal }[]) =>
  offers.map(({ proposal: { encryption, integrity, keyExchange } }) =>
    [...encryption, ...integrity, ...keyExchange].join('-'),
  );

describe('our offers', () => {
  it('phase 1: every choice is a transform, in our order, numbered from 1', () => {
    const [wire, ...more] = throughBytes(
      ikeOffersToWire(ours('ike', 'aes256-aes128-sha256-sha1-modp2048', '3des-md5-modp1024'), { lifetime: HOUR }),
    );
    expect(more).toEqual([]);
    const offers = readIkeOffers(wire === undefined ? [] : [wire]);
    expect(formatted(offers)).toEqual([
      'aes256-sha256-modp2048',
      'aes256-sha1-modp2048',
      'aes128-sha256-modp2048',
      'aes128-sha1-modp2048',
      '3des-md5-modp1024',
    ]);
    expect(offers.map(({ transform }) => transform.number)).toEqual([1, 2, 3, 4, 5]);
    expect(offers.every(({ lifetimes }) => lifetimes.lifetime === HOUR)).toBe(true);
  });

  it('phase 1: what IKEv1 cannot say is left out', () => {
    expect(ikeOffersToWire(ours('ike', 'aes256gcm16-prfsha256-ecp256', 'aes128-sha1-prfsha256-modp1024'), {})).toEqual(
      [],
    );
  });

  it('Quick Mode: protocol by protocol, with what all have in common', () => {
    const wires = throughBytes(
      childOffersToWire(
        [...ours('esp', 'aes128gcm16-esn-noesn', 'aes128-sha1', 'chacha20poly1305'), ...ours('ah', 'sha256')],
        CONTEXT,
      ),
    );
    expect(wires.map(({ number, protocol, spi }) => [number, protocol, spi])).toEqual([
      [1, 3, SPI],
      [2, 2, SPI],
    ]);
    const offers = readChildOffers(wires);
    expect(formatted(offers)).toEqual(['aes128gcm16', 'aes128gcm16', 'aes128-sha1', 'sha256']);
    expect(offers.map(({ proposal: { esn } }) => esn)).toEqual([[true], [false], [false], [false]]);
    for (const offer of offers)
      expect(offer).toMatchObject({ encapsulation: CONTEXT.encapsulation, lifetimes: CONTEXT.lifetimes });
  });

  it('say a choice once, and no more than a message can carry', () => {
    const texts = ['aes128-sha1-modp1024', 'aes128-aes256-sha1-modp1024'];
    expect(formatted(readIkeOffers(ikeOffersToWire(ours('ike', ...texts), {})))).toEqual([
      'aes128-sha1-modp1024',
      'aes256-sha1-modp1024',
    ]);
    const many = 'aes128-aes192-aes256-3des-sha1-sha256-sha384-sha512-md5-modp1024-modp1536-modp2048-ecp256';
    expect(ikeOffersToWire(ours('ike', many), {})[0]?.transforms).toHaveLength(MAX_OFFERED);
    expect(childOffersToWire(ours('esp', many), CONTEXT)[0]?.transforms).toHaveLength(MAX_OFFERED);
  });

  it('can be limited to the group of one KE payload', () => {
    const all = ours('esp', 'aes128-sha1-modp1024-modp2048', 'aes256-sha1-modp2048', '3des-sha1');
    expect(ofOneGroup(all, 'modp1024')).toEqual(ours('esp', 'aes128-sha1-modp1024'));
    expect(ofOneGroup(all, undefined)).toEqual(ours('esp', '3des-sha1'));
  });

  it('are what the other side chooses from', () => {
    const cipher = fc.constantFrom('aes128', 'aes192', 'aes256', '3des');
    const word = fc.tuple(
      cipher,
      fc.constantFrom('md5', 'sha1', 'sha256', 'sha512'),
      fc.constantFrom('modp768', 'modp1024', 'modp2048s256', 'ecp384'),
    );
    const texts = fc.array(
      word.map((words) => words.join('-')),
      { minLength: 1, maxLength: 4 },
    );
    const arrived = {
      ike: (peer: Proposal[]) => readIkeOffers(throughBytes(ikeOffersToWire(peer, {}))),
      esp: (peer: Proposal[]) => readChildOffers(throughBytes(childOffersToWire(peer, CONTEXT))),
    };
    fc.assert(
      fc.property(fc.constantFrom('ike', 'esp'), texts, texts, (protocol, mine, theirs) => {
        const own = ours(protocol, ...mine);
        const peer = ours(protocol, ...theirs);
        const offered = arrived[protocol](peer).map((offer) => offer.proposal);
        expect(suiteOf(selectSuite(own, offered, protocol))).toEqual(suiteOf(selectSuite(own, peer, protocol)));
      }),
    );
  });
});

function suiteOf(selection: ReturnType<typeof selectSuite>): CipherSuite | undefined {
  return 'suite' in selection ? selection.suite : undefined;
}
