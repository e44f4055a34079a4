import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../base/bytes.ts';
import { Secret } from '../../base/secret.ts';
import { pskAuth } from './auth.ts';

const hmac = (key: Uint8Array, data: Uint8Array) => Uint8Array.from(createHmac('sha256', key).update(data).digest());

describe('pre-shared key AUTH (RFC 7296 §2.15)', () => {
  const input = {
    prf: 'prfsha256',
    psk: new Secret(utf8('test.1231')),
    message: utf8('the whole IKE_SA_INIT message'),
    peerNonce: new Uint8Array(32).fill(3),
    skP: new Uint8Array(32).fill(4),
    idBody: utf8('\u0002\0\0\0moon'),
  } as const;

  it('is the formula of the RFC', () => {
    const octets = concatBytes(input.message, input.peerNonce, hmac(input.skP, input.idBody));
    expect(pskAuth(input)).toEqual(hmac(hmac(utf8('test.1231'), utf8('Key Pad for IKEv2')), octets));
  });

  it('ends with what covers IKE_INTERMEDIATE, where there was one (RFC 9242 §3.3.2)', () => {
    const intAuth = utf8('IntAuth_iN | IntAuth_rN | IKE_AUTH_MID');
    const octets = concatBytes(input.message, input.peerNonce, hmac(input.skP, input.idBody), intAuth);
    expect(pskAuth({ ...input, intAuth })).toEqual(hmac(hmac(utf8('test.1231'), utf8('Key Pad for IKEv2')), octets));
  });

  it('A8, I5: depends on the exact message, nonce, identity (RESERVED included), key and SK_p', () => {
    const variants = [
      { ...input, psk: new Secret(utf8('test.1232')) },
      { ...input, message: utf8('the whole IKE_SA_INIT massage') },
      { ...input, peerNonce: new Uint8Array(32).fill(5) },
      { ...input, skP: new Uint8Array(32).fill(5) },
      { ...input, idBody: utf8('\u0002\0\0\u0001moon') },
      { ...input, intAuth: Uint8Array.of(0) },
    ];
    const values = [input, ...variants].map((variant) => pskAuth(variant).join());
    expect(new Set(values).size).toBe(values.length);
  });
});
