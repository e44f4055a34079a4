import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../../base/bytes.ts';
import { KEY_EXCHANGE, type KeyExchangeMethod } from '../../../crypto/algorithms.ts';
import { decodeAuth, encodeAuth } from './auth.ts';
import { decodeDelete, encodeDelete } from './delete.ts';
import { decodeSkf, encodeSkf } from './encrypted.ts';
import { decodeId, encodeId, idBody } from './id.ts';
import { decodeKe, encodeKe } from './ke.ts';
import { decodeNonce } from './nonce.ts';
import { decodeNotify, encodeNotify, isErrorNotify, NOTIFY, notifyName, notifyPayload } from './notify.ts';
import { decodeTs, encodeTs } from './ts.ts';

const key = (length: number) => new Uint8Array(length).fill(0x5a);

describe('KE payload (RFC 7296 §3.4)', () => {
  it('reads and writes method and data, and ignores RESERVED', () => {
    const body = concatBytes(fromHex('001fbeef'), key(32));
    expect(decodeKe(body)).toEqual({ type: 'KE', method: 31, data: key(32) });
    expect(encodeKe({ type: 'KE', method: 31, data: key(32) })).toEqual(concatBytes(fromHex('001f0000'), key(32)));
  });

  it('K2: the data of every known method has exactly its length', () => {
    for (const row of KEY_EXCHANGE as readonly KeyExchangeMethod[]) {
      const body = (length: number) => encodeKe({ type: 'KE', method: row.group, data: key(length) });
      for (const right of [row.publicBytes, row.ciphertextBytes ?? row.publicBytes]) {
        expect(decodeKe(body(right)).data).toHaveLength(right);
        for (const length of [0, right - 1, right + 1, 65_000]) expect(() => decodeKe(body(length))).toThrow('KE.data');
      }
    }
  });

  it('K1: a method that we do not know is left to negotiation', () => {
    for (const method of ['0000', '0401', 'ffff'])
      expect(decodeKe(fromHex(`${method}0000aa`)).data).toEqual(key(1).fill(0xaa));
  });
});

describe('Nonce payload (RFC 7296 §3.9)', () => {
  it('N1: 16 to 256 bytes, nothing else', () => {
    for (const length of [16, 32, 256]) expect(decodeNonce(key(length)).data).toHaveLength(length);
    for (const length of [0, 1, 15, 257, 65_000]) expect(() => decodeNonce(key(length))).toThrow('Nonce.data');
  });
});

describe('Identification payload (RFC 7296 §3.5)', () => {
  it('I5: keeps the body as received, RESERVED included, for AUTH', () => {
    const body = fromHex('02 aabbcc 6d6f6f6e');
    expect(decodeId('IDi', body)).toEqual({ type: 'IDi', idType: 2, data: fromHex('6d6f6f6e'), body });
    expect(encodeId(decodeId('IDi', body))).toEqual(body);
    expect(idBody(2, fromHex('6d6f6f6e'))).toEqual(fromHex('02 000000 6d6f6f6e'));
  });

  it('I1: refused where shorter than its header, empty, or longer than 2 KB', () => {
    for (const hex of ['', '02', '020000', '02000000']) expect(() => decodeId('IDr', fromHex(hex))).toThrow(/IDr/);
    expect(decodeId('IDr', idBody(11, key(2048))).data).toHaveLength(2048);
    expect(() => decodeId('IDr', idBody(11, key(2049)))).toThrow('limit');
  });

  it('I1: an address has the length of its family', () => {
    for (const [idType, good] of [
      [1, 4],
      [5, 16],
    ] as const) {
      expect(decodeId('IDi', idBody(idType, key(good))).data).toHaveLength(good);
      for (const length of [1, 3, 5, 15, 17])
        expect(() => decodeId('IDi', idBody(idType, key(length)))).toThrow('IDi.data');
    }
  });

  it('I1: types that nobody knows are carried', () => {
    for (const idType of [0, 255]) expect(decodeId('IDi', idBody(idType, key(3))).idType).toBe(idType);
  });
});

describe('AUTH payload (RFC 7296 §3.8)', () => {
  it('reads and writes, and is refused where shorter than its header', () => {
    expect(decodeAuth(fromHex('02aabbcc0102'))).toEqual({ type: 'AUTH', method: 2, data: fromHex('0102') });
    expect(encodeAuth({ type: 'AUTH', method: 2, data: fromHex('0102') })).toEqual(fromHex('020000000102'));
    expect(() => decodeAuth(fromHex('020000'))).toThrow('AUTH.reserved');
  });
});

describe('Notify payload (RFC 7296 §3.10)', () => {
  it('reads and writes with and without an SPI', () => {
    const rekey = { type: 'N', protocol: 3, spi: fromHex('c0ffee01'), notify: 16393, data: fromHex('') } as const;
    expect(decodeNotify(fromHex('03044009c0ffee01'))).toEqual(rekey);
    expect(encodeNotify(rekey)).toEqual(fromHex('03044009c0ffee01'));
    expect(encodeNotify(notifyPayload('COOKIE', fromHex('abcd')))).toEqual(fromHex('00004006abcd'));
  });

  it('T1: an SPI past the end, or of a size that no protocol has, is refused', () => {
    for (const hex of ['0304', '03044009c0ffee', '03ff4009c0ffee01', '03014009c0ffee01', '01104009'])
      expect(() => decodeNotify(fromHex(hex))).toThrow(/N\./);
  });

  it('names every type of the table and tells errors from status', () => {
    expect(notifyName(14)).toBe('NO_PROPOSAL_CHOSEN');
    expect(notifyName(NOTIFY.FRAGMENTATION_SUPPORTED)).toBe('FRAGMENTATION_SUPPORTED');
    expect(notifyName(40_000)).toBe('notify 40000');
    expect(isErrorNotify(16_383)).toBe(true);
    expect(isErrorNotify(16_384)).toBe(false);
    expect(new Set(Object.values(NOTIFY)).size).toBe(Object.keys(NOTIFY).length);
  });
});

