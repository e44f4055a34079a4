import { z } from 'zod';
import { HOUR, MINUTE, SECOND } from '../base/time.ts';
import type { KeyExchangeKeyword } from '../crypto/algorithms.ts';
import { DIFFIE_HELLMAN, ENCRYPTION, INTEGRITY } from '../crypto/algorithms.ts';
import type { ProposalWord } from '../sa/proposal-keyword.ts';
import { proposalWord } from '../sa/proposal-keyword.ts';
import { attributeShape, shuntAttributeShape } from './attribute-schema.ts';
import {
  addressRange,
  amount,
  duration,
  durationOrOff,
  flag,
  freeText,
  identity,
  identityPattern,
  integer,
  notOneOf,
  oneOf,
  ownAddress,
  peerAddress,
  peerIdentity,
  prefix,
  Refusal,
  scalar,
  segment,
  shorten,
  text,
} from './scalars.ts';
import { section } from './section.ts';

/** A mapping from names to what they name; one that is written without contents is empty. */
function named<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (value === '' || value === null ? {} : value), z.record(z.string(), schema));
}

const algorithm = <Type extends 'encryption' | 'integrity'>(type: Type, words: readonly string[]) =>
  scalar((value) => {
    const word = proposalWord(value);
    type Keyword = Extract<ProposalWord, { type: Type }>['keyword'];
    return word?.type === type ? (word.keyword as Keyword) : notOneOf(value, words);
  });

const encryption = algorithm(
  'encryption',
  ENCRYPTION.map((row) => row.keyword),
);
const authentication = algorithm(
  'integrity',
  INTEGRITY.map((row) => row.keyword),
);

const GROUPS: ReadonlyMap<string, KeyExchangeKeyword> = new Map(
  DIFFIE_HELLMAN.map((row) => [String(row.group), row.keyword]),
);

/** A number of the IANA registry; a keyword is answered with its number. */
function group(value: string, more: readonly string[] = []) {
  const word = proposalWord(value);
  const meant = [...GROUPS].find(([, keyword]) => word?.type === 'keyExchange' && keyword === word.keyword)?.[0];
  return GROUPS.get(value) ?? notOneOf(value, [...GROUPS.keys(), ...more], meant);
}

const dhGroup = scalar((value) => group(value));
const pfs = scalar((value) => {
  if (value === 'none') return value;
  return OFF.has(value) ? notOneOf(value, [...GROUPS.keys(), 'none'], 'none') : group(value, ['none']);
});
const OFF: ReadonlySet<string> = new Set(['off', 'no', 'false', 'disable', 'disabled', '0']);

/** Parsed later: what a word may be depends on the protocol. */
const proposals = z.array(text()).min(1).max(100);

// The limits of 1 h and 24 h are a rule of their own, because `limits` may lift them.
const lifetime = duration(SECOND, 365 * 24 * HOUR);

/** A random part of it comes off the time of a rekeying. */
const spread = duration(0, 365 * 24 * HOUR);

const labels = z.record(z.string(), freeText());

/** A peer is told all of them, and not every one takes more. */
const MAX_ADDRESSES = 8;

const MAX_RANGES = 100;

const gateway = section({
  address: z.union([ownAddress().transform((address) => [address]), z.array(ownAddress()).min(1).max(MAX_ADDRESSES)]),
  publicAddress: ownAddress().optional(),
  vpc: z.array(prefix()).min(1).optional(),
  labels: labels.optional(),
  remarks: freeText().optional(),
});

/** Devices that know one pair of segments for each Child SA, in IKEv2 too. */
const peerProfile = oneOf({ cisco: 'cisco', fortigate: 'fortigate', paloalto: 'paloalto' } as const, {
  asa: 'cisco',
  fortinet: 'fortigate',
  'palo-alto': 'paloalto',
});

const peer = section({
  address: z.union([peerAddress().transform((address) => [address]), z.array(peerAddress()).min(1).max(MAX_ADDRESSES)]),
  within: z.array(addressRange()).min(1).max(MAX_RANGES).optional(),
  profile: peerProfile.optional(),
  labels: labels.optional(),
  remarks: freeText().optional(),
});

const subnets = z.array(segment()).min(1);
const localSide = section({ id: identity().optional(), subnets });
const remoteSide = section({
  id: peerIdentity().optional(),
  pattern: identityPattern().optional(),
  limit: integer(1, 50_000).optional(),
  subnets,
});

const psk = z.union([
  z.string(),
  section(
    { file: text().optional(), credential: text().optional(), env: text().optional() },
    '; a key that starts with { must be quoted',
  ),
]);

/** RFC 8784 §5.1 recommends the letters of base64 for what is sent over the wire. */
const ppkId = scalar((value) =>
  /^[\x21-\x7e]{1,128}$/.test(value)
    ? value
    : new Refusal(`"${shorten(value)}" is no name of a key; write 1 to 128 printable ASCII characters without blanks`),
);

/** Table 255 is `local`, which the kernel fills; 0 names none. */
const routePlace = section({
  table: integer(1, 0xffff_ffff)
    .refine((table) => table !== LOCAL_TABLE, 'table 255 belongs to the kernel (local); choose another one')
    .optional(),
  metric: integer(1, 0xffff_ffff).optional(),
});
const LOCAL_TABLE = 255;

