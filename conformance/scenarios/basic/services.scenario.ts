import { carries, FROM_A, MAIN } from '../../lab/presets.ts';
import { inRole } from '../../lab/roles.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

const [local = ''] = FROM_A.localSubnets;
const [remote = ''] = FROM_A.remoteSubnets;

const link = {
  ...FROM_A,
  localSubnets: [`${local}[icmp]`, `${local}[tcp]`],
  remoteSubnets: [`${remote}[icmp]`, `${remote}[tcp/8080]`],
};

const steps = (children: number): readonly Step[] => [
  ...carries({ children }),
  { do: 'remember-spis' },
  { do: 'rekey', on: 'a', what: 'children' },
  { expect: 'spis', of: 'children', are: 'new' },
  { expect: 'pings' },
  { expect: 'tcp', bytes: 100_000 },
  { expect: 'never-captured', filter: 'tcp or icmp[icmptype] == icmp-echo' },
];

export default [
  inRole('initiator', {
    title: 'segments for ICMP and for one port of TCP alone',
    rfc: ['RFC 7296 §3.13.1', 'RFC 4301 §4.4.1.1'],
    link,
    steps: steps(1),
  }),
  inRole('responder', {
    name: 'ikev1',
    title: 'segments in IKEv1 for ICMP and for one port of TCP alone, each with a Child SA of its own',
    rfc: ['RFC 2407 §4.6.2'],
    link,
    cygnet: MAIN,
    strongswan: MAIN,
    steps: steps(2),
  }),
] satisfies readonly Scenario[];
