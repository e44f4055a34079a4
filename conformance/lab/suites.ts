import { type CipherRow, HASHES } from './algorithms.ts';
import {
  cygnetOf,
  direct,
  FROM_A,
  mirrored,
  type SingularLink,
  type SwanctlOptions,
  swanctl,
  type Version1,
  withChildren,
} from './presets.ts';
import type { Carrier, Scenario, Section, Step, StrongswanSetup } from './scenario.ts';

/** What protects one pair of segments: how both daemons are told of it. */
export type Suite = {
  /** Of the tunnel; also strongSwan's notation, without the group. */
  readonly name: string;
  readonly protocol: 'esp' | 'ah';
  readonly ipsec: object;
};

export const AH_SUITES: readonly Suite[] = HASHES.map((hash) => ({
  name: hash,
  protocol: 'ah',
  ipsec: { protocol: 'ah', authentication: hash, pfs: 19 },
}));

export function espSuite({ name, ipsec }: Pick<CipherRow, 'name' | 'ipsec'>): Suite {
  return { name, protocol: 'esp', ipsec };
}

/**
 * A tunnel for each suite between two gateways, each to a segment of its own at b, so that one scenario tries them all:
 * what each has to carry are packets of several lengths, both ways.
 */
export function everySuite(suites: readonly Suite[], dataplane: Carrier, { version, strongswan }: SuiteOptions = {}) {
  const tunnels = suites.map((suite, index) => ({ suite, segment: `10.23.${index + 1}.0/24` }));
  const links = tunnels.map(({ suite: { name, ipsec }, segment }): [string, SingularLink] => [
    name,
    { ...FROM_A, remoteSubnets: [segment], ipsec },
  ]);
  return {
    topology: { a: direct.a, b: { ...direct.b, inner: tunnels.map((_, index) => `10.23.${index + 1}.1/24`) } },
    a: { cygnet: cygnetOf(Object.fromEntries(links), { ...version, dataplane, ike: { dhGroup: 19 } }) },
    b: { strongswan: strongswanOf(tunnels, { ...version, ...strongswan }) },
    // With IKEv1, a Child SA has its group from the first on.
    steps: stepsOf(suites, version === undefined ? '' : '-ecp256'),
  } satisfies Pick<Scenario, 'topology' | 'a' | 'b' | 'steps'>;
}

export type SuiteOptions = {
  /** IKEv2 where not given. */
  readonly version?: Version1;
  readonly strongswan?: SwanctlOptions;
};

function strongswanOf(
  tunnels: readonly { readonly suite: Suite; readonly segment: string }[],
  options: SwanctlOptions,
): StrongswanSetup {
  const children = tunnels.map(({ suite: { name, protocol }, segment }): [string, Section] => [
    name,
    { local_ts: segment, remote_ts: FROM_A.localSubnets.join(','), [`${protocol}_proposals`]: `${name}-ecp256` },
  ]);
  const setup = swanctl(mirrored(), {
    ike: 'aes128-sha1-ecp256',
    charon: { reuse_ikesa: false },
    ...options,
  });
  return withChildren(setup, Object.fromEntries(children));
}

function stepsOf(suites: readonly Suite[], group: string): readonly Step[] {
  const readable = suites.some(({ protocol }) => protocol === 'ah');
  return [
    ...suites.map(
      ({ name, protocol }): Step => ({
        expect: 'status',
        on: 'a',
        tunnel: name,
        contains: { connectionStatus: 'connected', children: [{ protocol, proposal: `${name}${group}` }] },
      }),
    ),
    { expect: 'same-spis', children: suites.length },
    ...LENGTHS.map((size): Step => ({ expect: 'pings', allPairs: true, count: 1, size })),
    { expect: 'counters', packets: 2 * LENGTHS.length * suites.length },
    { expect: 'sealed', ...(readable ? { authenticatedOnly: true } : {}) },
  ];
}

/** Of the echo's data: unlike remainders for every block size, and one of nearly all that fits. */
const LENGTHS = [56, 61, 1347];
