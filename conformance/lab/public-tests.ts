import { carries } from './presets.ts';
import type { Gateway, Scenario, Section, SideName, Step, SwanctlData, Topology } from './scenario.ts';

/**
 * Scenarios of strongSwan's public test suite, re-created as data of our own: what each end has in its swanctl.conf, and what
 * the description says that happens. Cygnet, loaded by swanctl, takes the place of one end at a time.
 */
export type PublicTest = {
  /** Its name in that suite. */
  readonly name: string;
  /** What it shows, of the end that is Cygnet: `Cygnet is ${end}: ${title}`. */
  readonly title: string;
  readonly rfc: readonly string[];
  readonly topology: Topology;
  readonly ends: { readonly [Side in SideName]?: End };
  /** The ends whose place Cygnet takes, a scenario for each. */
  readonly cygnet: readonly SideName[];
  readonly start?: readonly SideName[];
  readonly steps: (cygnet: SideName) => readonly Step[];
};

export type End = SwanctlData & {
  /** What that suite calls the machine. */
  readonly host: string;
  /** strongSwan's own settings where it is that. */
  readonly charon?: Section;
};

export function scenariosOf({
  name,
  title,
  rfc,
  topology,
  ends,
  cygnet,
  start,
  steps,
}: PublicTest): readonly Scenario[] {
  return cygnet.map((side) => {
    const gateway = (end: SideName): Gateway => gatewayOf(ends[end] as End, end === side);
    const host = ends[side]?.host;
    return {
      name: `${name}-${host}`,
      title: `Cygnet is ${host}: ${title}`,
      rfc,
      topology,
      a: gateway('a'),
      b: gateway('b'),
      ...(topology.c === undefined ? {} : { c: gateway('c') }),
      ...(start === undefined ? {} : { start }),
      steps: steps(side),
    };
  });
}

function gatewayOf(end: End, isCygnet: boolean): Gateway {
  const { swanctl, children, charon = {} } = end;
  return isCygnet ? { loaded: { swanctl, children } } : { strongswan: { swanctl, children, charon } };
}

/** moon, which is side a, with a segment of its own, and sun with another. */
export const NET_TO_NET: Topology = {
  a: { address: '192.0.2.1', inner: ['10.1.0.1/16'] },
  b: { address: '192.0.2.2', inner: ['10.2.0.1/16'] },
};

/** carol, and dave where it takes part, have nothing behind them. */
export const WITH_CAROL = { a: NET_TO_NET.a, b: { address: '192.0.2.100', inner: ['192.0.2.100/32'] } };
export const WITH_CAROL_AND_DAVE = {
  ...WITH_CAROL,
  c: { address: '192.0.2.200', inner: ['192.0.2.200/32'] },
};

export const IDS = {
  moon: 'moon.example.org',
  sun: 'sun.example.org',
  carol: 'carol@example.org',
  dave: 'dave@example.org',
} as const;

/** What every connection of these scenarios has, where it says nothing else. */
export const MODERN: Section = { version: 2, proposals: 'aes128-sha256-x25519' };
export const MODERN_CHILD: Section = { esp_proposals: 'aes128gcm128-x25519' };

/** One end's identity, or none: then its address. */
export function auth(id?: string): Section {
  return { auth: 'psk', ...(id === undefined ? {} : { id }) };
}

export type NetToNet = {
  readonly connection?: Section;
  readonly child?: Section;
  /** What only moon has. */
  readonly atMoon?: Section;
  readonly atSun?: Section;
  readonly secretsOfMoon?: Section;
  /** Where strongSwan is the end. */
  readonly charon?: Section;
};

export const SHARED_KEY = '0sbW9vbiBhbmQgc3VuIGhhdmUgdGhpcw==';
const SECRETS: Section = { 'ike-1': { 'id-moon': IDS.moon, 'id-sun': IDS.sun, secret: SHARED_KEY } };

/** The two gateways of NET_TO_NET with one connection of one child. */
export function netToNet(options: NetToNet): { readonly a: End; readonly b: End } {
  const { a, b } = NET_TO_NET;
  const end = (host: 'moon' | 'sun', own: Section, secrets: Section): End => {
    const [local, remote, there] = host === 'moon' ? ([a, b, 'sun'] as const) : ([b, a, 'moon'] as const);
    const [local_ts, remote_ts] = host === 'moon' ? ['10.1.0.0/16', '10.2.0.0/16'] : ['10.2.0.0/16', '10.1.0.0/16'];
    return {
      host,
      charon: options.charon ?? {},
      children: ['net-net'],
      swanctl: {
        connections: {
          'gw-gw': {
            ...MODERN,
            mobike: false,
            ...options.connection,
            local_addrs: local.address,
            remote_addrs: remote.address,
            local: auth(IDS[host]),
            remote: auth(IDS[there]),
            children: { 'net-net': { local_ts, remote_ts, ...MODERN_CHILD, ...options.child, ...own } },
          },
        },
        secrets,
      },
    };
  };
  return {
    a: end('moon', options.atMoon ?? {}, options.secretsOfMoon ?? SECRETS),
    b: end('sun', options.atSun ?? {}, SECRETS),
  };
}

/** moon initiates with swanctl. */
export const INITIATED: readonly Step[] = [
  { do: 'up', on: 'a' },
  { expect: 'connected', on: 'both' },
];

/** swanctl has moon initiate, and packets cross. */
export const CARRIED: readonly Step[] = [...INITIATED, ...carries()];
