import { z } from 'zod';
import type { AddressRange } from '../base/address-range.ts';
import { parseAddressRange } from '../base/address-range.ts';
import { nearestWord } from '../base/nearest.ts';
import { addressFamily, formatPrefix, parseAddress, parsePrefix, prefixRange } from '../base/net.ts';
import type { Duration } from '../base/time.ts';
import type { PeerAddress } from '../ike/common/policy.ts';
import type { Identity } from '../sa/identity.ts';
import { parseIdentity } from '../sa/identity.ts';
import { parseIdentityPattern } from '../sa/identity-pattern.ts';
import { parseSelector } from '../sa/traffic-selector.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { isUnknownHost, parseDynamic } from './dynamic-segments.ts';

/** A value that does not fit; the sentence is what the operator reads behind the key. */
export class Refusal {
  readonly sentence: string;

  constructor(sentence: string) {
    this.sentence = sentence;
  }
}

/** A schema for one scalar, which always arrives as the text that was written. */
export function scalar<Value>(read: (text: string) => Value | Refusal) {
  return z.string().transform((text, ctx): Value => {
    const value = text === '' ? new Refusal('has no value') : read(text);
    if (!(value instanceof Refusal)) return value;
    ctx.addIssue({ code: 'custom', message: value.sentence, input: text });
    return z.NEVER;
  });
}

/** One of a few words, each standing for a value. `slips` maps what people also write to the word that they mean. */
export function oneOf<Value>(words: Readonly<Record<string, Value>>, slips: Readonly<Record<string, string>> = {}) {
  return scalar((text): Value | Refusal => {
    const value = Object.hasOwn(words, text) ? words[text] : undefined;
    return value === undefined ? notOneOf(text, Object.keys(words), slips[text]) : value;
  });
}

export function notOneOf(text: string, words: readonly string[], meant?: string): Refusal {
  // Of numbers, the nearest by spelling says nothing.
  const nearest = meant ?? (/^\d+$/.test(text) ? undefined : nearestWord(text, words));
  const question = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return new Refusal(`"${shorten(text)}" is not one of ${words.join(', ')}${question}`);
}

export const flag = () =>
  oneOf({ true: true, false: false }, { yes: 'true', on: 'true', no: 'false', off: 'false', True: 'true' });

export const text = () => scalar((value) => value);

/** `labels` and `remarks`: a value may be empty. */
export const freeText = () => z.string();

export const integer = (min: number, max: number) =>
  scalar((value) => {
    const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max
      ? number
      : new Refusal(`"${shorten(value)}" is not a whole number from ${min} to ${max}`);
  });

/** A number of bytes or packets, in decimal multiples. */
export const amount = (min: number, max: number) =>
  scalar((value) => {
    const [, digits, unit = ''] = /^(\d{1,15})([kMGT]?)$/.exec(value) ?? [];
    const number = digits === undefined ? Number.NaN : Number(digits) * (MULTIPLES.get(unit) ?? Number.NaN);
    return number >= min && number <= max
      ? number
      : new Refusal(`"${shorten(value)}" is not a number from ${min} to ${max}, with k, M, G or T for multiples`);
  });

const MULTIPLES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
]);

export const duration = (min: Duration, max: Duration) => scalar((value) => durationWithin(value, min, max));

/** `off` is 0. */
export const durationOrOff = (min: Duration, max: Duration) =>
  scalar((value) => (value === 'off' ? 0 : durationWithin(value, min, max)));

function durationWithin(value: string, min: Duration, max: Duration): Duration | Refusal {
  const parsed = parseDuration(value);
  if (parsed === undefined)
    return new Refusal(`"${shorten(value)}" is not a duration; write a number and s, m, h or d, such as 8s or 24h`);
  return parsed >= min && parsed <= max
    ? parsed
    : new Refusal(`${value} is not within ${formatDuration(min)} and ${formatDuration(max)}`);
}

export const identity = () => scalar(identityOf);

function identityOf(value: string): Identity | Refusal {
  if (ANY_ADDRESSES.has(value)) return new Refusal(`${value} is no identity; write the one that is sent`);
  return (
    parseIdentity(value) ??
    new Refusal(
      `"${shorten(value)}" is no identity; write an IP address, a name such as vpn.example.com, user@example.com, @#hex or keyid:text`,
    )
  );
}

