import { carries, cygnet, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const topology = {
  a: { address: FROM_A.local, inner: ['10.0.192.32/20', '10.1.0.1/24', '172.20.0.1/22'] },
  b: { address: FROM_A.remote, inner: ['10.23.112.177/16', '192.168.7.1/24', '172.31.5.1/28'] },
};
const link = {
  ...FROM_A,
  localSubnets: ['10.0.192.0/20', '10.1.0.0/24', '172.20.0.0/22'],
  remoteSubnets: ['10.23.0.0/16', '192.168.7.0/24', '172.31.5.0/28'],
};

const common = {
  title: 'three segments a side share one Child SA, and every pair carries traffic',
  rfc: ['RFC 7296 §2.9'],
  topology,
};

export default [
  {
    ...common,
    name: 'initiator',
    a: { cygnet: cygnet(link) },
    b: { strongswan: swanctl(mirrored(link)) },
    steps: [{ expect: 'connected', on: 'both' }, ...carries({ allPairs: true })],
  },
  {
    ...common,
    name: 'responder',
    a: { cygnet: cygnet(link, { start: 'respond' }) },
    b: { strongswan: swanctl(mirrored(link)) },
    steps: [{ do: 'up', on: 'b' }, { expect: 'connected', on: 'both' }, ...carries({ allPairs: true })],
  },
] satisfies readonly Scenario[];
