import { carries, cygnet, direct, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const outer = { a: '2001:db8:a::1', b: '2001:db8:b::1' };
const overV6 = { ...FROM_A, local: outer.a, remote: outer.b, localId: outer.a, remoteId: outer.b };
const v6Segments = { localSubnets: ['fd00:a:1::/64'], remoteSubnets: ['fd00:b:1::/48'] };
const v6Inner = { a: ['fd00:a:1::1/64'], b: ['fd00:b:1::1/48'] };

const variants = [
  {
    name: '4-in-6',
    link: overV6,
    topology: { a: { ...direct.a, address: outer.a }, b: { ...direct.b, address: outer.b } },
  },
  {
    name: '6-in-4',
    link: { ...FROM_A, ...v6Segments },
    topology: { a: { ...direct.a, inner: v6Inner.a }, b: { ...direct.b, inner: v6Inner.b } },
  },
  {
    name: '6-in-6',
    link: { ...overV6, ...v6Segments },
    topology: { a: { address: outer.a, inner: v6Inner.a }, b: { address: outer.b, inner: v6Inner.b } },
  },
];

export default variants.map(({ name, link, topology }) => ({
  name,
  title: `an IPv${name[0]} segment a side over IPv${name.at(-1)}`,
  rfc: ['RFC 7296 §3.13.1'],
  topology,
  a: { cygnet: cygnet(link) },
  b: { strongswan: swanctl(mirrored(link)) },
  steps: [{ expect: 'connected', on: 'both' }, ...carries()],
})) satisfies readonly Scenario[];
