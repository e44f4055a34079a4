import type { CipherGCMTypes, ECDH } from 'node:crypto';
import { createCipheriv, createDecipheriv, createECDH, hash } from 'node:crypto';
import { concatBytes } from '../base/bytes.ts';
import type { KeyExchangeKeyword, KeyExchangeMethod } from './algorithms.ts';
import { keyExchangeMethod } from './algorithms.ts';
import { ecpCurve } from './ecp-curves.ts';
import { hmacOfDigests, octetsOf } from './node-hmac.ts';
import { nodeModp } from './node-modp.ts';
import { nodeX25519 } from './node-x25519.ts';
import type { AeadKey, CbcKey, Provider } from './provider.ts';

/**
 * The primitives by OpenSSL. Answers are in memory of their own, so that nothing shares it with Node's pool. Digests come
 * as text of one character for each octet: to make that costs less than a Buffer of its own.
 */
export const nodeProvider: Provider = {
  name: 'node',
  // Of several parts in one: to put a few octets together costs less than an object that takes them one by one.
  hash: (name, data) => octetsOf(hash(name, data.length === 1 && data[0] ? data[0] : concatBytes(...data), 'binary')),
  hmac: hmacOfDigests,
  encryptCbc: ({ node, key, iv }, plaintext) => transform(createCipheriv(node, key, iv), plaintext),
  decryptCbc: ({ node, key, iv }: CbcKey, ciphertext) => transform(createDecipheriv(node, key, iv), ciphertext),
  sealAead,
  openAead,
  publicValue: (method, scalar) => KEY_EXCHANGE_KINDS[keyExchangeMethod(method).kind].publicValue(method, scalar),
  sharedSecret: (method, scalar, peerPublic) =>
    KEY_EXCHANGE_KINDS[keyExchangeMethod(method).kind].sharedSecret(method, scalar, peerPublic),
  exchange: (method, scalar, peerPublic) =>
    KEY_EXCHANGE_KINDS[keyExchangeMethod(method).kind].exchange?.(method, scalar, peerPublic),
  encapsulate: noKem,
};

type CbcTransform = { setAutoPadding(on: boolean): unknown; update(data: Uint8Array): Buffer; final(): Buffer };

function transform(cipher: CbcTransform, text: Uint8Array): Uint8Array {
  cipher.setAutoPadding(false);
  // Whole blocks without padding: nothing is left for the end, which has to be called all the same.
  const transformed = cipher.update(text);
  cipher.final();
  return plainBytes(transformed);
}

/** The memory of a Buffer that is not of Node's pool. */
function plainBytes({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

function sealAead({ node, key, nonce, tagBytes }: AeadKey, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv(node as CipherGCMTypes, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(aad);
  const sealed = new Uint8Array(plaintext.length + tagBytes);
  sealed.set(cipher.update(plaintext));
  // A stream: nothing is left for the end.
  cipher.final();
  sealed.set(cipher.getAuthTag(), plaintext.length);
  return sealed;
}

function openAead(
  { node, key, nonce, tagBytes }: AeadKey,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const tagAt = sealed.length - tagBytes;
  const cipher = createDecipheriv(node as CipherGCMTypes, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(aad);
  cipher.setAuthTag(sealed.subarray(tagAt));
  const unverified = cipher.update(sealed.subarray(0, tagAt));
  try {
    cipher.final();
    return plainBytes(unverified);
  } catch {
    unverified.fill(0);
    return undefined;
  }
}

type KeyExchangeKind = Pick<Provider, 'publicValue' | 'sharedSecret' | 'exchange'>;

const KEY_EXCHANGE_KINDS: Readonly<Record<KeyExchangeMethod['kind'], KeyExchangeKind>> = {
  modp: nodeModp(),
  ecp: {
    publicValue: (method, scalar) => ecpPublicValue(ecdh(method, scalar)),
    sharedSecret: (method, scalar, peerPublic) => ecpSecret(ecdh(method, scalar), peerPublic),
    exchange: (method, scalar, peerPublic) => {
      const own = ecdh(method, scalar);
      return { publicValue: ecpPublicValue(own), sharedSecret: ecpSecret(own, peerPublic) };
    },
  },
  montgomery: nodeX25519,
  kem: { publicValue: noKem, sharedSecret: noKem },
};

/** Node has ML-KEM from 24 on, but takes no randomness of ours, without which no trace could be repeated. */
function noKem(): never {
  throw new RangeError('no ML-KEM with randomness of the caller in node:crypto');
}

/** Without the octet that says that the point is not compressed (RFC 5903 §7). */
function ecpPublicValue(own: ECDH): Uint8Array {
  return Uint8Array.from(own.getPublicKey().subarray(1));
}

function ecpSecret(own: ECDH, peerPublic: Uint8Array): Uint8Array {
  return Uint8Array.from(own.computeSecret(concatBytes(Uint8Array.of(4), peerPublic)));
}

function ecdh(method: KeyExchangeKeyword, scalar: Uint8Array): ECDH {
  const curve = createECDH(ecpCurve(method).node);
  curve.setPrivateKey(scalar);
  return curve;
}
