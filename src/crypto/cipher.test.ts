import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../base/bytes.ts';
import type { EncryptionKeyword } from './algorithms.ts';
import { ENCRYPTION, encryptionAlgorithm } from './algorithms.ts';
import { decryptCbc, encryptCbc, openAead, sealAead } from './cipher.ts';
import { readCases, readNist, readWycheproof } from './testing/vectors.ts';

const KEYWORDS: readonly EncryptionKeyword[] = ENCRYPTION.map(({ keyword }) => keyword);
const isAead = (keyword: EncryptionKeyword) => encryptionAlgorithm(keyword).aeadIcvBytes !== undefined;
const CBC = KEYWORDS.filter((keyword) => !isAead(keyword));
const AEAD = KEYWORDS.filter(isAead);

const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => index + 1);

describe('CBC ciphers', () => {
  type CbcCase = { name: string; key: string; iv: string; plaintext: string; ciphertext: string };

  it.each(readCases<CbcCase>('rfc/aes-cbc.json'))('$name', ({ key, iv, plaintext, ciphertext }) => {
    expect(toHex(encryptCbc('aes128', fromHex(key), fromHex(iv), fromHex(plaintext)))).toBe(ciphertext);
    expect(toHex(decryptCbc('aes128', fromHex(key), fromHex(iv), fromHex(ciphertext)))).toBe(plaintext);
  });

  // RFC 2451 §2.1 has no examples of its own.
  const tdes = readNist('cavp-tdes/TCBCMMT3.rsp').filter(({ values }) => values.has('KEY1'));

  it.each(tdes.map((entry, index) => ({ ...entry, index })))('3DES, NIST CAVP case $index, $section', ({ values }) => {
    const value = (name: string) => fromHex(values.get(name) ?? '');
    const key = concatBytes(value('KEY1'), value('KEY2'), value('KEY3'));
    expect(value('PLAINTEXT').length).toBeGreaterThan(0);
    expect(encryptCbc('3des', key, value('IV'), value('PLAINTEXT'))).toEqual(value('CIPHERTEXT'));
    expect(decryptCbc('3des', key, value('IV'), value('CIPHERTEXT'))).toEqual(value('PLAINTEXT'));
  });

  it('the NIST file was read whole', () => {
    expect(tdes).toHaveLength(13);
  });

  it.each(CBC)('%s: no padding is added or removed, nothing stays nothing', (keyword) => {
    const { keyBits, ivBytes, blockBytes } = encryptionAlgorithm(keyword);
    const [key, iv] = [bytes(keyBits / 8), bytes(ivBytes)];
    fc.assert(
      fc.property(fc.nat(5), (blocks) => {
        const plaintext = bytes(blocks * blockBytes);
        const ciphertext = encryptCbc(keyword, key, iv, plaintext);
        expect(ciphertext).toHaveLength(plaintext.length);
        expect(decryptCbc(keyword, key, iv, ciphertext)).toEqual(plaintext);
      }),
      { numRuns: 20 },
    );
  });

  it.each(CBC)('%s: wrong lengths are a bug of the caller', (keyword) => {
    const { keyBits, ivBytes, blockBytes } = encryptionAlgorithm(keyword);
    const [key, iv, text] = [bytes(keyBits / 8), bytes(ivBytes), bytes(2 * blockBytes)];
    for (const operation of [encryptCbc, decryptCbc]) {
      expect(() => operation(keyword, key.slice(1), iv, text)).toThrow(RangeError);
      expect(() => operation(keyword, key, iv.slice(1), text)).toThrow(RangeError);
      expect(() => operation(keyword, key, iv, text.slice(1))).toThrow(RangeError);
    }
    expect(() => sealAead(keyword, key, iv, text, text)).toThrow(RangeError);
    expect(() => openAead(keyword, key, iv, text, text)).toThrow(RangeError);
  });
});

