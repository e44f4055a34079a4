import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../../base/bytes.ts';
import { decodeSa, encodeSa, type SaPayload } from './sa.ts';

const ENCR_AES256 = '0300000c 0100000c 800e0100';
const PRF_SHA256 = '03000008 02000005';
const INTEG_SHA256 = '03000008 0300000c';
const KE_2048 = '00000008 0400000e';
const IKE_PROPOSAL = `0000002c 01010004 ${ENCR_AES256} ${PRF_SHA256} ${INTEG_SHA256} ${KE_2048}`;

const decode = (hex: string) => decodeSa(fromHex(hex));

describe('SA payload (RFC 7296 §3.3)', () => {
  it('reads and writes a proposal as RFC 7296 draws it', () => {
    const payload: SaPayload = {
      type: 'SA',
      proposals: [
        {
          number: 1,
          protocol: 1,
          spi: new Uint8Array(0),
          transforms: [
            { type: 1, id: 12, keyLength: 256 },
            { type: 2, id: 5 },
            { type: 3, id: 12 },
            { type: 4, id: 14 },
          ],
        },
      ],
    };
    expect(decode(IKE_PROPOSAL)).toEqual(payload);
    expect(toHex(encodeSa(payload))).toBe(IKE_PROPOSAL.replace(/\s/g, ''));
  });

  it('S1: a payload without a proposal is refused', () => {
    expect(() => decode('')).toThrow('truncated');
  });

  it('S1: a wrong "last" octet is refused, on proposals and on transforms', () => {
    expect(() => decode(IKE_PROPOSAL.replace(/^00/, '02'))).toThrow('SA.proposal');
    expect(() => decode(IKE_PROPOSAL.replace(/^00/, '01'))).toThrow('SA.proposal');
    expect(() => decode(IKE_PROPOSAL + IKE_PROPOSAL)).toThrow('SA.proposal');
    expect(() => decode(IKE_PROPOSAL.replace(KE_2048, KE_2048.replace(/^00/, '03')))).toThrow('SA.transform');
    expect(() => decode(IKE_PROPOSAL.replace(PRF_SHA256, PRF_SHA256.replace(/^03/, '00')))).toThrow('SA.transform');
  });

  it('S1: a transform count that is not the actual one is refused', () => {
    for (const count of ['03', '05', '00', 'ff'])
      expect(() => decode(IKE_PROPOSAL.replace('01010004', `010100${count}`))).toThrow(/SA\./);
  });

  it('S1: inner lengths that overrun or are below their header are refused', () => {
    expect(() => decode(IKE_PROPOSAL.replace('0000002c', '0000002d'))).toThrow('truncated');
    expect(() => decode(IKE_PROPOSAL.replace('0000002c', '0000002b'))).toThrow(/SA\./);
    for (const length of ['0000', '0003', '0007', 'ffff']) {
      expect(() => decode(IKE_PROPOSAL.replace('0000002c', `0000${length}`))).toThrow(/SA\./);
      expect(() => decode(IKE_PROPOSAL.replace('03000008', `0300${length}`))).toThrow(/SA\./);
    }
    expect(() => decode(IKE_PROPOSAL.replace('01010004', '0101ff04'))).toThrow('SA.spi');
  });

  it('S3, S4: unknown attributes, Key Length twice and Key Length in the long form mark the transform alone', () => {
    const withTransform = (transform: string) => {
      const length = fromHex(transform).length + 8;
      const lengthHex = length.toString(16).padStart(4, '0');
      return decode(`0000${lengthHex} 01010001 ${transform}`).proposals[0]?.transforms[0];
    };
    expect(withTransform('0000000c 0100000c 80110080')).toEqual({ type: 1, id: 12, unknownAttribute: true });
    expect(withTransform('00000010 0100000c 800e0080 800e0100')).toEqual({
      type: 1,
      id: 12,
      keyLength: 128,
      unknownAttribute: true,
    });
    expect(withTransform('0000000e 0100000c 000e0002 0080')).toEqual({ type: 1, id: 12, unknownAttribute: true });
    expect(() => withTransform('0000000e 0100000c 000e0003 0080')).toThrow('SA.attributeData');
    expect(() => withTransform('0000000a 0100000c 800e')).toThrow('SA.attributeValue');
  });

  it('S5: hundreds of proposals or transforms are refused, in linear time', () => {
    const proposal = (number: number, last: boolean) =>
      concatBytes(Uint8Array.of(last ? 0 : 2), fromHex('000008'), Uint8Array.of(number, 1, 0, 0));
    const many = (count: number) =>
      concatBytes(...Array.from({ length: count }, (_, index) => proposal(index & 0xff, index === count - 1)));
    expect(decodeSa(many(64)).proposals).toHaveLength(64);
    expect(() => decodeSa(many(65))).toThrow('limit');
    expect(() => decodeSa(many(8_000))).toThrow('limit');
    const transforms = Array.from({ length: 255 }, () => ({ type: 1, id: 12, keyLength: 128 }));
    const full = Array.from({ length: 5 }, (_, index) => ({
      number: index + 1,
      protocol: 1,
      spi: new Uint8Array(0),
      transforms,
    }));
    expect(() => decodeSa(encodeSa({ type: 'SA', proposals: full }))).toThrow('limit');
  });
});
