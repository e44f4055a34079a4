import { carries } from '../../lab/presets.ts';
import { auth, CARRIED, IDS, NET_TO_NET, netToNet, scenariosOf, WITH_CAROL } from '../../lab/public-tests.ts';
import { CAROL, warriors } from '../../lab/road-warriors.ts';
import type { Scenario, Step, Topology } from '../../lab/scenario.ts';

/** The gateways themselves are the segments. */
const HOSTS: Topology = {
  a: { ...NET_TO_NET.a, inner: [`${NET_TO_NET.a.address}/32`] },
  b: { ...NET_TO_NET.b, inner: [`${NET_TO_NET.b.address}/32`] },
};
const TRANSPORT = { local_ts: 'dynamic', remote_ts: 'dynamic', mode: 'transport' };

const betweenHosts: readonly Step[] = [
  ...CARRIED,
  { expect: 'swanctl', on: 'a', of: ['--list-sas', '--raw'], matches: ['state=INSTALLED mode=TRANSPORT'] },
  { expect: 'swanctl', on: 'b', of: ['--list-sas', '--raw'], matches: ['state=INSTALLED mode=TRANSPORT'] },
];

/** carol is a, which calls the port of moon. */
const { moon, carol } = warriors({
  named: true,
  children: {
    icmp: { moon: '10.1.0.0/16[icmp]', caller: 'dynamic[icmp]' },
    service: { moon: '10.1.0.0/16[tcp/8080]', caller: 'dynamic[tcp]' },
  },
  moonConnection: { remote_addrs: CAROL, remote: auth(IDS.carol) },
});

export default [
  ...scenariosOf({
    name: 'host2host-transport',
    title: 'transport mode between two hosts',
    rfc: ['RFC 7296 §1.3.1'],
    topology: HOSTS,
    ends: netToNet({ child: TRANSPORT }),
    cygnet: ['a', 'b'],
    steps: () => betweenHosts,
  }),
  ...scenariosOf({
    name: 'ikev1-host2host-transport',
    title: 'transport mode between two hosts',
    rfc: ['RFC 2407 §4.5'],
    topology: HOSTS,
    ends: netToNet({ connection: { version: 1 }, child: TRANSPORT }),
    cygnet: ['a'],
    steps: () => betweenHosts,
  }),
  ...scenariosOf({
    name: 'protoport-dual',
    title: 'one Child SA for ICMP, and one for a port of TCP',
    rfc: ['RFC 7296 §3.13.1'],
    topology: { a: WITH_CAROL.b, b: WITH_CAROL.a },
    ends: { a: carol, b: moon },
    cygnet: ['a', 'b'],
    steps: () => [
      { do: 'up', on: 'a' },
      { expect: 'connected', on: 'both' },
      ...carries({ children: 2 }),
      { expect: 'tcp', bytes: 100_000 },
      { expect: 'never-captured', filter: 'tcp or icmp[icmptype] == icmp-echo' },
    ],
  }),
] satisfies readonly Scenario[];
