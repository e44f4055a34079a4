import type { CipherGCMTypes, KeyObject } from 'node:crypto';
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
} from 'node:crypto';
import { concatBytes, fromHex } from '../base/bytes.ts';
import type { KeyExchangeKeyword, KeyExchangeMethod } from './algorithms.ts';
import { keyExchangeMethod } from './algorithms.ts';
import { subjectPublicKey } from './der.ts';
import { ecpCurve } from './ecp-curves.ts';
import { nodeModp } from './node-modp.ts';
import type { AeadKey, CbcKey, Provider } from './provider.ts';

/** The primitives by OpenSSL. Answers are copied out of Buffers, so that nothing shares memory with Node's pool. */
export const nodeProvider: Provider = {
  name: 'node',
  hash: (name, data) => {
    const digest = createHash(name);
    for (const part of data) digest.update(part);
    return new Uint8Array(digest.digest());
  },
  hmac: (name, key, data) => {
    const mac = createHmac(name, key);
    for (const part of data) mac.update(part);
    return new Uint8Array(mac.digest());
  },
  encryptCbc: ({ node, key, iv }, plaintext) => transform(createCipheriv(node, key, iv), plaintext),
  decryptCbc: ({ node, key, iv }: CbcKey, ciphertext) => transform(createDecipheriv(node, key, iv), ciphertext),
  sealAead,
  openAead,
  publicValue: (method, scalar) => KEY_EXCHANGE_KINDS[keyExchangeMethod(method).kind].publicValue(method, scalar),
  sharedSecret: (method, scalar, peerPublic) =>
    KEY_EXCHANGE_KINDS[keyExchangeMethod(method).kind].sharedSecret(method, scalar, peerPublic),
  encapsulate: noKem,
};

type CbcTransform = { setAutoPadding(on: boolean): unknown; update(data: Uint8Array): Buffer; final(): Buffer };

function transform(cipher: CbcTransform, text: Uint8Array): Uint8Array {
  cipher.setAutoPadding(false);
  return concatBytes(cipher.update(text), cipher.final());
}

function sealAead({ node, key, nonce, tagBytes }: AeadKey, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv(node as CipherGCMTypes, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(aad);
  return concatBytes(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
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
    return concatBytes(unverified, cipher.final());
  } catch {
    unverified.fill(0);
    return undefined;
  }
}

type KeyExchangeKind = Pick<Provider, 'publicValue' | 'sharedSecret'>;

const KEY_EXCHANGE_KINDS: Readonly<Record<KeyExchangeMethod['kind'], KeyExchangeKind>> = {
  modp: nodeModp(),
  ecp: {
    publicValue: (method, scalar) => Uint8Array.from(ecdh(method, scalar).getPublicKey().subarray(1)),
    sharedSecret: (method, scalar, peerPublic) =>
      Uint8Array.from(ecdh(method, scalar).computeSecret(concatBytes(Uint8Array.of(4), peerPublic))),
  },
  montgomery: {
    publicValue: (_method, scalar) => {
      const spki = createPublicKey(x25519PrivateKey(scalar)).export({ format: 'der', type: 'spki' });
      return Uint8Array.from(subjectPublicKey(spki));
    },
    sharedSecret: (_method, scalar, peerPublic) => {
      const privateKey = x25519PrivateKey(scalar);
      const publicKey = createPublicKey({ key: derOf(X25519_SPKI, peerPublic), format: 'der', type: 'spki' });
      return Uint8Array.from(diffieHellman({ privateKey, publicKey }));
    },
  },
  kem: { publicValue: noKem, sharedSecret: noKem },
};

/** Node has ML-KEM from 24 on, but takes no randomness of ours, without which no trace could be repeated. */
function noKem(): never {
  throw new RangeError('no ML-KEM with randomness of the caller in node:crypto');
}

function ecdh(method: KeyExchangeKeyword, scalar: Uint8Array) {
  const curve = createECDH(ecpCurve(method).node);
  curve.setPrivateKey(scalar);
  return curve;
}

// RFC 8410 §4 and §7: the encodings up to the 32 bytes of the key.
const X25519_SPKI = fromHex('302a300506032b656e032100');
const X25519_PKCS8 = fromHex('302e020100300506032b656e04220420');

function x25519PrivateKey(scalar: Uint8Array): KeyObject {
  return createPrivateKey({ key: derOf(X25519_PKCS8, scalar), format: 'der', type: 'pkcs8' });
}

function derOf(prefix: Uint8Array, key: Uint8Array): Buffer {
  return Buffer.from(concatBytes(prefix, key));
}
