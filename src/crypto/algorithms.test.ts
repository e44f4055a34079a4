import { createHash, getCipherInfo } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { EncryptionAlgorithm, KeyExchangeKeyword, KeyExchangeMethod } from './algorithms.ts';
import {
  DIFFIE_HELLMAN,
  ENCRYPTION,
  encryptionAlgorithm,
  INTEGRITY,
  integrityAlgorithm,
  isKem,
  KEY_EXCHANGE,
  keyExchangeMethod,
  PRF,
  prfAlgorithm,
} from './algorithms.ts';

const CIPHERS: readonly EncryptionAlgorithm[] = ENCRYPTION;
const METHODS: readonly KeyExchangeMethod[] = KEY_EXCHANGE;

describe('algorithm tables', () => {
  it('a keyword names one algorithm of one type', () => {
    expectUnique([...ENCRYPTION, ...INTEGRITY, ...PRF, ...KEY_EXCHANGE].map(({ keyword }) => keyword));
  });

  it('a number names one algorithm within its registry, together with the key length for ciphers', () => {
    expectUnique(CIPHERS.map((row) => `${row.ikev2}/${row.keyBits}`));
    expectUnique(
      CIPHERS.flatMap((row) => (row.ikev1Phase1 === undefined ? [] : [`${row.ikev1Phase1}/${row.keyBits}`])),
    );
    expectUnique(CIPHERS.flatMap((row) => (row.ikev1Esp === undefined ? [] : [`${row.ikev1Esp}/${row.keyBits}`])));
    expectUnique(INTEGRITY.map(({ ikev2 }) => ikev2));
    expectUnique(INTEGRITY.map(({ ikev1Auth }) => ikev1Auth));
    expectUnique(INTEGRITY.map(({ ikev1Ah }) => ikev1Ah));
    expectUnique(PRF.map(({ ikev2 }) => ikev2));
    expectUnique(PRF.map(({ ikev1Phase1 }) => ikev1Phase1));
    expectUnique(KEY_EXCHANGE.map(({ group }) => group));
  });

  it('the numbers are those of the IANA registries', () => {
    // IKEv2 Encr / IKEv1 phase 1 / IKEv1 ESP: ENCR_3DES, ENCR_AES_CBC, AES-GCM with a 16 octet ICV, CHACHA20_POLY1305.
    const families: Record<string, unknown[]> = {
      '3des': [3, 5, 3],
      'aes…': [12, 7, 12],
      'aes…gcm16': [20, undefined, 20],
      chacha20poly1305: [28, undefined, undefined],
    };
    for (const row of CIPHERS) {
      const family = row.keyword.replace(/^aes(128|192|256)/, 'aes…');
      expect([row.ikev2, row.ikev1Phase1, row.ikev1Esp], row.keyword).toEqual(families[family]);
    }
    expect(INTEGRITY.map((row) => [row.hash, row.ikev2, row.ikev1Auth, row.ikev1Ah])).toEqual([
      ['md5', 1, 1, 2],
      ['sha1', 2, 2, 3],
      ['sha256', 12, 5, 5],
      ['sha384', 13, 6, 6],
      ['sha512', 14, 7, 7],
    ]);
    expect(PRF.map((row) => [row.hash, row.ikev2, row.ikev1Phase1])).toEqual([
      ['md5', 1, 1],
      ['sha1', 2, 2],
      ['sha256', 5, 4],
      ['sha384', 6, 5],
      ['sha512', 7, 6],
    ]);
  });

  it('a cipher has the sizes that OpenSSL knows it by', () => {
    for (const row of CIPHERS) {
      const info = getCipherInfo(row.node);
      expect(info?.keyLength, row.keyword).toBe(row.keyBits / 8);
      expect(info?.ivLength, row.keyword).toBe(row.saltBytes + row.ivBytes);
      if (row.aeadIcvBytes === undefined) expect(info?.blockSize, row.keyword).toBe(row.blockBytes);
    }
  });

  it('the key length travels exactly where a transform id has several (RFC 7296 §3.3.5)', () => {
    for (const row of CIPHERS) {
      const lengths = CIPHERS.filter(({ ikev2 }) => ikev2 === row.ikev2).length;
      expect(row.keyLengthAttribute, row.keyword).toBe(lengths > 1);
    }
  });

  it('every algorithm of ESP has a name in the kernel, a combined-mode cipher an IPsec template of its own', () => {
    for (const row of CIPHERS) {
      const aead = row.aeadIcvBytes !== undefined;
      expect(row.kernel, row.keyword).toMatch(aead ? /^rfc\d+(esp)?\(.+\)$/ : /^cbc\(.+\)$/);
      expect(row.saltBytes, row.keyword).toBe(aead ? 4 : 0);
    }
    for (const row of INTEGRITY) expect(row.kernel).toBe(`hmac(${row.hash})`);
  });

  it('an HMAC takes a key as long as its digest, and cuts the digest to 96 bits or to half (RFC 2404, RFC 4868)', () => {
    for (const { hash, keyBytes, icvBytes } of INTEGRITY) {
      expect(keyBytes).toBe(digestBytes(hash));
      expect(icvBytes).toBe(hash === 'md5' || hash === 'sha1' ? 12 : keyBytes / 2);
    }
    for (const { hash, outputBytes } of PRF) expect(outputBytes).toBe(digestBytes(hash));
  });

  it('ML-KEM has the numbers of the IANA registry and the sizes of FIPS 203 §8, table 3', () => {
    const kems = METHODS.filter(({ kind }) => kind === 'kem');
    expect(kems.map((row) => [row.keyword, row.group, row.publicBytes, row.ciphertextBytes, row.secretBytes])).toEqual([
      ['mlkem512', 35, 800, 768, 32],
      ['mlkem768', 36, 1184, 1088, 32],
      ['mlkem1024', 37, 1568, 1568, 32],
    ]);
    expect(METHODS.filter(({ keyword }) => isKem(keyword as KeyExchangeKeyword))).toEqual(kems);
    expect(METHODS.filter((row) => row.ciphertextBytes !== undefined)).toEqual(kems);
    expect([...DIFFIE_HELLMAN, ...kems]).toEqual(METHODS);
  });

  it('a MODP secret is as long as the public value, an ECP secret is x alone (RFC 5903 §7)', () => {
    for (const { keyword, kind, publicBytes, secretBytes } of DIFFIE_HELLMAN as readonly KeyExchangeMethod[]) {
      expect(secretBytes, keyword).toBe(kind === 'ecp' ? publicBytes / 2 : publicBytes);
      const bits = /^modp(\d+)/.exec(keyword)?.[1];
      if (kind === 'modp') expect(publicBytes, keyword).toBe(Number(bits) / 8);
    }
  });

  it('the weak choices are the ones that RFC 8247 and RFC 8221 name', () => {
    const weak = (rows: readonly { keyword: string; status: { ike: string; esp?: string } }[], use: 'ike' | 'esp') =>
      rows.filter(({ status }) => status[use]?.endsWith('-not')).map(({ keyword }) => keyword);
    expect(weak(ENCRYPTION, 'ike')).toEqual([]);
    expect(weak(ENCRYPTION, 'esp')).toEqual(['3des']);
    expect(weak(INTEGRITY, 'ike')).toEqual(['md5']);
    expect(weak(INTEGRITY, 'esp')).toEqual(['md5']);
    expect(weak(PRF, 'ike')).toEqual(['prfmd5']);
    expect(weak(KEY_EXCHANGE, 'ike')).toEqual(['modp768', 'modp1024', 'modp1536', 'modp2048s256']);
  });

  it('a keyword leads to its row', () => {
    for (const row of ENCRYPTION) expect(encryptionAlgorithm(row.keyword)).toBe(row);
    for (const row of INTEGRITY) expect(integrityAlgorithm(row.keyword)).toBe(row);
    for (const row of PRF) expect(prfAlgorithm(row.keyword)).toBe(row);
    for (const row of KEY_EXCHANGE) expect(keyExchangeMethod(row.keyword)).toBe(row);
  });
});

function digestBytes(hash: string): number {
  return createHash(hash).digest().length;
}

function expectUnique(values: readonly unknown[]): void {
  expect([...new Set(values)]).toEqual(values);
}
