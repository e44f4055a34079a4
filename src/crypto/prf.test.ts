import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../base/bytes.ts';
import type { HashName, PrfKeyword } from './algorithms.ts';
import { PRF, prfAlgorithm } from './algorithms.ts';
import { prf, prfPlus } from './prf.ts';
import { readCases, readNist } from './testing/vectors.ts';

type HmacCase = { name: string; hash: HashName; key: string; data: string; mac: string };

describe('prf', () => {
  it.each(readCases<HmacCase>('rfc/hmac.json'))('$name', ({ hash, key, data, mac }) => {
    expect(toHex(prf(prfOf(hash), fromHex(key), fromHex(data))).slice(0, mac.length)).toBe(mac);
  });

  it('parts count as their concatenation', () => {
    const [key, a, b] = [Uint8Array.of(1), Uint8Array.of(2, 3), Uint8Array.of(4)];
    for (const { keyword, outputBytes } of PRF) {
      expect(prf(keyword, key, a, b)).toEqual(prf(keyword, key, concatBytes(a, b)));
      expect(prf(keyword, key, a)).toHaveLength(outputBytes);
    }
  });
});

describe('prf+ (RFC 7296 §2.13)', () => {
  const key = fromHex('0b0b0b0b');
  const seed = fromHex('5eed');

  it('chains T1 = prf(K, S | 1), T2 = prf(K, T1 | S | 2)', () => {
    const t1 = prf('prfsha256', key, seed, Uint8Array.of(1));
    const t2 = prf('prfsha256', key, t1, seed, Uint8Array.of(2));
    expect(prfPlus('prfsha256', key, seed, 64)).toEqual(concatBytes(t1, t2));
  });

  it('less is a prefix of more', () => {
    const whole = prfPlus('prfsha1', key, seed, 200);
    fc.assert(
      fc.property(fc.nat(200), (length) => {
        expect(prfPlus('prfsha1', key, seed, length)).toEqual(whole.slice(0, length));
      }),
    );
  });

  it('255 blocks are the most that the counter octet can number', () => {
    expect(prfPlus('prfmd5', key, seed, 255 * 16)).toHaveLength(255 * 16);
    expect(() => prfPlus('prfmd5', key, seed, 255 * 16 + 1)).toThrow(RangeError);
  });
});

describe('NIST CAVP cases of the IKEv2 key derivation', () => {
  const cases = readNist('cavp-ike/ikev2.fax.txt').filter(({ values }) => values.has('SKEYSEED'));

  it('are all there', () => {
    expect(cases).toHaveLength(54);
  });

  it.each(cases.map((entry, index) => ({ ...entry, index })))('case $index, $section', ({ section, values }) => {
    const hash = section.find((heading) => heading.startsWith('SHA-'))?.replace('SHA-', 'sha') as HashName;
    const keyword = prfOf(hash);
    const value = (name: string) => fromHex(values.get(name) ?? '');
    const nonces = concatBytes(value('Ni'), value('Nr'));
    const dkm = prfPlus(
      keyword,
      value('SKEYSEED'),
      concatBytes(nonces, value('SPIi'), value('SPIr')),
      value('DKM').length,
    );
    const skD = dkm.slice(0, prfAlgorithm(keyword).outputBytes);
    const child = value('DKM(Child SA)').length;
    expect(prf(keyword, nonces, value('g^ir'))).toEqual(value('SKEYSEED'));
    expect(dkm).toEqual(value('DKM'));
    expect(prfPlus(keyword, skD, nonces, child)).toEqual(value('DKM(Child SA)'));
    expect(prfPlus(keyword, skD, concatBytes(value('g^ir (new)'), nonces), child)).toEqual(value('DKM(Child SA D-H)'));
    expect(prf(keyword, skD, value('g^ir (new)'), nonces)).toEqual(value('SKEYSEED(Rekey)'));
  });
});

function prfOf(hash: HashName): PrfKeyword {
  const row = PRF.find((entry) => entry.hash === hash);
  if (row === undefined) throw new RangeError(`no PRF for ${hash}`);
  return row.keyword;
}
