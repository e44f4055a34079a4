import { carries, cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** IKE_SA_INIT answers whose first payload is the INVALID_KE_PAYLOAD notification (17). */
const INVALID_KE = 'udp port 500 and udp[24] = 41 and udp[42:2] = 17';
const both = ['aes128-sha1-modp1024', 'aes128-sha1-modp2048'];

export default [
  {
    name: 'initiator',
    title: 'strongSwan wants another group than the one guessed, and Cygnet starts again with it',
    rfc: ['RFC 7296 §1.2', 'RFC 7296 §2.7'],
    topology: direct,
    a: { cygnet: cygnet(undefined, { ike: { proposals: both } }) },
    b: { strongswan: swanctl(mirrored(), { ike: 'aes128-sha1-modp2048' }) },
    steps: [
      { expect: 'connected', on: 'both' },
      { expect: 'captured', filter: `src host ${direct.b.address} and ${INVALID_KE}`, atLeast: 1 },
      { expect: 'status', on: 'a', contains: { ike: { proposal: 'aes128-sha1-modp2048' } } },
      ...carries(),
    ],
  },
  {
    name: 'responder',
    title: 'Cygnet wants another group than strongSwan guessed, and tells it which',
    rfc: ['RFC 7296 §1.2', 'RFC 7296 §2.7'],
    topology: direct,
    a: { cygnet: cygnet(undefined, { ike: { dhGroup: 14 }, start: 'respond' }) },
    b: { strongswan: swanctl(mirrored(), { ike: both.join(',') }) },
    steps: [
      { do: 'up', on: 'b' },
      { expect: 'connected', on: 'both' },
      { expect: 'captured', filter: `src host ${direct.a.address} and ${INVALID_KE}`, atLeast: 1 },
      ...carries(),
    ],
  },
] satisfies readonly Scenario[];