describe('Delete payload (RFC 7296 §3.11)', () => {
  it('reads and writes an IKE SA and several Child SAs', () => {
    expect(decodeDelete(fromHex('01000000'))).toEqual({ type: 'D', protocol: 1, spis: [] });
    const children = { type: 'D', protocol: 3, spis: [fromHex('00000101'), fromHex('00000102')] } as const;
    expect(decodeDelete(fromHex('03040002 00000101 00000102'))).toEqual(children);
    expect(encodeDelete(children)).toEqual(fromHex('03040002 00000101 00000102'));
    expect(encodeDelete({ type: 'D', protocol: 1, spis: [] })).toEqual(fromHex('01000000'));
  });

  it('D1: count, size and length that disagree are refused', () => {
    const hostile = [
      '0304000200000101',
      '030400010000010100000102',
      '0304ffff00000101',
      '0300000100000101',
      '0300ffff',
      '0300 0000',
      '01000001',
      '0104000100000101',
      '0108 0001 0000000000000001',
      '0004000100000101',
      'ff000000',
      '030400',
    ];
    for (const hex of hostile) expect(() => decodeDelete(fromHex(hex))).toThrow(/D\./);
  });
});

describe('Traffic Selector payload (RFC 7296 §3.13)', () => {
  const V4 = '07000010 0000ffff 0a000000 0affffff';
  const V6 = `08060028 01bb01bb 20010db8${'00'.repeat(12)} 20010db8${'ff'.repeat(12)}`;
  const ts = (count: string, ...selectors: string[]) => decodeTs('TSi', fromHex(`${count}000000${selectors.join('')}`));

  it('reads and writes ranges of both families', () => {
    const payload = ts('02', V4, V6);
    expect(payload.selectors).toEqual([
      { protocol: 0, startPort: 0, endPort: 65535, start: '10.0.0.0', end: '10.255.255.255' },
      { protocol: 6, startPort: 443, endPort: 443, start: '2001:db8::', end: '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff' },
    ]);
    expect(encodeTs(payload)).toEqual(fromHex(`02000000${V4}${V6}`));
  });

  it('TS1: no selectors, or another number of them than the count says, is refused', () => {
    expect(() => ts('00')).toThrow('TSi.count');
    expect(() => ts('00', V4)).toThrow('TSi.count');
    expect(() => ts('ff', V4)).toThrow('truncated');
    expect(() => ts('01', V4, V4)).toThrow('length');
    expect(() => decodeTs('TSr', fromHex('0100'))).toThrow('TSr.reserved');
  });

  it("TS1: a selector length that is not its type's is refused", () => {
    for (const length of ['0000', '0003', '0007', '000f', '0011', '0028'])
      expect(() => ts('01', V4.replace('0010', length))).toThrow(/TSi/);
    for (const length of ['0010', '0027', '0029']) expect(() => ts('01', V6.replace('0028', length))).toThrow(/TSi/);
  });

  it('TS1: unknown types are skipped by their length, whatever they hold', () => {
    expect(ts('02', '09000008 01020304', V4).selectors).toHaveLength(1);
    expect(ts('01', '09000004').selectors).toEqual([]);
    expect(() => ts('01', '09000003')).toThrow('length');
  });

  it('TS1: reversed ranges are refused, but OPAQUE ports are not', () => {
    expect(() => ts('01', '07000010 0000ffff 0a000001 0a000000')).toThrow('TSi.address');
    expect(() => ts('01', '07000010 00020001 0a000000 0a000000')).toThrow('TSi.port');
    expect(ts('01', '07010010 ffff0000 0a000000 0a000000').selectors[0]).toMatchObject({
      startPort: 65535,
      endPort: 0,
    });
  });

  it('TS1: ICMP type and code travel in the port fields', () => {
    expect(ts('01', '07010010 08000800 0a000000 0a000000').selectors[0]).toMatchObject({
      protocol: 1,
      startPort: 0x0800,
    });
  });

  it('an IPv4 address inside IPv6 stays IPv6', () => {
    const mapped = `${'00'.repeat(10)}ffff0a000001`;
    const payload = ts('01', `08000028 0000ffff ${mapped} ${mapped}`);
    expect(encodeTs(payload)).toEqual(fromHex(`01000000 08000028 0000ffff ${mapped} ${mapped}`));
  });
});

describe('Encrypted Fragment payload (RFC 7383 §2.5)', () => {
  it('reads and writes its numbers', () => {
    const fragment = { type: 'SKF', innerType: 35, number: 2, total: 3, body: fromHex('aabb') } as const;
    expect(decodeSkf(fromHex('00020003aabb'), 35)).toEqual(fragment);
    expect(encodeSkf(fragment)).toEqual(fromHex('00020003aabb'));
    expect(() => decodeSkf(fromHex('000200'), 0)).toThrow('SKF.total');
  });
});
