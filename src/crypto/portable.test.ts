import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EncryptionKeyword, HashName, KeyExchangeKeyword } from './algorithms.ts';
import {
  DIFFIE_HELLMAN,
  ENCRYPTION,
  encryptionAlgorithm,
  INTEGRITY,
  KEY_EXCHANGE,
  keyExchangeMethod,
} from './algorithms.ts';
import { padLeft } from './big-integer.ts';
import { knownAnswerFault } from './known-answer-test.ts';
import { nodeProvider } from './node-provider.ts';
import { portableProvider } from './portable.ts';
import { privateKeyRule } from './private-scalar.ts';

const HASHES: readonly HashName[] = INTEGRITY.map(({ hash }) => hash);
const CIPHERS: readonly EncryptionKeyword[] = ENCRYPTION.map(({ keyword }) => keyword).filter(
  (word) => word !== '3des',
);
const METHODS: readonly KeyExchangeKeyword[] = KEY_EXCHANGE.map(({ keyword }) => keyword);
/** node:crypto cannot be given the randomness of a KEM. */
const GROUPS: readonly KeyExchangeKeyword[] = DIFFIE_HELLMAN.map(({ keyword }) => keyword);

const data = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 3 });

describe('node:crypto and the portable implementation agree', () => {
  it.each(HASHES)('on %s and its HMAC', (name) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), data, (key, parts) => {
        expect(portableProvider.hash(name, parts)).toEqual(nodeProvider.hash(name, parts));
        expect(portableProvider.hmac(name, key, parts)).toEqual(nodeProvider.hmac(name, key, parts));
      }),
      { numRuns: 40 },
    );
  });

  it.each(CIPHERS)('on %s', (keyword) => {
    fc.assert(
      fc.property(material(keyword), fc.uint8Array({ maxLength: 40 }), ({ key, iv, text }, aad) => {
        const { node, aeadIcvBytes } = encryptionAlgorithm(keyword);
        if (aeadIcvBytes === undefined) {
          const keyed = { keyword, node, key, iv };
          const ciphertext = nodeProvider.encryptCbc(keyed, text);
          expect(portableProvider.encryptCbc(keyed, text)).toEqual(ciphertext);
          expect(portableProvider.decryptCbc(keyed, ciphertext)).toEqual(text);
          return;
        }
        const keyed = { keyword, node, key, nonce: iv, tagBytes: aeadIcvBytes };
        const sealed = nodeProvider.sealAead(keyed, aad, text);
        expect(portableProvider.sealAead(keyed, aad, text)).toEqual(sealed);
        expect(portableProvider.openAead(keyed, aad, sealed)).toEqual(text);
        expect(
          portableProvider.openAead(
            keyed,
            aad,
            sealed.map((byte) => byte ^ 1),
          ),
        ).toBeUndefined();
      }),
      { numRuns: 25 },
    );
  });

  // The largest groups take the portable arithmetic tens of milliseconds an exponentiation.
  it.each(GROUPS)('on %s', (method) => {
    const { kind, publicBytes, secretBytes } = keyExchangeMethod(method);
    const { bytes, scalar } = privateKeyRule(method);
    const entropy = fc.uint8Array({ minLength: bytes, maxLength: bytes });
    fc.assert(
      fc.property(entropy, entropy, (a, b) => {
        const [ours, theirs] = [scalar(a), scalar(b)];
        const peerPublic = padLeft(nodeProvider.publicValue(method, theirs), publicBytes);
        expect(padLeft(portableProvider.publicValue(method, theirs), publicBytes)).toEqual(peerPublic);
        const secret = padLeft(nodeProvider.sharedSecret(method, ours, peerPublic), secretBytes);
        expect(padLeft(portableProvider.sharedSecret(method, ours, peerPublic), secretBytes)).toEqual(secret);
      }),
      { numRuns: kind === 'modp' && publicBytes > 256 ? 1 : 3 },
    );
  });
});

describe('the portable implementation', () => {
  it('gives the known answer for all but 3DES, which noble does not have', () => {
    for (const name of HASHES) {
      expect(knownAnswerFault(portableProvider, 'hash', name)).toBeUndefined();
      expect(knownAnswerFault(portableProvider, 'hmac', name)).toBeUndefined();
    }
    for (const keyword of CIPHERS) expect(knownAnswerFault(portableProvider, 'encryption', keyword)).toBeUndefined();
    for (const method of METHODS) expect(knownAnswerFault(portableProvider, 'keyExchange', method)).toBeUndefined();
    expect(knownAnswerFault(portableProvider, 'encryption', '3des')).toBe('no portable 3DES');
  });
});

function material(keyword: EncryptionKeyword) {
  const { keyBits, saltBytes, ivBytes, blockBytes } = encryptionAlgorithm(keyword);
  const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  return fc.record({
    key: exactly(keyBits / 8),
    iv: exactly(saltBytes + ivBytes),
    text: fc
      .nat(6)
      .chain((blocks) => exactly(blocks * Math.max(blockBytes, 7)))
      .map((text) => text.slice(0, text.length - (text.length % blockBytes))),
  });
}
