import { carries, cygnet, direct, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const twenty = Array.from({ length: 20 }, (_, index) => index);
const link = {
  ...FROM_A,
  localSubnets: ['10.0.192.0/20', ...twenty.slice(1).map((n) => `10.1.${n}.0/24`)],
  remoteSubnets: ['10.23.0.0/16', ...twenty.slice(1).map((n) => `10.2.${n}.0/24`)],
};

export default {
  title: 'twenty segments a side share one Child SA',
  rfc: ['RFC 7296 §2.9'],
  topology: direct,
  a: { cygnet: cygnet(link) },
  b: { strongswan: swanctl(mirrored(link)) },
  steps: [
    { expect: 'connected', on: 'both' },
    ...carries(),
    { do: 'stop', on: 'a' },
    { expect: 'nothing-installed', on: 'both' },
    { expect: 'nothing-left', on: 'a' },
  ],
} satisfies Scenario;
