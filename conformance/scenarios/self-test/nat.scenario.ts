import { BEHIND_NAT_A, IN_UDP, NAT_OF_A } from '../../lab/nat.ts';
import { carries, direct, FROM_A, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const rfc = ['RFC 3947 §3'];
const PUBLIC = '113.31.113.78';

const behindB = { ...FROM_A, localId: 'b.example.net', remoteId: 'hq.example.com', remote: FROM_A.local };
const fromB = { ...behindB, local: '10.23.228.173', localSubnets: ['10.23.0.0/16'], remoteSubnets: ['10.0.192.0/20'] };
const fromC = { ...fromB, local: '10.23.228.174', localId: 'c.example.net', localSubnets: ['10.25.0.0/16'] };

/** Both ends of each row are strongSwans. */
export default [
  {
    name: 'in-front-of-a',
    title: 'the lab itself: the ports of IKE lead through the NAT of a to the strongSwan behind it',
    rfc,
    topology: NAT_OF_A,
    a: { strongswan: swanctl(BEHIND_NAT_A, MAIN) },
    b: { strongswan: swanctl(mirrored(), MAIN) },
    steps: [{ do: 'up', on: 'b' }, { expect: 'connected', on: 'both' }, ...carries(), IN_UDP],
  },
  {
    name: 'two-behind-one',
    title: 'the lab itself: two strongSwans behind one NAT connect with a third',
    rfc,
    topology: {
      a: direct.a,
      b: { address: fromB.local, inner: ['10.23.112.177/16'] },
      c: { address: fromC.local, inner: ['10.25.0.1/16'] },
      natOfB: PUBLIC,
    },
    a: {
      strongswan: {
        swanctl: {
          connections: {
            b: dynamic('b', '10.23.0.0/16'),
            c: dynamic('c', '10.25.0.0/16'),
          },
          secrets: { 'ike-1': { secret: FROM_A.psk } },
        },
        children: ['b', 'c'],
      },
    },
    b: { strongswan: swanctl(fromB, MAIN) },
    c: { strongswan: swanctl(fromC, MAIN) },
    steps: [
      { do: 'up', on: 'b' },
      { do: 'up', on: 'c' },
      { expect: 'connected', on: 'a' },
      { expect: 'connected', on: 'b' },
      { expect: 'connected', on: 'c' },
      ...carries({ children: 2 }),
    ],
  },
] satisfies readonly Scenario[];

/** A connection for whoever has the name, from wherever. */
function dynamic(name: string, remoteSubnet: string) {
  const algorithms = 'aes128-sha1-modp1024';
  const child = { local_ts: '10.0.192.0/20', remote_ts: remoteSubnet, esp_proposals: algorithms };
  return {
    version: 1,
    local_addrs: FROM_A.local,
    remote_addrs: '%any',
    proposals: algorithms,
    local: { auth: 'psk', id: 'hq.example.com' },
    remote: { auth: 'psk', id: `${name}.example.net` },
    children: { [name]: child },
  };
}
