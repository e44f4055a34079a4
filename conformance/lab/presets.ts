import type { CygnetSetup, Expectation, Section, StrongswanSetup, Topology } from './scenario.ts';

/** The addresses of the platform's own strongSwan example, which every plain scenario uses. */
export const direct: Topology = {
  a: { address: '106.75.234.78', inner: ['10.0.192.32/20'] },
  b: { address: '113.31.113.78', inner: ['10.23.112.177/16'] },
};

/** What both ends of a tunnel have to agree on, seen from one of them. */
export type Link = {
  readonly local: string;
  readonly remote: string;
  readonly localId: string;
  readonly remoteId: string;
  readonly localSubnets: readonly string[];
  readonly remoteSubnets: readonly string[];
  readonly psk: string;
};

export const FROM_A: Link = {
  local: direct.a.address,
  remote: direct.b.address,
  localId: direct.a.address,
  remoteId: direct.b.address,
  localSubnets: ['10.0.192.0/20'],
  remoteSubnets: ['10.23.0.0/16'],
  psk: 'test.1231',
};

/** Three segments a side, of unlike sizes. */
export const THREE_BY_THREE: Link = {
  ...FROM_A,
  localSubnets: ['10.0.192.0/20', '10.1.0.0/24', '172.20.0.0/22'],
  remoteSubnets: ['10.23.0.0/16', '192.168.7.0/24', '172.31.5.0/28'],
};
export const THREE_BY_THREE_SITES: Topology = {
  a: { ...direct.a, inner: ['10.0.192.32/20', '10.1.0.1/24', '172.20.0.1/22'] },
  b: { ...direct.b, inner: ['10.23.112.177/16', '192.168.7.1/24', '172.31.5.1/28'] },
};

/** The same link from the other end. */
export function mirrored(link: Link = FROM_A): Link {
  return {
    local: link.remote,
    remote: link.local,
    localId: link.remoteId,
    remoteId: link.localId,
    localSubnets: link.remoteSubnets,
    remoteSubnets: link.localSubnets,
    psk: link.psk,
  };
}

/** What makes a tunnel one of IKEv1, for both daemons. */
export type Version1 = { readonly version: 1; readonly mode: 'main' | 'aggressive' };

export const MAIN: Version1 = { version: 1, mode: 'main' };
export const AGGRESSIVE: Version1 = { version: 1, mode: 'aggressive' };

export type CygnetOptions = Partial<Version1> & {
  readonly start?: 'initiate' | 'respond' | 'on-traffic';
  readonly ike?: object;
  readonly ipsec?: object;
  /** Further keys of the tunnel. */
  readonly tunnel?: object;
  /** Further keys of the gateway. */
  readonly gateway?: object;
  readonly dataplane?: 'kernel' | 'userspace';
  /** What goes beside the tunnel, or nowhere. */
  readonly shunts?: object;
  /** What is told what becomes reachable. */
  readonly hooks?: readonly object[];
  /** Permits lifetimes as short as tests need them. */
  readonly shortLifetimes?: true;
};

/** A Cygnet gateway with one tunnel, `idc`. What is not given is left to Cygnet's defaults. */
export function cygnet(link: Link = FROM_A, options: CygnetOptions = {}): CygnetSetup {
  return setupOf(link, { idc: tunnelOf(link, options) }, options);
}

/** A link whose tunnel has other settings of IPsec than those beside it. */
export type SingularLink = Link & { readonly ipsec?: object };

/** One with several tunnels to one peer, by name; steps speak of the first where they name none. */
export function cygnetOf(links: Readonly<Record<string, SingularLink>>, options: CygnetOptions = {}): CygnetSetup {
  const [first = FROM_A] = Object.values(links);
  const tunnels = Object.entries(links).map(([name, { ipsec = options.ipsec, ...link }]) => [
    name,
    tunnelOf(link, { ...options, ...(ipsec === undefined ? {} : { ipsec }) }),
  ]);
  return setupOf(first, Object.fromEntries(tunnels), options);
}

function setupOf(link: Link, tunnels: object, options: CygnetOptions): CygnetSetup {
  const [tunnel = ''] = Object.keys(tunnels);
  const { dataplane } = options;
  return {
    configuration: configuration(link, tunnels, options),
    tunnel,
    ...(dataplane === undefined ? {} : { dataplane }),
  };
}

function tunnelOf(link: Link, options: CygnetOptions): object {
  const { version, mode } = options;
  const ike = { ...(version === undefined ? {} : { version, mode }), ...options.ike };
  return {
    gateway: 'gw1',
    peer: 'idc',
    local: { id: link.localId, subnets: link.localSubnets },
    remote: { id: link.remoteId, subnets: link.remoteSubnets },
    psk: link.psk,
    start: options.start ?? 'initiate',
    ...(Object.keys(ike).length === 0 ? {} : { ike }),
    ...(options.ipsec === undefined ? {} : { ipsec: options.ipsec }),
    ...options.tunnel,
  };
}

function configuration({ local, remote }: Link, tunnels: object, options: CygnetOptions): object {
  return {
    version: 1,
    ...(options.shortLifetimes ? { limits: { lifetime: 'off' } } : {}),
    ...(options.dataplane === undefined ? {} : { dataplane: options.dataplane }),
    ...(options.hooks === undefined ? {} : { hooks: options.hooks }),
    ...(options.shunts === undefined ? {} : { shunts: options.shunts }),
    gateways: { gw1: { address: local, ...options.gateway } },
    peers: { idc: { address: remote } },
    tunnels,
  };
}

