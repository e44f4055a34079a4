import { AGGRESSIVE, carries, cygnet, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const PRIVATE = '10.23.228.173';
const PUBLIC = '113.31.113.78';

const topology = {
  a: { address: '106.75.234.78', inner: ['10.0.192.32/20'] },
  b: { address: PRIVATE, inner: ['10.23.112.177/16'] },
  natOfB: PUBLIC,
};
const link = {
  local: topology.a.address,
  remote: PUBLIC,
  localId: topology.a.address,
  remoteId: PUBLIC,
  localSubnets: ['10.0.192.0/20'],
  remoteSubnets: ['10.23.0.0/16'],
  psk: 'test.1231',
};

export default [MAIN, AGGRESSIVE].map((version) => ({
  name: version.mode,
  title: `Cygnet behind NAT initiates in ${version.mode} mode and moves to port 4500; ESP travels in UDP`,
  rfc: ['RFC 3947 §3', 'RFC 3947 §4', 'RFC 3948 §2'],
  topology,
  a: { strongswan: swanctl(link, version) },
  b: { cygnet: cygnet({ ...mirrored(link), local: PRIVATE }, { ...version, gateway: { publicAddress: PUBLIC } }) },
  start: ['a', 'b'],
  steps: [
    { expect: 'connected', on: 'both' },
    ...carries(),
    { expect: 'captured', filter: 'udp port 4500 and udp[8:4] != 0', atLeast: 12 },
    {
      expect: 'status',
      on: 'b',
      contains: { ike: { nat: { local: true, remote: false } }, children: [{ encap: true }] },
    },
  ],
})) satisfies readonly Scenario[];
