import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../../base/bytes.ts';
import { DIFFIE_HELLMAN } from '../../../crypto/algorithms.ts';
import { decodeDelete, encodeDelete } from './delete.ts';
import { dpdNotify, readDpdNotify } from './dpd.ts';
import { decodeFragment, encodeFragment } from './fragment.ts';
import { decodeHash } from './hash.ts';
import { decodeId, ID_TYPE, idPayload } from './id.ts';
import { decodeKe, keFitsGroup } from './ke.ts';
import { decodeNatOa, encodeNatOa } from './nat-oa.ts';
import { decodeNonce } from './nonce.ts';
import { decodeNotify, encodeNotify, isErrorNotify, NOTIFY, notifyName } from './notify.ts';

const filled = (length: number) => new Uint8Array(length).fill(0x5a);

describe('KE payload (RFC 2408 §3.7)', () => {
  it('K2: nothing, and more than any group has, is refused', () => {
    for (const length of [1, 128, 1024]) expect(decodeKe(filled(length)).data).toHaveLength(length);
    for (const length of [0, 1025, 65_000]) expect(() => decodeKe(filled(length))).toThrow('KE.data');
  });

  it('K2: a value fits its group with exactly its length, and no group that we do not know', () => {
    for (const { group, publicBytes } of DIFFIE_HELLMAN)
      for (const difference of [-1, 0, 1])
        expect(keFitsGroup({ type: 'KE', data: filled(publicBytes + difference) }, group)).toBe(difference === 0);
    for (const group of [0, 3, 36, 1025]) expect(keFitsGroup({ type: 'KE', data: filled(128) }, group)).toBe(false);
  });
});

describe('Nonce and Hash payloads', () => {
  it('N1: a nonce has 8 to 256 bytes (RFC 2409 §5)', () => {
    for (const length of [8, 20, 256]) expect(decodeNonce(filled(length)).data).toHaveLength(length);
    for (const length of [0, 7, 257]) expect(() => decodeNonce(filled(length))).toThrow('Nonce.data');
  });

  it('a hash is not empty and not longer than SHA-512', () => {
    for (const length of [1, 16, 64]) expect(decodeHash(filled(length)).data).toHaveLength(length);
    for (const length of [0, 65]) expect(() => decodeHash(filled(length))).toThrow('HASH.data');
  });
});

describe('Identification payload (RFC 2407 §4.6.2)', () => {
  it('reads and writes, and keeps the body for HASH_I and HASH_R', () => {
    const body = fromHex('01 11 01f4 0a000001');
    const payload = { type: 'ID', idType: 1, protocol: 17, port: 500, data: fromHex('0a000001'), body } as const;
    expect(decodeId(body)).toEqual(payload);
    expect(idPayload({ idType: 1, protocol: 17, port: 500, data: fromHex('0a000001') })).toEqual(payload);
  });

  it('I1: refused where shorter than its header, empty, or longer than 2 KB', () => {
    for (const hex of ['', '02', '020000', '02000000']) expect(() => decodeId(fromHex(hex))).toThrow(/ID/);
    expect(decodeId(concatBytes(fromHex('0b000000'), filled(2048))).data).toHaveLength(2048);
    expect(() => decodeId(concatBytes(fromHex('0b000000'), filled(2049)))).toThrow('limit');
  });

  it('I1: addresses, subnets and ranges have the length of their family', () => {
    for (const [idType, good] of [
      [ID_TYPE.IPV4_ADDR, 4],
      [ID_TYPE.IPV4_ADDR_SUBNET, 8],
      [ID_TYPE.IPV6_ADDR, 16],
      [ID_TYPE.IPV6_ADDR_SUBNET, 32],
      [ID_TYPE.IPV4_ADDR_RANGE, 8],
      [ID_TYPE.IPV6_ADDR_RANGE, 32],
    ] as const) {
      const decode = (length: number) => decodeId(Uint8Array.of(idType, 0, 0, 0, ...filled(length)));
      expect(decode(good).data).toHaveLength(good);
      for (const length of [1, 4, 5, 8, 16, 32, 64].filter((other) => other !== good))
        expect(() => decode(length)).toThrow('ID.data');
    }
  });
});

