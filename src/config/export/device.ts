import type { Identity } from '../../sa/identity.ts';
import { formatIdentity } from '../../sa/identity.ts';
import type { KeyText } from './key-text.ts';
import type { Rendered } from './rendered.ts';
import { whereTrue } from './rendered.ts';
import type { DeviceSuite, Words } from './suite.ts';
import { chooseSuite, offeredText } from './suite.ts';
import type { EndView, TunnelView } from './tunnel-view.ts';
import { addressText, hasIpv6, segmentPairs } from './tunnel-view.ts';

/** What a device can do, as far as a tunnel can ask for it. */
export type Device = {
  /** As in "Azure has no aggressive mode". */
  readonly name: string;
  readonly ike: Words;
  readonly child: Words;
  readonly versions: readonly TunnelView['version'][];
  readonly aggressive: boolean;
  readonly ah: boolean;
  readonly ipv6: boolean;
  /** Whether it can do without PFS. */
  readonly withoutPfs: boolean;
  readonly identities: readonly Identity['type'][];
  /** Whether a KEY_ID may be of bytes that are no text. */
  readonly bytes?: true;
  /** Whether it can only be who its address says. */
  readonly identityIsAddress: boolean;
  /** Seconds, from and to. */
  readonly ikeLifetime: readonly [number, number];
  readonly childLifetime: readonly [number, number];
  /** The keys that it takes as text, and whether it takes them in hexadecimal, too. */
  readonly keys: { readonly text: RegExp; readonly hex: boolean };
  /** The value of `peers.<name>.profile` that goes with it. */
  readonly profile?: 'cisco' | 'fortigate' | 'paloalto';
  /** Where it has one pair of segments for a whole tunnel. */
  readonly onePair?: true;
};

/** A tunnel in the words of a device, and what does not fit. */
export type Fitted = {
  readonly ike: DeviceSuite;
  readonly child: DeviceSuite;
  readonly ikeLifetime: number;
  readonly childLifetime: number;
  readonly pairs: readonly { readonly local: string; readonly remote: string }[];
  /** The key as text, without quotes or prefix. */
  readonly psk: string;
  readonly obstacles: readonly string[];
  readonly notes: readonly string[];
};

export function fit(view: TunnelView, device: Device, psk: KeyText): Fitted {
  const ike = chooseSuite(view.ikeProposals, device.ike);
  const child = chooseSuite(view.childProposals, device.child);
  const ikeLifetime = within(view.ikeLifetime, device.ikeLifetime);
  const childLifetime = within(view.childLifetime, device.childLifetime);
  return {
    ike,
    child,
    ikeLifetime,
    childLifetime,
    pairs: segmentPairs(view),
    psk: psk.text,
    obstacles: [
      ...suiteObstacles(device, view, { ike, child }),
      ...obstaclesOf(view, device),
      ...identityObstacles(view, device),
      ...keyObstacles(device, psk),
    ],
    notes: [
      ...suiteNotes({ ike, child }),
      ...lifetimeNotes('stage 1', view.ikeLifetime, ikeLifetime, device),
      ...lifetimeNotes('stage 2', view.childLifetime, childLifetime, device),
      ...notesOf(view, device),
    ],
  };
}

/** What a format makes of it. */
export function renderedOf(fitted: Fitted, lines: readonly string[], notes: readonly string[] = []): Rendered {
  const unknown = lines.some((line) => line.includes(OWN_ADDRESS));
  const own = whereTrue([
    unknown,
    `Cygnet does not know the address of this device: write it where ${OWN_ADDRESS} stands`,
  ]);
  return { obstacles: fitted.obstacles, notes: [...notes, ...fitted.notes, ...own], lines };
}

const OWN_ADDRESS = '<own address>';

function within(value: number, [min, max]: readonly [number, number]): number {
  return Math.min(max, Math.max(min, value));
}

type Suites = { readonly ike: DeviceSuite; readonly child: DeviceSuite };

function suiteObstacles({ name }: Device, view: TunnelView, { ike, child }: Suites): string[] {
  const rows = [
    ['stage 1', 'ike', ike, view.ikeProposals],
    ['stage 2', 'ipsec', child, view.childProposals],
  ] as const;
  return rows.flatMap(([stage, section, suite, offered]) =>
    suite.chosen === undefined
      ? [
          `${name} cannot do ${suite.lacking.join(', ')} in ${stage}, and the tunnel offers ${offeredText(offered)}; change ${section} of the tunnel to what both can do`,
        ]
      : [],
  );
}

