import { equalBytes, fromHex, toHex, utf8 } from '../base/bytes.ts';
import type { IpAddress } from '../base/net.ts';
import { addressFamily, parseAddress } from '../base/net.ts';

/** An identity of RFC 7296 §3.5 / RFC 2407 §4.6.2; the ID types share their numbers between IKEv1 and IKEv2. */
export type Identity =
  | { readonly type: 'ipv4' | 'ipv6'; readonly address: IpAddress }
  | { readonly type: 'fqdn' | 'rfc822'; readonly name: string }
  | { readonly type: 'keyid'; readonly bytes: Uint8Array }
  /** A type that we do not use (DN, unknown numbers), kept so that it can be compared, hashed and shown. */
  | { readonly type: 'other'; readonly idType: number; readonly bytes: Uint8Array };

/**
 * The identity that an operator wrote, in the forms that strongSwan knows:
 *
 *     10.0.0.1, 2001:db8::1      address
 *     vpn.example.com, @name     FQDN
 *     user@example.com, @@name   RFC 822 address
 *     @#0102ff                   KEY_ID in hexadecimal
 *     keyid:text, keyid:#0102ff  KEY_ID; fqdn: dns: email: rfc822: ipv4: ipv6: force their type likewise
 *
 * Undefined where the text fits none of them. Names are printable ASCII without blanks, at most 255 characters.
 */
export function parseIdentity(text: string): Identity | undefined {
  const forced = /^([a-z0-9]+):(.*)$/.exec(text);
  const parse = FORCED_TYPES.get(forced?.[1] ?? '');
  if (parse !== undefined) return parse(forced?.[2] ?? '');
  if (text.startsWith('@#')) return keyId(text.slice(1));
  if (text.startsWith('@@')) return named('rfc822', text.slice(2));
  if (text.startsWith('@')) return named('fqdn', text.slice(1));
  const address = parseAddress(text);
  if (address !== undefined) return addressIdentity(address);
  if (text.includes('@')) return named('rfc822', text);
  return isHostName(text) ? named('fqdn', text) : undefined;
}

export function addressIdentity(address: IpAddress): Identity {
  return { type: addressFamily(address) === 4 ? 'ipv4' : 'ipv6', address };
}

/**
 * For people: the plain form where `parseIdentity` reads it back as the same identity, else with its type in front.
 * What a peer sent cannot break out of a line: bytes that are not printable ASCII turn the whole into hexadecimal,
 * and the result is cut to 256 characters.
 */
export function formatIdentity(identity: Identity): string {
  const text = fullText(identity);
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 3)}...`;
}

/**
 * Names are compared without regard to the case of ASCII letters (RFC 7296 §3.5 leaves it open; DNS and strongSwan
 * do the same), all else byte by byte. Identities of different types never match.
 */
export function sameIdentity(a: Identity, b: Identity): boolean {
  switch (a.type) {
    case 'ipv4':
    case 'ipv6':
      return b.type === a.type && a.address === b.address;
    case 'fqdn':
    case 'rfc822':
      return b.type === a.type && foldAscii(a.name) === foldAscii(b.name);
    case 'keyid':
      return b.type === 'keyid' && equalBytes(a.bytes, b.bytes);
    case 'other':
      return b.type === 'other' && a.idType === b.idType && equalBytes(a.bytes, b.bytes);
  }
}

/** The same for two identities that are the same, and for no others. */
export function identityKey(identity: Identity): string {
  switch (identity.type) {
    case 'ipv4':
    case 'ipv6':
      return `${identity.type} ${identity.address}`;
    case 'fqdn':
    case 'rfc822':
      return `${identity.type} ${foldAscii(identity.name)}`;
    case 'keyid':
      return `keyid ${toHex(identity.bytes)}`;
    case 'other':
      return `${identity.idType} ${toHex(identity.bytes)}`;
  }
}

const MAX_TEXT = 256;
const MAX_NAME = 255;

const FORCED_TYPES: ReadonlyMap<string, (rest: string) => Identity | undefined> = new Map([
  ['keyid', keyId],
  ['fqdn', (rest: string) => named('fqdn', rest)],
  ['dns', (rest: string) => named('fqdn', rest)],
  ['email', (rest: string) => named('rfc822', rest)],
  ['rfc822', (rest: string) => named('rfc822', rest)],
  ['ipv4', (rest: string) => addressOfType('ipv4', rest)],
  ['ipv6', (rest: string) => addressOfType('ipv6', rest)],
]);

function addressOfType(type: 'ipv4' | 'ipv6', text: string): Identity | undefined {
  const address = parseAddress(text);
  if (address === undefined) return undefined;
  const identity = addressIdentity(address);
  return identity.type === type ? identity : undefined;
}

function named(type: 'fqdn' | 'rfc822', name: string): Identity | undefined {
  return isPrintable(name) && name.length <= MAX_NAME ? { type, name } : undefined;
}

function keyId(text: string): Identity | undefined {
  if (!text.startsWith('#'))
    return isPrintable(text) && text.length <= MAX_NAME ? { type: 'keyid', bytes: utf8(text) } : undefined;
  const digits = text.slice(1);
  const wellFormed = /^([0-9a-fA-F]{2})+$/.test(digits) && digits.length <= 2 * MAX_NAME;
  return wellFormed ? { type: 'keyid', bytes: fromHex(digits) } : undefined;
}

/** All digits and dots is a mistyped address, not a name. */
function isHostName(text: string): boolean {
  return /^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?$/.test(text) && !/^[0-9.]+$/.test(text);
}

function isPrintable(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

function fullText(identity: Identity): string {
  switch (identity.type) {
    case 'ipv4':
    case 'ipv6':
      return identity.address;
    case 'fqdn':
    case 'rfc822':
      return nameText(identity, identity.name);
    case 'keyid': {
      const text = String.fromCharCode(...identity.bytes.subarray(0, MAX_TEXT));
      const readable = isPrintable(text) && !text.startsWith('#');
      return `keyid:${readable ? text : hexText(identity.bytes)}`;
    }
    case 'other':
      return `{${identity.idType}}:${hexText(identity.bytes)}`;
  }
}

function nameText(identity: Identity, name: string): string {
  if (!isPrintable(name)) return `${identity.type}:${hexText(utf8(name.slice(0, MAX_TEXT)))}`;
  const plain = name.length <= MAX_NAME ? parseIdentity(name) : undefined;
  return plain !== undefined && sameIdentity(plain, identity) ? name : `${identity.type}:${name}`;
}

function hexText(bytes: Uint8Array): string {
  return `#${toHex(bytes.subarray(0, MAX_TEXT))}`;
}

/** `toLowerCase` would also fold letters beyond ASCII, such as the Kelvin sign to k. */
export function foldAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
