import { carries, MAIN } from '../../lab/presets.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Addresses, segments, key and algorithms of the platform's guide to a connection with a public cloud. */
const link = {
  local: '106.75.234.78',
  remote: '113.31.115.114',
  localId: '106.75.234.78',
  remoteId: '113.31.115.114',
  localSubnets: ['10.0.192.0/20'],
  remoteSubnets: ['10.23.0.0/16', '10.25.0.0/16'],
  psk: 'test.1231',
};
const ike = { encryption: 'aes128', authentication: 'sha1', dhGroup: 2, lifetime: '86400s' };
const ipsec = { protocol: 'esp', encryption: 'aes128', authentication: 'sha1', pfs: 2, lifetime: '86400s' };
/** In strongSwan's terms, where the lifetime that it offers is the hard one. */
const connection = { rekey_time: '72000s', over_time: '14400s' };
const child = { rekey_time: '72000s', life_time: '86400s' };

export default bothRoles({
  title: 'one segment here, two in the public cloud: a Child SA for each',
  rfc: ['RFC 2409 §5.4', 'RFC 2409 §5.5'],
  topology: {
    a: { address: link.local, inner: ['10.0.192.32/20'] },
    b: { address: link.remote, inner: ['10.23.228.173/16', '10.25.0.1/16'] },
  },
  link,
  cygnet: { ...MAIN, ike, ipsec, gateway: { vpc: ['10.0.192.0/20'] } },
  strongswan: { ...MAIN, connection, child },
  steps: [
    ...carries({ children: 2, allPairs: true }),
    { expect: 'route', on: 'a', to: '10.23.0.0/16', present: true },
    { expect: 'route', on: 'a', to: '10.25.0.0/16', present: true },
  ],
}) satisfies readonly Scenario[];
