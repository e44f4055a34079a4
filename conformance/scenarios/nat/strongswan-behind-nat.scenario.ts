import { carries, cygnet, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** The platform's guide to strongSwan: the host's address is private, its identity the NAT's public address. */
const PRIVATE = '10.23.228.173';
const PUBLIC = '113.31.113.78';
const CLOUD = '106.75.234.78';

const topology = {
  a: { address: CLOUD, inner: ['10.0.192.32/20'] },
  b: { address: PRIVATE, inner: ['10.23.112.177/16'] },
  natOfB: PUBLIC,
};
const link = {
  local: CLOUD,
  remote: PUBLIC,
  localId: CLOUD,
  remoteId: PUBLIC,
  localSubnets: ['10.0.192.0/20'],
  remoteSubnets: ['10.23.0.0/16'],
  psk: 'test.1231',
};
const group5 = { ike: { dhGroup: 5 }, ipsec: { pfs: 5 } };

export default {
  title: 'strongSwan behind NAT, whose identity is not its address, connects; ESP travels in UDP',
  rfc: ['RFC 7296 §2.23', 'RFC 3948 §2'],
  topology,
  a: { cygnet: cygnet(link, { ...group5, start: 'respond' }) },
  b: {
    strongswan: swanctl(
      { ...mirrored(link), local: PRIVATE },
      { ike: 'aes128-sha1-modp1536', esp: 'aes128-sha1-modp1536' },
    ),
  },
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
  ],
} satisfies Scenario;
