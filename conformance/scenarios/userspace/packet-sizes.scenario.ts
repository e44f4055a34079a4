import { BEHIND_NAT_B, IN_UDP, NAT_OF_B } from '../../lab/nat.ts';
import { cygnet, direct, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario, Step, Topology } from '../../lab/scenario.ts';

/** What is forwarded comes from a host that has to be told what fits; 10.0.192.33 is one in the segment of a. */
const withClient = (topology: Topology): Topology => ({ ...topology, a: { ...topology.a, client: '10.0.192.33/20' } });

/** The data of an echo that makes a packet of 1400 bytes, which fits wherever Ethernet's packets do. */
const FITS = 1372;

const sizes = (fits: number): readonly Step[] => [
  { expect: 'connected', on: 'both' },
  { expect: 'pings', size: fits, fragmentation: 'do' },
  { expect: 'pings', size: 1472, fragmentation: 'dont' },
  { expect: 'pings', size: 8000, fragmentation: 'dont' },
  { expect: 'pings', size: 1472, fragmentation: 'do', count: 2, lost: true },
  // By now the hosts know what fits, and send larger packets in fragments by themselves.
  { expect: 'pings', size: 1472 },
  { expect: 'tcp', bytes: 2_000_000 },
  { expect: 'sealed' },
];

export default [
  {
    name: 'esp',
    title: 'full-size packets, with and without DF, and TCP cross between a host behind Cygnet and strongSwan',
    rfc: ['RFC 4301 §8.2', 'RFC 1191 §4'],
    topology: withClient(direct),
    a: { cygnet: cygnet(FROM_A, { dataplane: 'userspace' }) },
    b: { strongswan: swanctl(mirrored()) },
    steps: sizes(FITS),
  },
  {
    name: 'narrow-path',
    title: 'the path takes 1300 bytes, less than the TUN: Cygnet says so to the host behind it, and all crosses',
    rfc: ['RFC 4301 §8.2', 'RFC 1191 §4'],
    topology: { ...withClient(direct), mtu: 1300 },
    a: { cygnet: cygnet(FROM_A, { dataplane: 'userspace' }) },
    b: { strongswan: swanctl(mirrored()) },
    // 1178 bytes inside are 1256 outside (outer header 20, SPI and sequence 8, IV 16, padding, ICV 12).
    steps: sizes(1150),
  },
  {
    name: 'in-udp',
    title: 'full-size packets, with and without DF, and TCP cross where ESP travels in UDP',
    rfc: ['RFC 4301 §8.2', 'RFC 3948 §3.1'],
    topology: withClient(NAT_OF_B),
    a: { cygnet: cygnet(FROM_A, { dataplane: 'userspace', start: 'respond' }) },
    b: { strongswan: swanctl(BEHIND_NAT_B) },
    steps: [{ do: 'up', on: 'b' }, ...sizes(FITS), IN_UDP],
  },
] satisfies readonly Scenario[];