export type SwanctlOptions = Partial<Version1> & {
  readonly ike?: string;
  readonly esp?: string;
  /** Instead of ESP. */
  readonly ah?: string;
  /** Further settings of the connection and of every Child SA. */
  readonly connection?: Section;
  readonly child?: Section;
  readonly plugins?: readonly string[];
  readonly charon?: Section;
  /** Beside the pre-shared key. */
  readonly secrets?: { readonly [name: string]: Section };
  /** A Child SA for each pair of segments, which IKEv1 always has. */
  readonly pairs?: true;
};

/** A strongSwan with one connection, `idc`; the platform's algorithms where none are given. */
export function swanctl(link: Link = FROM_A, options: SwanctlOptions = {}): StrongswanSetup {
  const children = childrenOf(link, options);
  const aggressive = options.mode === 'aggressive';
  return {
    swanctl: {
      connections: {
        idc: {
          version: options.version ?? 2,
          ...(aggressive ? { aggressive } : {}),
          local_addrs: link.local,
          remote_addrs: link.remote,
          proposals: options.ike ?? DEFAULT_SUITE,
          local: { auth: 'psk', id: link.localId },
          remote: { auth: 'psk', id: link.remoteId },
          children,
          ...options.connection,
        },
      },
      secrets: { 'ike-1': { secret: link.psk }, ...options.secrets },
    },
    plugins: options.plugins ?? [],
    charon: { ...(aggressive ? AGGRESSIVE_RESPONDER : {}), ...options.charon },
    children: Object.keys(children),
  };
}

/** The same with these Child SAs in its one connection. */
export function withChildren(setup: StrongswanSetup, children: { readonly [name: string]: Section }): StrongswanSetup {
  const { idc } = setup.swanctl.connections as { readonly idc: Section };
  return {
    ...setup,
    swanctl: { ...setup.swanctl, connections: { idc: { ...idc, children } } },
    children: Object.keys(children),
  };
}

/** One with a connection of one pair of segments for each tunnel to one peer: they differ in nothing else. */
export function swanctlOf(links: Readonly<Record<string, Link>>, options: SwanctlOptions = {}): StrongswanSetup {
  const setups = Object.entries(links).map(([name, link]) => ({ name, setup: swanctl(link, options) }));
  const connections = setups.map(({ name, setup }) => {
    const { idc } = setup.swanctl.connections as { readonly idc: Section };
    const [child] = Object.values(idc.children as { readonly [name: string]: Section });
    return [name, { ...idc, children: { [name]: child ?? {} } }] as const;
  });
  const [first] = setups;
  return {
    swanctl: { ...first?.setup.swanctl, connections: Object.fromEntries(connections) },
    charon: first?.setup.charon ?? {},
    children: Object.keys(links),
  };
}

/** ESP in charon itself, always in UDP, in the place of the kernel's. */
export const LIBIPSEC = 'kernel-libipsec';

/** Without it, charon answers no Aggressive Mode with pre-shared keys. */
const AGGRESSIVE_RESPONDER = { i_dont_care_about_security_and_use_aggressive_mode_psk: true };

/** One Child SA for all segments, or one for each pair of them: IKEv1's Quick Mode takes one of each side. */
function childrenOf(link: Link, options: SwanctlOptions): { readonly [name: string]: Section } {
  const proposals: Section =
    options.ah === undefined ? { esp_proposals: options.esp ?? DEFAULT_SUITE } : { ah_proposals: options.ah };
  const child = (local: string, remote: string) => ({
    local_ts: local,
    remote_ts: remote,
    ...proposals,
    ...options.child,
  });
  if (options.version !== 1 && !options.pairs)
    return { net: child(link.localSubnets.join(','), link.remoteSubnets.join(',')) };
  const pairs = link.localSubnets.flatMap((local) =>
    link.remoteSubnets
      .filter((remote) => protocolOf(remote) === protocolOf(local))
      .map((remote) => child(local, remote)),
  );
  return Object.fromEntries(pairs.map((pair, index) => [`net${index + 1}`, pair]));
}

/** What stands in brackets behind a segment, but for the ports. */
function protocolOf(segment: string): string | undefined {
  return /\[([^/\]]*)/.exec(segment)?.[1];
}

export const DEFAULT_SUITE = 'aes128-sha1-modp1024';

export type CarriesOptions = {
  readonly children?: number;
  readonly allPairs?: true;
  /** AH hides nothing. */
  readonly authenticatedOnly?: true;
};

/** What every tunnel that is up has to show: packets both ways, counted, under the same SPIs, and nothing in clear. */
export function carries(options: CarriesOptions = {}): readonly Expectation[] {
  const { children = 1, allPairs, authenticatedOnly } = options;
  return [
    { expect: 'same-spis', children },
    { expect: 'pings', ...(allPairs ? { allPairs } : {}) },
    { expect: 'counters', packets: 6 },
    { expect: 'sealed', ...(authenticatedOnly ? { authenticatedOnly } : {}) },
  ];
}