const tunnel = section({
  enabled: flag().optional(),
  gateway: text(),
  peer: text(),
  local: localSide,
  remote: remoteSide,
  psk: psk.optional(),
  keys: z
    .array(section({ id: identity(), psk }))
    .min(1)
    .max(10_000)
    .optional(),
  ppk: section({ id: ppkId, secret: psk, required: flag().optional() }).optional(),
  overlap: flag().optional(),
  start: oneOf({ initiate: 'initiate', respond: 'respond', 'on-traffic': 'on-traffic' } as const).optional(),
  ike: section({
    version: oneOf({ 1: 1, 2: 2 } as const, { ikev1: '1', ikev2: '2' }).optional(),
    mode: oneOf({ main: 'main', aggressive: 'aggressive' } as const).optional(),
    encryption: encryption.optional(),
    authentication: authentication.optional(),
    dhGroup: dhGroup.optional(),
    proposals: proposals.optional(),
    lifetime: lifetime.optional(),
    rekey: lifetime.optional(),
    rekeySpread: spread.optional(),
    unique: oneOf({ replace: 'replace', keep: 'keep' } as const).optional(),
    reauthenticate: flag().optional(),
    childless: flag().optional(),
    mobike: flag().optional(),
  }).optional(),
  ipsec: section({
    protocol: oneOf({ esp: 'esp', ah: 'ah' } as const).optional(),
    mode: oneOf({ tunnel: 'tunnel', transport: 'transport' } as const).optional(),
    ...attributeShape,
    inactivity: duration(10 * SECOND, 7 * 24 * HOUR).optional(),
    encapsulation: oneOf({ auto: 'auto', udp: 'udp' } as const).optional(),
    encryption: encryption.optional(),
    authentication: authentication.optional(),
    pfs: pfs.optional(),
    proposals: proposals.optional(),
    lifetime: lifetime.optional(),
    rekey: durationOrOff(SECOND, 365 * 24 * HOUR).optional(),
    rekeySpread: spread.optional(),
    rekeyBytesSpread: amount(0, 1e15).optional(),
    rekeyPacketsSpread: amount(0, 1e12).optional(),
    lifetimeBytes: amount(1_000_000, 1e15).optional(),
    lifetimePackets: amount(1000, 1e12).optional(),
    rekeyBytes: amount(500_000, 1e15).optional(),
    rekeyPackets: amount(500, 1e12).optional(),
  }).optional(),
  closeAction: oneOf({ hold: 'hold', clear: 'clear', restart: 'restart' } as const).optional(),
  dpd: section({
    delay: durationOrOff(SECOND, HOUR).optional(),
    timeout: duration(SECOND, 24 * HOUR).optional(),
    action: oneOf({ hold: 'hold', clear: 'clear', restart: 'restart' } as const).optional(),
  }).optional(),
  retry: section({
    attempts: integer(1, 100).optional(),
    interval: duration(SECOND, 60 * MINUTE).optional(),
    giveUp: duration(10 * SECOND, 7 * 24 * HOUR).optional(),
  }).optional(),
  routes: z.union([flag(), routePlace]).optional(),
  blockClearText: flag().optional(),
  updown: z.array(text()).min(1).max(100).optional(),
  labels: labels.optional(),
  remarks: freeText().optional(),
});

const shunt = section({
  action: oneOf({ bypass: 'bypass', block: 'block' } as const, { pass: 'bypass', drop: 'block' }),
  local: z.array(segment()).min(1),
  remote: z.array(segment()).min(1),
  precedence: oneOf({ first: 'first', last: 'last' } as const).optional(),
  ...shuntAttributeShape,
  labels: labels.optional(),
  remarks: freeText().optional(),
});

/** What is told to programs and to other machines. */
const HOOK_EVENTS = {
  reachable: 'reachable',
  withdrawn: 'withdrawn',
  connected: 'connected',
  disconnected: 'disconnected',
  failed: 'failed',
} as const;

const hook = section({
  on: z.array(oneOf(HOOK_EVENTS)).min(1).max(10).optional(),
  run: z.array(text()).min(1).max(100).optional(),
  url: text().optional(),
  secret: psk.optional(),
  timeout: duration(SECOND, 5 * MINUTE).optional(),
});

const socketPath = scalar((value) =>
  /^\/[\x21-\x7e]{1,100}$/.test(value)
    ? value
    : new Refusal(`"${shorten(value)}" is no path of a socket; write an absolute one, such as /run/cygnet/vici.sock`),
);

/** One entry of each section. */
export const ENTRY_SCHEMAS = { gateways: gateway, peers: peer, shunts: shunt, tunnels: tunnel } as const;

/** One file. Which keys an included file may have is a rule of its own. */
export const fileSchema = section({
  version: oneOf({ 1: 1 } as const).optional(),
  include: z.array(text()).optional(),
  dataplane: oneOf({ auto: 'auto', kernel: 'kernel', userspace: 'userspace' } as const).optional(),
  profile: oneOf({ modern: 'modern' } as const).optional(),
  limits: section({
    lifetime: oneOf({ on: true, off: false } as const, { none: 'off', false: 'off' }).optional(),
  }).optional(),
  hooks: z.array(hook).max(20).optional(),
  vici: section({ socket: socketPath }).optional(),
  gateways: named(gateway).optional(),
  peers: named(peer).optional(),
  shunts: named(shunt).optional(),
  tunnels: named(tunnel).optional(),
});

export type RawFile = z.infer<typeof fileSchema>;
export type RawGateway = z.infer<typeof gateway>;
export type RawHook = z.infer<typeof hook>;
export type RawPeer = z.infer<typeof peer>;
export type RawShunt = z.infer<typeof shunt>;
export type RawTunnel = z.infer<typeof tunnel>;
