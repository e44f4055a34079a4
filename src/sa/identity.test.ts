import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, utf8 } from '../base/bytes.ts';
import type { Identity } from './identity.ts';
import { formatIdentity, parseIdentity, sameIdentity } from './identity.ts';

describe('parseIdentity', () => {
  const cases: readonly [string, Identity | undefined][] = [
    ['106.75.234.78', { type: 'ipv4', address: '106.75.234.78' }],
    ['2001:DB8:0::1', { type: 'ipv6', address: '2001:db8::1' }],
    ['ipv4:10.0.0.1', { type: 'ipv4', address: '10.0.0.1' }],
    ['ipv6:10.0.0.1', undefined],
    ['ipv4:name', undefined],
    ['vpn.example.com', { type: 'fqdn', name: 'vpn.example.com' }],
    ['@10.0.0.1', { type: 'fqdn', name: '10.0.0.1' }],
    ['fqdn:with/slash', { type: 'fqdn', name: 'with/slash' }],
    ['dns:a.b', { type: 'fqdn', name: 'a.b' }],
    ['user@example.com', { type: 'rfc822', name: 'user@example.com' }],
    ['@@user', { type: 'rfc822', name: 'user' }],
    ['email:u@e', { type: 'rfc822', name: 'u@e' }],
    ['@#0102ff', { type: 'keyid', bytes: fromHex('0102ff') }],
    ['keyid:#0A', { type: 'keyid', bytes: fromHex('0a') }],
    ['keyid:site-7', { type: 'keyid', bytes: utf8('site-7') }],
    ['@#012', undefined],
    ['keyid:#', undefined],
    ['keyid:', undefined],
    ['', undefined],
    ['@', undefined],
    ['10.0.0.300', undefined],
    ['10.0.0', undefined],
    ['%any', undefined],
    ['two words', undefined],
    ['name\n', undefined],
    ['C=CH, O=x', undefined],
    ['-leading.example', undefined],
    [`@${'a'.repeat(256)}`, undefined],
  ];
  it.each(cases)('%j', (text, expected) => {
    expect(parseIdentity(text)).toEqual(expected);
  });
});

describe('formatIdentity', () => {
  it('names the type where the plain text would be read as another one', () => {
    expect(formatIdentity({ type: 'fqdn', name: '10.0.0.1' })).toBe('fqdn:10.0.0.1');
    expect(formatIdentity({ type: 'rfc822', name: 'nobody' })).toBe('rfc822:nobody');
    expect(formatIdentity({ type: 'keyid', bytes: utf8('#12') })).toBe('keyid:#233132');
  });

  it('a name with control bytes becomes hexadecimal as a whole', () => {
    expect(formatIdentity({ type: 'fqdn', name: 'a\u001b[31m' })).toBe('fqdn:#611b5b33316d');
    expect(formatIdentity({ type: 'other', idType: 9, bytes: fromHex('3000') })).toBe('{9}:#3000');
  });

  it('whatever a peer sends stays one printable line of at most 256 characters', () => {
    const identity: fc.Arbitrary<Identity> = fc.oneof(
      fc.record({ type: fc.constantFrom('fqdn', 'rfc822'), name: fc.string({ unit: 'binary', maxLength: 600 }) }),
      fc.record({ type: fc.constant('keyid'), bytes: fc.uint8Array({ maxLength: 600 }) }),
      fc.record({ type: fc.constant('other'), idType: fc.nat(255), bytes: fc.uint8Array({ maxLength: 600 }) }),
    );
    fc.assert(fc.property(identity, (id) => /^[\x21-\x7e]{1,256}$/.test(formatIdentity(id))));
  });

  it('is read back as the same identity', () => {
    const identity: fc.Arbitrary<Identity> = fc.oneof(
      fc.record({
        type: fc.constantFrom('fqdn', 'rfc822'),
        name: fc.stringMatching(/^[!-~]{1,200}$/),
      }),
      fc.record({ type: fc.constant('keyid'), bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }) }),
    );
    fc.assert(
      fc.property(identity, (id) => {
        const back = parseIdentity(formatIdentity(id));
        return back !== undefined && sameIdentity(back, id);
      }),
    );
  });
});

describe('sameIdentity', () => {
  it('ignores the case of ASCII letters in names, and of nothing else', () => {
    expect(sameIdentity({ type: 'fqdn', name: 'VPN.Example' }, { type: 'fqdn', name: 'vpn.example' })).toBe(true);
    expect(sameIdentity({ type: 'fqdn', name: '\u212a' }, { type: 'fqdn', name: 'k' })).toBe(false);
    expect(sameIdentity({ type: 'keyid', bytes: utf8('A') }, { type: 'keyid', bytes: utf8('a') })).toBe(false);
  });

  it('different types never match, whatever their text', () => {
    expect(sameIdentity({ type: 'fqdn', name: '10.0.0.1' }, { type: 'ipv4', address: '10.0.0.1' })).toBe(false);
    expect(sameIdentity({ type: 'fqdn', name: 'a@b' }, { type: 'rfc822', name: 'a@b' })).toBe(false);
    const bytes = utf8('x');
    expect(sameIdentity({ type: 'other', idType: 9, bytes }, { type: 'other', idType: 10, bytes })).toBe(false);
  });
});
