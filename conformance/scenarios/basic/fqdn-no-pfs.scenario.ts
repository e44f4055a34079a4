import { carries, cygnet, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const topology = {
  a: { address: '198.18.4.10', inner: ['172.27.8.1/21'] },
  b: { address: '198.19.77.3', inner: ['192.168.200.129/25'] },
};
const link = {
  ...FROM_A,
  local: topology.a.address,
  remote: topology.b.address,
  localId: 'hq.example.com',
  remoteId: 'branch.example.net',
  localSubnets: ['172.27.8.0/21'],
  remoteSubnets: ['192.168.200.128/25'],
  psk: 'a-longer-Secret_with.signs!',
};
const algorithms = {
  ike: { encryption: 'aes256', authentication: 'sha256', dhGroup: 24 },
  ipsec: { encryption: 'aes256', authentication: 'sha256', pfs: 'none' },
};
const strongswan = swanctl(mirrored(link), { ike: 'aes256-sha256-modp2048s256', esp: 'aes256-sha256' });
const common = {
  title: 'FQDN identities, aes256-sha256-modp2048s256 and no PFS',
  rfc: ['RFC 7296 §3.5', 'RFC 5114 §2.3'],
  topology,
  b: { strongswan },
};
const identities = {
  localId: 'hq.example.com',
  remoteId: 'branch.example.net',
  proposal: 'aes256-sha256-modp2048s256',
};

export default [
  {
    ...common,
    name: 'initiator',
    a: { cygnet: cygnet(link, algorithms) },
    steps: [
      { expect: 'connected', on: 'both' },
      { expect: 'status', on: 'a', contains: { ike: identities } },
      ...carries(),
    ],
  },
  {
    ...common,
    name: 'responder',
    a: { cygnet: cygnet(link, { ...algorithms, start: 'respond' }) },
    steps: [
      { do: 'up', on: 'b' },
      { expect: 'connected', on: 'both' },
      { expect: 'status', on: 'a', contains: { ike: identities } },
      ...carries(),
    ],
  },
] satisfies readonly Scenario[];
