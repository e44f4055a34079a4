import { describe, expect, it } from 'vitest';
import { parseIdentity } from './identity.ts';
import { formatExpected, formatPattern, isExpected, parseIdentityPattern } from './identity-pattern.ts';

function pattern(text: string) {
  const parsed = parseIdentityPattern(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

function matches(text: string, identity: string): boolean {
  return isExpected({ pattern: pattern(text) }, parseIdentity(identity) ?? { type: 'keyid', bytes: new Uint8Array() });
}

describe('a pattern of identities', () => {
  it.each([
    ['*@example.org', 'carol@example.org', true],
    ['*@example.org', 'CAROL@Example.ORG', true],
    ['*@example.org', 'carol@sub.example.org', false],
    ['*@example.org', 'carol@example.org.evil.net', false],
    ['*@example.org', 'fqdn:carol@example.org', false],
    ['*.example.org', 'moon.example.org', true],
    ['*.example.org', 'a.b.example.org', true],
    ['*.example.org', 'example.org', false],
    ['*.example.org', 'moonexample.org', false],
    ['*.example.org', '10.0.0.1', false],
    ['fqdn:*@example.org', 'fqdn:carol@example.org', true],
    ['@@*', 'anybody@all', true],
    ['@*', 'keyid:moon', false],
  ])('%s, %s: %s', (text, identity, expected) => {
    expect(matches(text, identity)).toBe(expected);
  });

  it.each(['carol@*', '*@*', 'c*@example.org', 'example.org', '@#*0a', '10.0.0.*', 'keyid:*x', '', '* @x.org'])(
    '%j is none',
    (text) => {
      expect(parseIdentityPattern(text)).toBeUndefined();
    },
  );

  it('is shown as it can be written', () => {
    for (const text of ['*@example.org', '*.example.org', 'fqdn:*@x', 'rfc822:*.x', '@*-7', 'email:*'])
      expect(parseIdentityPattern(formatPattern(pattern(text)))).toEqual(pattern(text));
    expect(formatExpected({ pattern: pattern('@*.example.org') })).toBe('*.example.org');
    expect([formatExpected({}), formatExpected({ identity: { type: 'fqdn', name: 'x' } })]).toEqual(['any', 'x']);
  });
});