describe('Notification payload (RFC 2408 §3.14)', () => {
  const SPIS = '0102030405060708 1112131415161718';

  it('reads and writes with and without an SPI', () => {
    const chosen = { type: 'N', doi: 1, protocol: 3, spi: fromHex('c0ffee01'), notify: 14, data: fromHex('') } as const;
    expect(decodeNotify(fromHex('00000001 03 04 000e c0ffee01'))).toEqual(chosen);
    expect(encodeNotify(chosen)).toEqual(fromHex('00000001 03 04 000e c0ffee01'));
    expect(decodeNotify(fromHex('00000001 01 00 6002 aa'))).toMatchObject({ notify: 24578, data: fromHex('aa') });
  });

  it('T1: an SPI past the end, or longer than any, is refused', () => {
    for (const hex of ['', '00000001', '00000001 0110 6002 00', `00000001 0111 6002 ${SPIS} 00`])
      expect(() => decodeNotify(fromHex(hex))).toThrow(/N\./);
  });

  it('names its types as the RFCs do, and tells errors from status', () => {
    expect(notifyName(14)).toBe('NO-PROPOSAL-CHOSEN');
    expect(notifyName(36136)).toBe('R-U-THERE');
    expect(notifyName(40_000)).toBe('notify 40000');
    expect(isErrorNotify(16_383)).toBe(true);
    expect(isErrorNotify(NOTIFY.CONNECTED)).toBe(false);
    expect(new Set(Object.values(NOTIFY)).size).toBe(Object.keys(NOTIFY).length);
  });

  it('Y1: R-U-THERE names both SPIs and a sequence of four octets (RFC 3706 §5.3)', () => {
    const question = {
      kind: 'R-U-THERE',
      initiatorSpi: '0102030405060708',
      responderSpi: '1112131415161718',
      sequence: 0xfffffffe,
    } as const;
    const bytes = fromHex(`00000001 01 10 8d28 ${SPIS} fffffffe`);
    expect(encodeNotify(dpdNotify(question))).toEqual(bytes);
    expect(readDpdNotify(decodeNotify(bytes))).toEqual(question);
    const answer = { ...question, kind: 'R-U-THERE-ACK' } as const;
    expect(readDpdNotify(dpdNotify(answer))).toEqual(answer);
  });

  it('Y1: anything else is no R-U-THERE', () => {
    for (const hex of [
      `00000001 01 10 8d2a ${SPIS} 00000001`,
      `00000000 01 10 8d28 ${SPIS} 00000001`,
      `00000001 03 10 8d28 ${SPIS} 00000001`,
      `00000001 01 10 8d28 ${SPIS} 000001`,
      `00000001 01 10 8d28 ${SPIS} 0000000001`,
      '00000001 01 08 8d28 0102030405060708 00000001',
      '00000001 01 00 8d28 00000001',
    ])
      expect(readDpdNotify(decodeNotify(fromHex(hex)))).toBeUndefined();
  });
});

describe('Delete payload (RFC 2408 §3.15)', () => {
  it('reads and writes an IKE SA and several others', () => {
    const ike = { type: 'D', doi: 1, protocol: 1, spis: [filled(16)] } as const;
    expect(decodeDelete(concatBytes(fromHex('00000001 01 10 0001'), filled(16)))).toEqual(ike);
    expect(encodeDelete(ike)).toEqual(concatBytes(fromHex('00000001 01 10 0001'), filled(16)));
    const children = { type: 'D', doi: 1, protocol: 3, spis: [fromHex('00000101'), fromHex('00000102')] } as const;
    expect(decodeDelete(fromHex('00000001 03040002 00000101 00000102'))).toEqual(children);
    expect(encodeDelete(children)).toEqual(fromHex('00000001 03040002 00000101 00000102'));
  });

  it('D1: count, size and length that disagree are refused', () => {
    const hostile = [
      '0304000200000101',
      '030400010000010100000102',
      '0304ffff00000101',
      '03000001',
      '0300ffff',
      '03040000',
      '01000000',
      '01100000',
      '0108 0001 0000000000000001',
      '0104 0001 00000001',
      '00040001 00000101',
      'ff04 0001 00000101',
      '0304',
    ];
    for (const hex of hostile) expect(() => decodeDelete(fromHex(`00000001${hex}`))).toThrow(/D\./);
    expect(() => decodeDelete(fromHex('0000'))).toThrow('D.doi');
  });
});

describe('NAT original address payload (RFC 3947 §5.2)', () => {
  it('reads and writes addresses of both families', () => {
    expect(encodeNatOa('10.0.0.1')).toEqual(fromHex('01000000 0a000001'));
    expect(decodeNatOa(encodeNatOa('10.0.0.1'))).toBe('10.0.0.1');
    expect(decodeNatOa(encodeNatOa('2001:db8::1'))).toBe('2001:db8::1');
  });

  it('anything but an address is refused', () => {
    for (const hex of ['', '010000', '01000000', '010000000a0000', '02000000 61626364', '05000000 0a000001'])
      expect(() => decodeNatOa(fromHex(hex))).toThrow(/NAT-OA/);
  });
});

describe('Fragment payload', () => {
  it('reads and writes its fields', () => {
    const fragment = { type: 'FRAG', id: 0x0102, number: 3, last: true, data: fromHex('aabb') } as const;
    expect(decodeFragment(fromHex('0102 03 01 aabb'))).toEqual(fragment);
    expect(encodeFragment(fragment)).toEqual(fromHex('0102 03 01 aabb'));
    expect(decodeFragment(fromHex('0102 03 fe aabb')).last).toBe(false);
  });

  it('F8: shorter than its header, empty, or with the number 0, it is refused (Cisco 2016-1287)', () => {
    for (const hex of ['', '00', '0001', '000101', '00010101', '0001 00 01 aa'])
      expect(() => decodeFragment(fromHex(hex))).toThrow(/FRAG/);
  });
});
