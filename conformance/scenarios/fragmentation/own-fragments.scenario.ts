import { carries, cygnet, direct, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** So many segments that IKE_AUTH does not fit into one packet of the link. */
const many = Array.from({ length: 90 }, (_, index) => index);
const link = { ...FROM_A, remoteSubnets: ['10.23.0.0/16', ...many.map((n) => `10.2.${n}.0/24`)] };
const FRAGMENTS = '((udp port 500 and udp[24] = 53) or (udp port 4500 and udp[8:4] = 0 and udp[28] = 53))';
const common = { rfc: ['RFC 7383 §2.5'], topology: direct, b: { strongswan: swanctl(mirrored(link)) } };

export default [
  {
    ...common,
    name: 'initiator',
    title: 'Cygnet sends an IKE_AUTH request in fragments that strongSwan puts together',
    a: { cygnet: cygnet(link) },
    steps: [
      { expect: 'connected', on: 'both' },
      { expect: 'captured', filter: `src host ${direct.a.address} and ${FRAGMENTS}`, atLeast: 2 },
      ...carries(),
    ],
  },
  {
    ...common,
    name: 'responder',
    title: 'Cygnet sends an IKE_AUTH response in fragments that strongSwan puts together',
    a: { cygnet: cygnet(link, { start: 'respond' }) },
    steps: [
      { do: 'up', on: 'b' },
      { expect: 'connected', on: 'both' },
      { expect: 'captured', filter: `src host ${direct.a.address} and ${FRAGMENTS}`, atLeast: 2 },
      ...carries(),
    ],
  },
] satisfies readonly Scenario[];