function suiteNotes({ ike, child }: Suites): string[] {
  const chosen = [ike.chosen, child.chosen];
  return chosen.includes(undefined) ? [] : [`stage 1 is ${ike.chosen}, stage 2 is ${child.chosen}`];
}

function obstaclesOf(view: TunnelView, device: Device): string[] {
  const { name } = device;
  const pfs = view.childProposals.some(({ keyExchange }) => keyExchange.length > 0);
  const aggressive = view.version === 1 && view.mode === 'aggressive';
  return whereTrue(
    [!device.versions.includes(view.version), `${name} has no IKEv${view.version}`],
    [aggressive && !device.aggressive, `${name} has no aggressive mode; set ike.mode: main, or ike.version: 2`],
    [view.protocol === 'ah' && !device.ah, `${name} has no AH; set ipsec.protocol: esp`],
    [!pfs && !device.withoutPfs, `${name} insists on PFS; set ipsec.pfs to a group`],
    [hasIpv6(view) && !device.ipv6, `IPv6 is not written for ${name}`],
    [
      device.onePair === true && segmentPairs(view).length > 1,
      `${name} has one pair of segments for a tunnel; this one has ${segmentPairs(view).length}`,
    ],
    [
      view.ppk?.required === true,
      `a post-quantum preshared key is not written for ${name}, and this tunnel requires one`,
    ],
  );
}

function notesOf(view: TunnelView, { name, profile }: Device): string[] {
  const several = view.version === 2 && segmentPairs(view).length > 1;
  return whereTrue(
    [
      view.ppk?.required === false,
      `the post-quantum preshared key is not written for ${name}; the tunnel does without`,
    ],
    [
      several && profile !== undefined && !view.singlePairs,
      `${name} takes one pair of segments for each Child SA; tell Cygnet so with profile: ${profile} of the peer`,
    ],
  );
}

function identityObstacles({ local, remote }: TunnelView, device: Device): string[] {
  const { name, identities, identityIsAddress } = device;
  const ends = [
    ['its own', 'remote.id', local],
    ["Cygnet's", 'local.id', remote],
  ] as const;
  return ends.flatMap(([whose, key, { address, identity }]) => {
    if (identity === undefined) return [];
    const text = formatIdentity(identity);
    const isAddress = address.kind === 'address' && 'address' in identity && identity.address === address.address;
    return whereTrue(
      [
        !identities.includes(identity.type) || (isOfBytes(identity) && device.bytes !== true),
        `${name} cannot have ${text} for ${whose} identity; change ${key} of the tunnel`,
      ],
      [
        'name' in identity && /[^\w.@:+-]/.test(identity.name),
        `${text} has characters that are syntax in this file; change ${key} of the tunnel`,
      ],
      [
        identityIsAddress && identities.includes(identity.type) && !isAddress,
        `${name} takes the address for ${whose} identity, and the tunnel says ${text}; change ${key} of the tunnel`,
      ],
    );
  });
}

/** A KEY_ID that is no text has no form on a command line. */
function isOfBytes(identity: Identity): boolean {
  return 'bytes' in identity && identity.bytes.some((byte) => byte <= 0x20 || byte >= 0x7f);
}

/** No sentence quotes the key. */
function keyObstacles({ name, keys }: Device, { kind, fits }: KeyText): string[] {
  return whereTrue(
    [kind === 'hex' && !keys.hex, `${name} takes no key in hexadecimal, and this one is no text; agree on another one`],
    [kind === 'text' && !fits(keys.text), `${name} does not take this pre-shared key: it allows ${keys.text.source}`],
  );
}

function lifetimeNotes(stage: string, wanted: number, given: number, { name }: Device): string[] {
  return whereTrue([
    wanted !== given,
    `${stage} lasts ${given} s here and ${wanted} s at Cygnet: ${name} has no other; the shorter one counts`,
  ]);
}

/** The address of this device, or a place for it. */
export function ownAddress(end: EndView): string {
  return addressText(end, OWN_ADDRESS);
}

/** What devices call the types of identities; the value without a type of ours in front. */
export function identityWords<Word>(
  identity: Identity | undefined,
  words: Readonly<Partial<Record<Identity['type'], Word>>>,
): { readonly word: Word; readonly value: string } | undefined {
  const word = identity === undefined ? undefined : words[identity.type];
  if (identity === undefined || word === undefined) return undefined;
  if ('address' in identity) return { word, value: identity.address };
  if ('name' in identity) return { word, value: identity.name };
  return { word, value: isOfBytes(identity) ? '<bytes>' : String.fromCharCode(...identity.bytes) };
}
