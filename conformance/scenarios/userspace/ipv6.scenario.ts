import { cygnetOf, direct, FROM_A, mirrored, type SingularLink, swanctl, withChildren } from '../../lab/presets.ts';
import type { Scenario, Section, Step, StrongswanSetup, Topology } from '../../lab/scenario.ts';

const outer = { a: '2001:db8:a::1', b: '2001:db8:b::1' };
const overV6 = { ...FROM_A, local: outer.a, remote: outer.b, localId: outer.a, remoteId: outer.b };
const [SEGMENT_A, SEGMENT_B, ANOTHER_B] = ['fd00:a:1::/64', 'fd00:b:1::/64', 'fd00:b:2::/64'] as const;
const v6 = (segmentOfB: string) => ({ localSubnets: [SEGMENT_A], remoteSubnets: [segmentOfB] });
const AH = { protocol: 'ah', authentication: 'sha256' };
const SITES = { a: ['10.0.192.32/20', 'fd00:a:1::1/64'], b: ['10.23.112.177/16', 'fd00:b:1::1/64', 'fd00:b:2::1/64'] };

/** IPv4 and IPv6 in ESP, and IPv6 in AH. */
const over = (outerLink: SingularLink): Record<string, SingularLink> => ({
  esp4: outerLink,
  esp6: { ...outerLink, ...v6(SEGMENT_B) },
  ah6: { ...outerLink, ...v6(ANOTHER_B), ipsec: AH },
});

export default [
  { name: 'inside-ipv4', outerLink: FROM_A, addresses: { a: direct.a.address, b: direct.b.address } },
  { name: 'inside-ipv6', outerLink: overV6, addresses: outer },
].map(({ name, outerLink, addresses }) => {
  const links = over(outerLink);
  return {
    name,
    title: `segments of IPv4 and of IPv6 ${name.replace('-', ' ').replace('ip', 'IP')}, by ESP and by AH, in userspace`,
    rfc: ['RFC 4303 §3.1.2', 'RFC 4302 §3.1.2', 'RFC 4301 §5.1.2'],
    topology: {
      a: { address: addresses.a, inner: SITES.a },
      b: { address: addresses.b, inner: SITES.b },
    } satisfies Topology,
    a: { cygnet: cygnetOf(links, { dataplane: 'userspace' }) },
    b: { strongswan: strongswanOf(links) },
    steps: stepsOf(Object.keys(links)),
  };
}) satisfies readonly Scenario[];

function strongswanOf(links: Readonly<Record<string, SingularLink>>): StrongswanSetup {
  const [first = FROM_A] = Object.values(links);
  const children = Object.entries(links).map(([name, { localSubnets, remoteSubnets, ipsec }]): [string, Section] => [
    name,
    {
      local_ts: remoteSubnets.join(','),
      remote_ts: localSubnets.join(','),
      ...(ipsec === undefined ? { esp_proposals: 'aes128-sha1-modp1024' } : { ah_proposals: 'sha256-modp1024' }),
    },
  ]);
  return withChildren(swanctl(mirrored(first), { charon: { reuse_ikesa: false } }), Object.fromEntries(children));
}

function stepsOf(tunnels: readonly string[]): readonly Step[] {
  return [
    ...tunnels.map(
      (tunnel): Step => ({ expect: 'status', on: 'a', tunnel, contains: { connectionStatus: 'connected' } }),
    ),
    { expect: 'same-spis', children: tunnels.length },
    { expect: 'pings', allPairs: true },
    { expect: 'pings', allPairs: true, count: 1, size: 1300, fragmentation: 'do' },
    { expect: 'pings', allPairs: true, count: 1, size: 4000, fragmentation: 'dont' },
    { expect: 'counters', packets: 18 },
    { expect: 'sealed', authenticatedOnly: true },
  ];
}