describe('combined-mode ciphers', () => {
  type ChachaCase = { name: string; keyAndSalt: string; iv: string; aad: string; plaintext: string; sealed: string };

  it.each(readCases<ChachaCase>('rfc/chacha20poly1305.json'))('$name', ({ keyAndSalt, iv, aad, plaintext, sealed }) => {
    const key = [fromHex(keyAndSalt), fromHex(iv), fromHex(aad)] as const;
    expect(toHex(sealAead('chacha20poly1305', ...key, fromHex(plaintext)))).toBe(sealed);
    expect(openAead('chacha20poly1305', ...key, fromHex(sealed))).toEqual(fromHex(plaintext));
  });

  it('AES-GCM agrees with every Wycheproof case that has a nonce of ESP and IKE, and opens no modified one', () => {
    type GcmCase = { key: string; iv: string; aad: string; msg: string; ct: string; tag: string };
    type GcmGroup = { ivSize: number; keySize: number; tagSize: number };
    const cases = readWycheproof<GcmCase, GcmGroup>('aes_gcm').filter(
      ({ ivSize, tagSize }) => ivSize === 96 && tagSize === 128,
    );
    for (const entry of cases) {
      const keyword = `aes${entry.keySize}gcm16` as EncryptionKeyword;
      // The nonce is salt and IV, so the salt is the nonce's beginning.
      const [keyAndSalt, iv] = [fromHex(entry.key + entry.iv.slice(0, 8)), fromHex(entry.iv.slice(8))];
      const [aad, sealed] = [fromHex(entry.aad), fromHex(entry.ct + entry.tag)];
      const plaintext = fromHex(entry.msg);
      const valid = entry.result === 'valid';
      expect(openAead(keyword, keyAndSalt, iv, aad, sealed), `case ${entry.tcId}`).toEqual(
        valid ? plaintext : undefined,
      );
      if (valid) expect(sealAead(keyword, keyAndSalt, iv, aad, plaintext), `case ${entry.tcId}`).toEqual(sealed);
    }
    expect(cases.filter(({ result }) => result === 'invalid').length).toBeGreaterThan(60);
    expect(cases.filter(({ result }) => result === 'valid').length).toBeGreaterThan(80);
  });

  it.each(AEAD)('%s: opens what it sealed, adding the tag alone', (keyword) => {
    const { keyAndSalt, iv } = keyed(keyword);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 40 }), (plaintext, aad) => {
        const sealed = sealAead(keyword, keyAndSalt, iv, aad, plaintext);
        expect(sealed).toHaveLength(plaintext.length + 16);
        expect(openAead(keyword, keyAndSalt, iv, aad, sealed)).toEqual(plaintext);
      }),
      { numRuns: 30 },
    );
  });

  it.each(AEAD)(
    '%s: one changed bit of text, tag, IV, salt or associated data, and nothing is given out',
    (keyword) => {
      const { keyAndSalt, iv } = keyed(keyword);
      const [aad, plaintext] = [bytes(32), bytes(48)];
      const sealed = sealAead(keyword, keyAndSalt, iv, aad, plaintext);
      for (let at = 0; at < sealed.length; at++)
        expect(openAead(keyword, keyAndSalt, iv, aad, flipped(sealed, at))).toBeUndefined();
      expect(openAead(keyword, keyAndSalt, flipped(iv, 7), aad, sealed)).toBeUndefined();
      expect(openAead(keyword, flipped(keyAndSalt, keyAndSalt.length - 1), iv, aad, sealed)).toBeUndefined();
      expect(openAead(keyword, keyAndSalt, iv, flipped(aad, 0), sealed)).toBeUndefined();
      expect(openAead(keyword, keyAndSalt, iv, aad.slice(1), sealed)).toBeUndefined();
    },
  );

  it.each(AEAD)('%s: a shortened tag is no tag', (keyword) => {
    const { keyAndSalt, iv } = keyed(keyword);
    const sealed = sealAead(keyword, keyAndSalt, iv, bytes(8), new Uint8Array(0));
    for (let length = 0; length < 16; length++)
      expect(openAead(keyword, keyAndSalt, iv, bytes(8), sealed.slice(0, length))).toBeUndefined();
  });

  it.each(AEAD)('%s: wrong lengths of key and IV are a bug of the caller', (keyword) => {
    const { keyAndSalt, iv } = keyed(keyword);
    const text = bytes(32);
    for (const operation of [sealAead, openAead]) {
      expect(() => operation(keyword, keyAndSalt.slice(4), iv, text, text)).toThrow(RangeError);
      expect(() => operation(keyword, keyAndSalt, bytes(12), text, text)).toThrow(RangeError);
    }
    expect(() => encryptCbc(keyword, keyAndSalt, iv, text)).toThrow(RangeError);
    expect(() => decryptCbc(keyword, keyAndSalt, iv, text)).toThrow(RangeError);
  });

  function keyed(keyword: EncryptionKeyword) {
    const { keyBits, saltBytes, ivBytes } = encryptionAlgorithm(keyword);
    return { keyAndSalt: bytes(keyBits / 8 + saltBytes), iv: bytes(ivBytes) };
  }
});

function flipped(input: Uint8Array, at: number): Uint8Array {
  return input.map((byte, index) => (index === at ? byte ^ 0x40 : byte));
}
