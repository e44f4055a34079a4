import { foldAscii, formatIdentity, type Identity, parseIdentity, sameIdentity } from './identity.ts';

/** Identities of one type that end alike: `*@example.org`, `*.example.org`. */
export type IdentityPattern = { readonly type: 'fqdn' | 'rfc822'; readonly suffix: string };

/**
 * What an operator wrote, in the forms of `parseIdentity`, with one asterisk at the beginning of the name. Undefined where
 * it is no such pattern.
 */
export function parseIdentityPattern(text: string): IdentityPattern | undefined {
  if (text.split('*').length !== 2) return undefined;
  // What an asterisk stands for begins with some letter.
  const sample = parseIdentity(text.replace('*', 'x'));
  if (sample === undefined || !('name' in sample)) return undefined;
  const { type, name } = sample;
  return text.endsWith(`*${name.slice(1)}`) ? { type, suffix: name.slice(1) } : undefined;
}

/** Without regard to the case of ASCII letters, as single identities are compared. */
export function matchesPattern({ type, suffix }: IdentityPattern, identity: Identity): boolean {
  return identity.type === type && foldAscii(identity.name).endsWith(foldAscii(suffix));
}

/** What a tunnel expects its peer to be: one identity, any of a pattern, or anybody. */
export type Expected = { readonly identity?: Identity; readonly pattern?: IdentityPattern };

export function isExpected({ identity, pattern }: Expected, actual: Identity): boolean {
  if (identity !== undefined) return sameIdentity(identity, actual);
  return pattern === undefined || matchesPattern(pattern, actual);
}

/** For people; a pattern as `parseIdentityPattern` reads it. */
export function formatExpected({ identity, pattern }: Expected): string {
  if (identity !== undefined) return formatIdentity(identity);
  return pattern === undefined ? 'any' : formatPattern(pattern);
}

export function formatPattern({ type, suffix }: IdentityPattern): string {
  const plain = `*${suffix}`;
  return parseIdentityPattern(plain)?.type === type ? plain : `${type}:${plain}`;
}
