import { carries, cygnet, mirrored } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Addresses, segments and key of the platform's guide to a connection between two of its own networks. */
const topology = {
  a: { address: '192.168.179.60', inner: ['172.16.0.1/24'], client: '172.16.0.14/24' },
  b: { address: '192.168.179.58', inner: ['10.0.0.1/12'], client: '10.0.0.2/12' },
};
const link = {
  local: topology.a.address,
  remote: topology.b.address,
  localId: topology.a.address,
  remoteId: topology.b.address,
  localSubnets: ['172.16.0.0/24'],
  remoteSubnets: ['10.0.0.0/12'],
  psk: '1231',
};
const common = { rfc: ['RFC 7296 §1.2', 'RFC 4301 §5.2'], topology };

export default [
  {
    ...common,
    name: 'one-initiates',
    title: 'Cygnet on both ends carries traffic between two clients that it forwards for',
    a: { cygnet: cygnet(link, { gateway: { vpc: ['172.16.0.0/24'] } }) },
    b: { cygnet: cygnet(mirrored(link), { start: 'respond', gateway: { vpc: ['10.0.0.0/12'] } }) },
    steps: [{ expect: 'connected', on: 'both' }, ...carries(), { expect: 'pings', size: 1400, fragmentation: 'do' }],
  },
  {
    ...common,
    name: 'both-initiate',
    title: 'Cygnet on both ends, both told to initiate at the same time: both become connected and traffic flows',
    a: { cygnet: cygnet(link) },
    b: { cygnet: cygnet(mirrored(link)) },
    steps: [
      { expect: 'connected', on: 'both' },
      { expect: 'pings', count: 10 },
      { expect: 'sealed' },
      { do: 'stop', on: 'a' },
      { expect: 'nothing-left', on: 'a' },
      { expect: 'nothing-installed', on: 'b' },
    ],
  },
] satisfies readonly Scenario[];
