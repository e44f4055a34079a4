import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { concatBytes, fromHex } from '../base/bytes.ts';
import { subjectPublicKey } from './der.ts';
import type { Provider } from './provider.ts';

/**
 * X25519 with scalars of our own. Keys go in and out as JWK (RFC 8037 §2), whose bytes OpenSSL takes as they are: to read
 * one key in DER takes OpenSSL 3.0 ten times as long as the whole exchange. A JWK of a private key names the public one
 * beside it, which we do not know yet. Node 20 to 24 do not look at it; where one does, DER is right as ever.
 */
export const nodeX25519: Required<Pick<Provider, 'publicValue' | 'sharedSecret' | 'exchange'>> = {
  publicValue: (_method, scalar) => publicValueOf(privateKeyOf(scalar)),
  sharedSecret: (_method, scalar, peerPublic) => secretOf(privateKeyOf(scalar), peerPublic),
  exchange: (_method, scalar, peerPublic) => {
    const privateKey = privateKeyOf(scalar);
    return { publicValue: publicValueOf(privateKey), sharedSecret: secretOf(privateKey, peerPublic) };
  },
};

function publicValueOf(privateKey: KeyObject): Uint8Array {
  const publicKey = createPublicKey(privateKey);
  const { x } = publicKey.export({ format: 'jwk' });
  if (x === undefined) return Uint8Array.from(subjectPublicKey(publicKey.export({ format: 'der', type: 'spki' })));
  return Uint8Array.from(Buffer.from(x, 'base64url'));
}

function secretOf(privateKey: KeyObject, peerPublic: Uint8Array): Uint8Array {
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: base64Of(peerPublic) }, format: 'jwk' });
  return Uint8Array.from(diffieHellman({ privateKey, publicKey }));
}

function privateKeyOf(scalar: Uint8Array): KeyObject {
  try {
    const key = { kty: 'OKP', crv: 'X25519', d: base64Of(scalar), x: '' };
    return createPrivateKey({ key, format: 'jwk' });
  } catch {
    return createPrivateKey({ key: Buffer.from(concatBytes(PKCS8, scalar)), format: 'der', type: 'pkcs8' });
  }
}

// RFC 8410 §7: the encoding up to the 32 bytes of the key.
const PKCS8 = fromHex('302e020100300506032b656e04220420');

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
