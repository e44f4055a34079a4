import { carries, cygnet, direct, FROM_A, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import { bothRoles, inRole } from '../../lab/roles.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

/** The gateways themselves are the segments. */
const topology = {
  a: { ...direct.a, inner: [`${direct.a.address}/32`] },
  b: { ...direct.b, inner: [`${direct.b.address}/32`] },
};
const link = { ...FROM_A, localSubnets: [`${direct.a.address}/32`], remoteSubnets: [`${direct.b.address}/32`] };

/** What blocks clear text between the two while it is down lets IKE through, then and at each rekeying. */
const steps: readonly Step[] = [
  { expect: 'status', on: 'a', contains: { children: [{ mode: 'transport' }] } },
  ...carries(),
  { do: 'remember-spis' },
  { do: 'rekey', on: 'a', what: 'children' },
  { expect: 'spis', of: 'children', are: 'new' },
  { do: 'rekey', on: 'b', what: 'ike' },
  { expect: 'pings' },
  { expect: 'status', on: 'a', contains: { connectionStatus: 'connected', children: [{ mode: 'transport' }] } },
  { do: 'down', on: 'a' },
  { expect: 'pings', count: 1, from: 'a', lost: true },
  { do: 'up', on: 'a' },
  { expect: 'pings' },
];

const transport = { ipsec: { mode: 'transport' } };
const child = { mode: 'transport' };

const ikev2 = {
  title: 'transport mode between the gateways themselves',
  rfc: ['RFC 7296 §1.3.1', 'RFC 4303 §3.1.1'],
  topology,
};
const strongswan = { child, connection: { mobike: false } };

export default [
  {
    ...ikev2,
    name: 'on-traffic',
    title: `${ikev2.title}, from the first packet on`,
    a: { cygnet: cygnet(link, { ...transport, start: 'on-traffic' }) },
    b: { strongswan: swanctl(mirrored(link), strongswan) },
    steps: [{ expect: 'pings', from: 'a', count: 1, lost: true }, { expect: 'connected', on: 'both' }, ...steps],
  },
  inRole('responder', { ...ikev2, link, cygnet: transport, strongswan, steps }),
  ...bothRoles({
    name: 'ikev1',
    title: 'transport mode in IKEv1 between the gateways themselves',
    rfc: ['RFC 2407 §4.5', 'RFC 2409 §5.5'],
    topology,
    link,
    cygnet: { ...transport, ...MAIN },
    strongswan: { ...MAIN, child },
    steps,
  }),
] satisfies readonly Scenario[];
