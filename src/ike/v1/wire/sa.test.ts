import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../../base/bytes.ts';
import {
  attributeInteger,
  decodeAttributes,
  encodeAttributes,
  IKE_ATTRIBUTE,
  IPSEC_ATTRIBUTE,
  integerAttribute,
} from './attribute.ts';
import { decodeSa, PROTOCOL, saPayload, type WireProposal } from './sa.ts';

/** 3DES, MD5, pre-shared key, MODP 1024, 28800 s in the long form. */
const IKE_TRANSFORM = '80010005 80020001 80030001 80040002 800b0001 000c0004 00007080';

const HEAD = '00000001 00000001';
const IKE_OFFER = `${HEAD} 0000002c 01010001 00000024 01010000 ${IKE_TRANSFORM}`;

const sa = (hex: string) => decodeSa(fromHex(hex));

describe('SA payload (RFC 2408 §3.4 to §3.6)', () => {
  it('reads an offer of phase 1, and keeps its body', () => {
    const payload = sa(IKE_OFFER);
    expect(payload.body).toEqual(fromHex(IKE_OFFER));
    expect(payload.proposals).toMatchObject([
      { number: 1, protocol: PROTOCOL.ISAKMP, spi: fromHex(''), transforms: [{ number: 1, id: 1 }] },
    ]);
    expect(payload.proposals[0]?.transforms[0]?.attributes).toEqual([
      { type: IKE_ATTRIBUTE.ENCRYPTION, form: 'TV', value: 5 },
      { type: IKE_ATTRIBUTE.HASH, form: 'TV', value: 1 },
      { type: IKE_ATTRIBUTE.AUTHENTICATION_METHOD, form: 'TV', value: 1 },
      { type: IKE_ATTRIBUTE.GROUP_DESCRIPTION, form: 'TV', value: 2 },
      { type: IKE_ATTRIBUTE.LIFE_TYPE, form: 'TV', value: 1 },
      { type: IKE_ATTRIBUTE.LIFE_DURATION, form: 'TLV', value: fromHex('00007080') },
    ]);
  });

  it('the answer echoes a transform octet by octet, whichever forms its attributes have', () => {
    const choice = sa(IKE_OFFER).proposals;
    expect(saPayload(choice).body).toEqual(fromHex(IKE_OFFER));
  });

  it('reads several proposals with SPIs and several transforms', () => {
    const esp: WireProposal = {
      number: 1,
      protocol: PROTOCOL.ESP,
      spi: fromHex('c0ffee01'),
      transforms: [
        { number: 1, id: 12, attributes: [integerAttribute(IPSEC_ATTRIBUTE.KEY_LENGTH, 128)] },
        { number: 2, id: 3, attributes: [] },
      ],
    };
    const ah: WireProposal = { number: 1, protocol: PROTOCOL.AH, spi: fromHex('c0ffee02'), transforms: [] };
    expect(decodeSa(saPayload([esp, ah]).body).proposals).toEqual([esp, ah]);
  });

  it('S10: another DOI or situation is refused, and so are labels', () => {
    for (const head of ['00000000 00000001', '00000002 00000001', '00000001 00000000', '00000001 00000003'])
      expect(() => sa(IKE_OFFER.replace(HEAD, head))).toThrow(/SA\.(doi|situation)/);
  });

  it('S10: duplicate attributes and a group given by its prime are carried, for negotiation to refuse', () => {
    const attributes = decodeAttributes(fromHex('80010005 80010007 00060003 010203'), 'SA');
    expect(attributes).toEqual([
      { type: IKE_ATTRIBUTE.ENCRYPTION, form: 'TV', value: 5 },
      { type: IKE_ATTRIBUTE.ENCRYPTION, form: 'TV', value: 7 },
      { type: IKE_ATTRIBUTE.GROUP_PRIME, form: 'TLV', value: fromHex('010203') },
    ]);
  });

  it('lengths, counts and Next Payloads that contradict each other are refused', () => {
    const hostile = [
      '',
      HEAD,
      `${HEAD} 0000`,
      IKE_OFFER.replace('0000002c', '0000002b'),
      IKE_OFFER.replace('0000002c', '0000002d'),
      IKE_OFFER.replace('0000002c', '00000007'),
      IKE_OFFER.replace('0000002c', '0200002c'),
      IKE_OFFER.replace('0000002c', '0300002c'),
      IKE_OFFER.replace('01010001', '01010000'),
      IKE_OFFER.replace('01010001', '01010002'),
      IKE_OFFER.replace('01010001', '0101ff01'),
      IKE_OFFER.replace('00000024', '00000000'),
      IKE_OFFER.replace('00000024', '00000023'),
      IKE_OFFER.replace('00000024', '03000024'),
      IKE_OFFER.replace('000c0004', '000c0005'),
      IKE_OFFER.replace('000c0004', '000c0003'),
      `${IKE_OFFER} 00`,
    ];
    for (const hex of hostile) expect(() => sa(hex)).toThrow(/SA/);
    expect(() => sa(IKE_OFFER.replace('0000002c', '00000007'))).toThrow('SA.proposal: length');
  });

  it('S10: proposals, transforms and attributes have limits', () => {
    const transform = { number: 1, id: 1, attributes: [] };
    const proposal = (transforms: number): WireProposal => ({
      number: 1,
      protocol: 1,
      spi: fromHex(''),
      transforms: new Array(transforms).fill(transform),
    });
    const read = (proposals: WireProposal[]) => decodeSa(saPayload(proposals).body).proposals.length;
    expect(read(new Array(64).fill(proposal(8)))).toBe(64);
    expect(() => read(new Array(65).fill(proposal(1)))).toThrow('limit');
    expect(() => read(new Array(3).fill(proposal(200)))).toThrow('limit');
    const attributes = (count: number) => concatBytes(...new Array(count).fill(fromHex('80010001')));
    expect(decodeAttributes(attributes(32), 'SA')).toHaveLength(32);
    expect(() => decodeAttributes(attributes(33), 'SA')).toThrow('limit');
  });
});

describe('data attributes (RFC 2408 §3.3)', () => {
  it('S10: a duration is read in both forms, and refused where it is empty or beyond counting', () => {
    const tlv = (hex: string) => attributeInteger({ type: 2, form: 'TLV', value: fromHex(hex) });
    expect(attributeInteger({ type: 2, form: 'TV', value: 3600 })).toBe(3600);
    expect(tlv('00007080')).toBe(28_800);
    expect(tlv('7080')).toBe(28_800);
    expect(tlv(`${'00'.repeat(20)}01`)).toBe(1);
    expect(tlv('00')).toBe(0);
    expect(tlv('1fffffffffffff')).toBe(Number.MAX_SAFE_INTEGER);
    expect(tlv('')).toBeUndefined();
    expect(tlv('20000000000000')).toBeUndefined();
    expect(tlv('010000000000000000')).toBeUndefined();
    expect(tlv('ff'.repeat(2000))).toBeUndefined();
  });

  it('an attribute of ours reads back as its value, in the short form where it fits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (value) => {
        const attribute = integerAttribute(12, value);
        expect(attribute.form).toBe(value <= 0xffff ? 'TV' : 'TLV');
        expect(decodeAttributes(encodeAttributes([attribute]), 'SA').map(attributeInteger)).toEqual([value]);
      }),
    );
  });
});
