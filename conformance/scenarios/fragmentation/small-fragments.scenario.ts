import { carries, cygnet, direct, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Enough segments that IKE_AUTH is longer than strongSwan may send here. */
const more = Array.from({ length: 15 }, (_, index) => index);
const link = {
  ...FROM_A,
  localSubnets: ['10.0.192.0/20', ...more.map((n) => `10.1.${n}.0/24`)],
  remoteSubnets: ['10.23.0.0/16', ...more.map((n) => `10.2.${n}.0/24`)],
};
/** Messages whose first payload is an Encrypted Fragment (53), on either port. */
const FRAGMENTS = '((udp port 500 and udp[24] = 53) or (udp port 4500 and udp[8:4] = 0 and udp[28] = 53))';
const strongswan = swanctl(mirrored(link), { charon: { fragment_size: 320 } });
const common = { rfc: ['RFC 7383 §2.5'], topology: direct, b: { strongswan } };

export default [
  {
    ...common,
    name: 'initiator',
    title: 'Cygnet puts together the fragments of an IKE_AUTH response',
    a: { cygnet: cygnet(link) },
    steps: [
      { expect: 'connected', on: 'both' },
      { expect: 'captured', filter: `src host ${direct.b.address} and ${FRAGMENTS}`, atLeast: 3 },
      ...carries(),
    ],
  },
  {
    ...common,
    name: 'responder',
    title: 'Cygnet puts together the fragments of an IKE_AUTH request',
    a: { cygnet: cygnet(link, { start: 'respond' }) },
    steps: [
      { do: 'up', on: 'b' },
      { expect: 'connected', on: 'both' },
      { expect: 'captured', filter: `src host ${direct.b.address} and ${FRAGMENTS}`, atLeast: 3 },
      ...carries(),
    ],
  },
] satisfies readonly Scenario[];
