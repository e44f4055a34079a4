import { cygnet, direct, FROM_A, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const connects = {
  topology: direct,
  a: { cygnet: cygnet() },
  b: { strongswan: swanctl(mirrored()) },
} as const;

const forwarding = (on: boolean) => ['sh', '-c', `echo ${on ? 1 : 0} >/proc/sys/net/ipv4/ip_forward`];

const DROPS_LARGE = ['-m length --length 1450:'];
const LARGE_LOST = { code: 'large-packets-lost', severity: 'doubtful', faq: ['9'] };

/** What goes wrong although both ends say that the tunnel is up: question 9 of the platform's FAQ. */
export default [
  {
    ...connects,
    name: 'works',
    title: 'a tunnel that carries packets both ways is told to be fine',
    rfc: [],
    steps: [
      { expect: 'connected', on: 'both' },
      { expect: 'diagnosis', on: 'a', contains: { code: 'no-traffic-yet', severity: 'fine' }, says: ['9'] },
      { expect: 'pings' },
      {
        expect: 'diagnosis',
        on: 'a',
        contains: { code: 'connected', severity: 'fine' },
        says: ['packets go both ways'],
      },
      { expect: 'exit-status', on: 'a', of: ['diagnose', 'idc'], is: 0 },
    ],
  },
  {
    ...connects,
    name: 'esp-blocked',
    title: 'ESP is dropped on the way: packets go out and none come back',
    rfc: [],
    topology: { ...direct, drops: ['-p esp'] },
    steps: [
      { expect: 'connected', on: 'both' },
      { expect: 'pings', count: 3, lost: true, from: 'a' },
      {
        expect: 'diagnosis',
        on: 'a',
        contains: { code: 'no-return-traffic', severity: 'broken', faq: ['9', '8'] },
        says: ['0 packets in and 3 out', 'let IP protocol 50'],
      },
    ],
  },
  {
    ...connects,
    name: 'large-packets',
    title: 'large packets are dropped on the way and nobody tells: the peer answers to a small one only',
    rfc: ['RFC 1191 §6'],
    topology: { ...direct, drops: DROPS_LARGE },
    steps: [
      { expect: 'connected', on: 'both' },
      { expect: 'pings' },
      { expect: 'diagnosis', on: 'a', contains: LARGE_LOST, says: ['answers the small one alone', '--set-mss'] },
    ],
  },
  {
    ...connects,
    name: 'large-packets-ikev1',
    title: 'the same in IKEv1, where strongSwan has called',
    rfc: ['RFC 1191 §6'],
    topology: { ...direct, drops: DROPS_LARGE },
    a: { cygnet: cygnet(FROM_A, { ...MAIN, start: 'respond' }) },
    b: { strongswan: swanctl(mirrored(), MAIN) },
    steps: [
      { do: 'up', on: 'b' },
      { expect: 'connected', on: 'both' },
      { expect: 'diagnosis', on: 'a', contains: LARGE_LOST, says: ['answers the small one alone'] },
    ],
  },
  {
    ...connects,
    name: 'fragments',
    title: 'fragments are dropped on the way: what comes of a large packet is never whole',
    rfc: ['RFC 791 §3.2'],
    topology: { ...direct, drops: ['-f'] },
    steps: [
      { expect: 'connected', on: 'both' },
      { do: 'show', on: 'a', command: ['sh', '-c', 'echo 2 >/proc/sys/net/ipv4/ipfrag_time'] },
      { do: 'show', on: 'b', command: ['sh', '-c', `ping -c 2 -W 1 -s 3000 ${direct.a.address} || true`] },
      {
        expect: 'diagnosis',
        on: 'a',
        contains: { code: 'fragments-lost', severity: 'doubtful' },
        says: ['more IpReasmFails', 'let fragments pass'],
      },
    ],
  },
  {
    ...connects,
    name: 'hosts-silent',
    title: 'packets come in and nothing goes out: nothing is forwarded, or no host answers',
    rfc: [],
    steps: [
      { expect: 'connected', on: 'both' },
      { do: 'show', on: 'a', command: forwarding(false) },
      { do: 'show', on: 'b', command: ['sh', '-c', 'ping -c 3 -W 1 -I 10.23.112.177 10.0.192.99 || true'] },
      {
        expect: 'diagnosis',
        on: 'a',
        contains: { code: 'forwarding-off', severity: 'doubtful', faq: ['9'] },
        says: ['sysctl net.ipv4.ip_forward=1'],
      },
      { do: 'show', on: 'a', command: forwarding(true) },
      {
        expect: 'diagnosis',
        on: 'a',
        contains: { code: 'no-outgoing-traffic', severity: 'doubtful', faq: ['9'] },
        says: ['3 packets in and 0 out', 'have a route to 10.23.0.0/16'],
      },
    ],
  },
  {
    ...connects,
    name: 'stale-spi',
    title: 'the kernel has lost the SA that strongSwan sends with: its error counter tells why nothing comes in',
    rfc: [],
    steps: [
      { expect: 'connected', on: 'both' },
      {
        do: 'show',
        on: 'a',
        command: ['ip', 'xfrm', 'state', 'deleteall', 'src', direct.b.address, 'dst', direct.a.address],
      },
      { expect: 'pings', count: 3, lost: true, from: 'a' },
      {
        expect: 'diagnosis',
        on: 'a',
        contains: { code: 'stale-spi', severity: 'broken' },
        says: ['more XfrmInNoStates', 'make new SAs with "cygnet restart"'],
      },
    ],
  },
  {
    ...connects,
    name: 'pfs-at-rekeying',
    title: 'the PFS groups differ: the tunnel stays up, and that it cannot be rekeyed is told at the first attempt',
    rfc: ['RFC 7296 §1.3.3'],
    a: { cygnet: cygnet(FROM_A, { ipsec: { pfs: 2 } }) },
    b: { strongswan: swanctl(mirrored(), { esp: 'aes128-sha1-modp2048' }) },
    steps: [
      { expect: 'connected', on: 'both' },
      { expect: 'pings' },
      { do: 'rekey', on: 'b', what: 'children' },
      {
        expect: 'diagnosis',
        on: 'a',
        contains: { code: 'pfs-mismatch', severity: 'doubtful', connectionStatus: 'connected', role: 'responder' },
        says: ['DH group: here 2 (modp1024), there 14 (modp2048)'],
      },
      { do: 'rekey', on: 'a', what: 'children' },
      {
        expect: 'diagnosis',
        on: 'a',
        contains: { code: 'pfs-mismatch', severity: 'doubtful', connectionStatus: 'connected', role: 'initiator' },
        says: ['NO_PROPOSAL_CHOSEN from 113.31.113.78 in CREATE_CHILD_SA', 'ipsec.pfs'],
      },
    ],
  },
  {
    ...connects,
    name: 'narrowed',
    title: 'strongSwan has fewer segments: the tunnel is up, and what is left out is told',
    rfc: ['RFC 7296 §2.9'],
    a: { cygnet: cygnet({ ...FROM_A, localSubnets: ['10.0.192.0/20', '10.1.0.0/24'] }) },
    steps: [
      { expect: 'connected', on: 'both' },
      { expect: 'pings' },
      {
        expect: 'diagnosis',
        on: 'a',
        contains: { code: 'narrowed', severity: 'doubtful', faq: ['7 (1)'] },
        says: ['10.1.0.0/24 <-> 10.23.0.0/16'],
      },
    ],
  },
] satisfies readonly Scenario[];
