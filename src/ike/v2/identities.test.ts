import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { addressFromInteger } from '../../base/net.ts';
import type { Identity } from '../../sa/identity.ts';
import { identityFromPayload, identityToPayload } from './identities.ts';
import { decodeId, encodeId, idBody } from './wire/id.ts';

const name = fc.stringMatching(/^[!-~]{1,40}$/);

const identity: fc.Arbitrary<Identity> = fc.oneof(
  fc
    .bigInt({ min: 0n, max: 2n ** 32n - 1n })
    .map((value) => ({ type: 'ipv4' as const, address: addressFromInteger(value, 4) })),
  fc
    .bigInt({ min: 0n, max: 2n ** 128n - 1n })
    .map((value) => ({ type: 'ipv6' as const, address: addressFromInteger(value, 6) })),
  name.map((text) => ({ type: 'fqdn' as const, name: text })),
  name.map((text) => ({ type: 'rfc822' as const, name: text })),
  fc.uint8Array({ minLength: 1, maxLength: 64 }).map((bytes) => ({ type: 'keyid' as const, bytes })),
  fc.uint8Array({ minLength: 1, maxLength: 64 }).map((bytes) => ({ type: 'other' as const, idType: 9, bytes })),
);

const received = (idType: number, data: Uint8Array) => identityFromPayload(decodeId('IDi', idBody(idType, data)));

describe('identities on the wire (RFC 7296 §3.5)', () => {
  it('every identity comes back as it was', () => {
    fc.assert(
      fc.property(identity, (ours) => {
        const payload = identityToPayload('IDr', ours);
        expect(payload.body).toEqual(idBody(payload.idType, payload.data));
        expect(identityFromPayload(decodeId('IDr', encodeId(payload)))).toEqual(ours);
      }),
    );
  });

  it('has the numbers of the RFC', () => {
    const idType = (ours: Identity) => identityToPayload('IDi', ours).idType;
    expect(idType({ type: 'ipv4', address: '192.0.2.1' })).toBe(1);
    expect(idType({ type: 'fqdn', name: 'moon' })).toBe(2);
    expect(idType({ type: 'rfc822', name: 'a@b' })).toBe(3);
    expect(idType({ type: 'ipv6', address: '2001:db8::1' })).toBe(5);
    expect(idType({ type: 'keyid', bytes: utf8('x') })).toBe(11);
  });

  it('I3: a name that is no plain text stays bytes, and is no name', () => {
    const hostile = ['moon\0', 'moon\n', 'moon sun', '\u001b[31mmoon', 'mo\u202eon', '\ufeffmoon'].map(utf8);
    for (const data of [...hostile, Uint8Array.of(0xff, 0xfe), Uint8Array.of(0xc3)])
      for (const idType of [2, 3]) expect(received(idType, data)).toEqual({ type: 'other', idType, bytes: data });
  });

  it('I3: what a shell would read is text like any other', () => {
    expect(received(2, utf8('$(reboot)%n'))).toEqual({ type: 'fqdn', name: '$(reboot)%n' });
  });

  it('keeps no memory of the datagram', () => {
    const body = idBody(11, utf8('secret'));
    const kept = identityFromPayload(decodeId('IDi', body));
    body.fill(0);
    expect(kept).toEqual({ type: 'keyid', bytes: utf8('secret') });
  });
});
