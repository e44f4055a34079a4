import { concatBytes } from '../base/bytes.ts';
import type { HashName, KeyExchangeKeyword, KeyExchangeMethod } from './algorithms.ts';
import { keyExchangeMethod } from './algorithms.ts';
import { bytesToInteger, integerToBytes } from './big-integer.ts';
import { modpGroup } from './modp-groups.ts';
import {
  aesLibrary,
  bigIntegerLibrary,
  chachaLibrary,
  curve25519Library,
  hashLibrary,
  hmacLibrary,
  legacyHashLibrary,
  mlKemLibrary,
  nistCurveLibrary,
} from './portable-libraries.ts';
import type { AeadKey, Provider } from './provider.ts';

/**
 * The primitives without OpenSSL: noble, and bigint-crypto-utils for MODP. The stand-in where node:crypto lacks an
 * algorithm (a FIPS build, a stripped OpenSSL), the only ML-KEM, and the second opinion in tests. It has no 3DES, and its arithmetic
 * does not run in constant time.
 */
export const portableProvider: Provider = {
  name: 'portable',
  hash: (name, data) => hashFunction(name)(concatBytes(...data)),
  hmac: (name, key, data) => hmacLibrary().hmac(hashFunction(name), key, concatBytes(...data)),
  encryptCbc: ({ keyword, key, iv }, plaintext) => cbc(keyword, key, iv).encrypt(plaintext),
  decryptCbc: ({ keyword, key, iv }, ciphertext) => cbc(keyword, key, iv).decrypt(ciphertext),
  sealAead: (key, aad, plaintext) => aead(key, aad).encrypt(plaintext),
  openAead: (key, aad, sealed) => {
    const cipher = aead(key, aad);
    try {
      return cipher.decrypt(sealed);
    } catch {
      return undefined;
    }
  },
  publicValue: (method, scalar) => KEY_EXCHANGE_KINDS[keyExchangeMethod(method).kind].publicValue(method, scalar),
  sharedSecret: (method, scalar, peerPublic) =>
    KEY_EXCHANGE_KINDS[keyExchangeMethod(method).kind].sharedSecret(method, scalar, peerPublic),
  encapsulate: (method, randomness, peerPublic) => {
    const { cipherText, sharedSecret } = mlKem(method).encapsulate(peerPublic, randomness);
    return { ciphertext: cipherText.slice(), secret: sharedSecret.slice() };
  },
};

function hashFunction(name: HashName) {
  if (name === 'md5' || name === 'sha1') return legacyHashLibrary()[name];
  return hashLibrary()[name];
}

function cbc(keyword: string, key: Uint8Array, iv: Uint8Array) {
  if (keyword === '3des') throw new RangeError('no portable 3DES');
  return aesLibrary().cbc(key, iv, { disablePadding: true });
}

/** Both have tags of 16 bytes and no other. */
function aead({ keyword, key, nonce }: AeadKey, aad: Uint8Array) {
  if (keyword === 'chacha20poly1305') return chachaLibrary().chacha20poly1305(key, nonce, aad);
  return aesLibrary().gcm(key, nonce, aad);
}

type KeyExchangeKind = Pick<Provider, 'publicValue' | 'sharedSecret'>;

const KEY_EXCHANGE_KINDS: Readonly<Record<KeyExchangeMethod['kind'], KeyExchangeKind>> = {
  modp: {
    publicValue: (method, scalar) => modpPower(method, modpGroup(method).generator, scalar),
    sharedSecret: (method, scalar, peerPublic) => modpPower(method, peerPublic, scalar),
  },
  ecp: {
    publicValue: (method, scalar) => nistCurve(method).getPublicKey(scalar, false).slice(1),
    // A compressed point is a sign octet and x; x is the secret (RFC 5903 §7).
    sharedSecret: (method, scalar, peerPublic) =>
      nistCurve(method).getSharedSecret(scalar, uncompressedPoint(peerPublic), true).slice(1),
  },
  montgomery: {
    publicValue: (_method, scalar) => curve25519Library().x25519.getPublicKey(scalar),
    sharedSecret: (_method, scalar, peerPublic) => curve25519Library().x25519.getSharedSecret(scalar, peerPublic),
  },
  kem: {
    publicValue: (method, seed) => {
      const { publicKey, secretKey } = mlKem(method).keygen(seed);
      secretKey.fill(0);
      return publicKey.slice();
    },
    sharedSecret: (method, seed, ciphertext) => {
      const { secretKey } = mlKem(method).keygen(seed);
      const secret = mlKem(method).decapsulate(ciphertext, secretKey).slice();
      secretKey.fill(0);
      return secret;
    },
  },
};

function modpPower(method: KeyExchangeKeyword, base: Uint8Array, exponent: Uint8Array): Uint8Array {
  const { prime } = modpGroup(method);
  const { modPow } = bigIntegerLibrary();
  return integerToBytes(modPow(bytesToInteger(base), bytesToInteger(exponent), bytesToInteger(prime)), prime.length);
}

function nistCurve(method: KeyExchangeKeyword) {
  const { p256, p384, p521 } = nistCurveLibrary();
  if (method === 'ecp256') return p256;
  return method === 'ecp384' ? p384 : p521;
}

function mlKem(method: KeyExchangeKeyword) {
  const { ml_kem512, ml_kem768, ml_kem1024 } = mlKemLibrary();
  if (method === 'mlkem512') return ml_kem512;
  return method === 'mlkem768' ? ml_kem768 : ml_kem1024;
}

function uncompressedPoint(value: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(4), value);
}
