import { AGGRESSIVE, carries, cygnet, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** The host's address is private, its identity the NAT's public address. */
const PRIVATE = '10.23.228.173';
const PUBLIC = '113.31.113.78';
const CLOUD = '106.75.234.78';

const link = {
  local: CLOUD,
  remote: PUBLIC,
  localId: CLOUD,
  remoteId: PUBLIC,
  localSubnets: ['10.0.192.0/20'],
  remoteSubnets: ['10.23.0.0/16'],
  psk: 'test.1231',
};

export default [MAIN, AGGRESSIVE].map((version) => ({
  name: version.mode,
  title: `strongSwan behind NAT connects in ${version.mode} mode and moves to port 4500; ESP travels in UDP`,
  rfc: ['RFC 3947 §3', 'RFC 3947 §4', 'RFC 3948 §2'],
  topology: {
    a: { address: CLOUD, inner: ['10.0.192.32/20'] },
    b: { address: PRIVATE, inner: ['10.23.112.177/16'] },
    natOfB: PUBLIC,
  },
  a: { cygnet: cygnet(link, { ...version, start: 'respond' }) },
  b: { strongswan: swanctl({ ...mirrored(link), local: PRIVATE }, version) },
  steps: [
    { do: 'up', on: 'b' },
    { expect: 'connected', on: 'both' },
    ...carries(),
    { expect: 'captured', filter: 'udp port 4500 and udp[8:4] != 0', atLeast: 12 },
    {
      expect: 'status',
      on: 'a',
      contains: { ike: { nat: { local: false, remote: true } }, children: [{ encap: true }] },
    },
    { expect: 'pings', size: 1472, fragmentation: 'dont' },
    // From here on it is the mapping of port 4500 that has to be used.
    { do: 'rekey', on: 'b', what: 'children' },
    { expect: 'pings' },
  ],
})) satisfies readonly Scenario[];