/** `any`: whatever the peer calls itself. */
export const peerIdentity = () =>
  scalar((value): Identity | 'any' | Refusal => (value === 'any' ? value : identityOf(value)));

export const identityPattern = () =>
  scalar(
    (value) =>
      parseIdentityPattern(value) ??
      new Refusal(
        `"${shorten(value)}" is no pattern of identities; write one such as "*@example.com" or "*.example.com"`,
      ),
  );

export const ownAddress = () =>
  scalar((value) => {
    if (ANY_ADDRESSES.has(value)) return new Refusal(`${value} is no address of this machine; write the one to use`);
    return parseAddress(value) ?? new Refusal(`"${shorten(value)}" is no IP address`);
  });

export const peerAddress = () =>
  scalar((value): PeerAddress | Refusal => {
    if (ANY_ADDRESSES.has(value)) return { kind: 'any' };
    const address = parseAddress(value);
    if (address !== undefined) return { kind: 'address', address };
    if (isDnsName(value)) return { kind: 'name', name: value };
    return new Refusal(
      `"${shorten(value)}" is neither an IP address nor a DNS name; for a peer of any address write 0.0.0.0`,
    );
  });

/** A prefix, a range of addresses, or one. */
export const addressRange = () =>
  scalar((value): AddressRange | Refusal => {
    const address = parseAddress(value);
    const range = address === undefined ? parseAddressRange(value) : { start: address, end: address };
    return range ?? new Refusal(`"${shorten(value)}" is no range; write 203.0.113.0/24 or 203.0.113.1-203.0.113.9`);
  });

export const prefix = () =>
  scalar((value) => {
    const parsed = parsePrefix(value);
    if (parsed !== undefined) return parsed;
    const network = networkOf(value);
    const question = network === undefined ? '; write it as in 10.0.0.0/16' : `; did you mean ${network}?`;
    return new Refusal(`"${shorten(value)}" is no subnet${question}`);
  });

/** A local or a peer segment: `dynamic` for the end itself, a subnet, an address or a range of addresses, of all traffic or of one protocol. */
export const segment = () =>
  scalar((value) => {
    const parsed = parseDynamic(value) ?? parseSelector(value);
    if (parsed !== undefined && isUnknownHost(parsed) && !value.startsWith('dynamic'))
      return new Refusal(`"${shorten(value)}" is nobody's address; for that of the end itself write dynamic`);
    if (parsed !== undefined) return parsed;
    const [addresses = '', ...upper] = value.split('[');
    const network = networkOf(addresses);
    if (network !== undefined && upper.length === 0)
      return new Refusal(`"${shorten(value)}" is no subnet; did you mean ${network}?`);
    if (upper.length > 0 && parseSelector(addresses) !== undefined)
      return new Refusal(
        `"${shorten(value)}" names no protocol and port; write it as in 10.0.0.0/16[tcp/80], [udp/5000-5100], [icmp/8], [gre] or [47]`,
      );
    return new Refusal(`"${shorten(value)}" is no subnet; write it as in 10.0.0.0/16`);
  });

const ANY_ADDRESSES: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** The subnet that an address with host bits, such as 10.0.0.1/16, lies in. */
function networkOf(value: string): string | undefined {
  const [addressText = '', lengthText = ''] = value.split('/');
  const address = parseAddress(addressText);
  if (address === undefined || !/^\d{1,3}$/.test(lengthText)) return undefined;
  const length = Number(lengthText);
  if (length > (addressFamily(address) === 4 ? 32 : 128)) return undefined;
  return formatPrefix({ address: prefixRange({ address, length }).start, length });
}

/** RFC 1123 §2.1; a last label of digits would be a mistyped address. */
function isDnsName(value: string): boolean {
  const labels = value.replace(/\.$/, '').split('.');
  const wellFormed = labels.every((label) => /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/.test(label));
  return value.length <= 253 && wellFormed && !/^\d+$/.test(labels.at(-1) ?? '');
}

export function shorten(value: string): string {
  return value.length <= 60 ? value : `${value.slice(0, 57)}...`;
}
