import { cygnet, direct, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

const [local = ''] = FROM_A.localSubnets;
const [remote = ''] = FROM_A.remoteSubnets;
const ECHO = 'icmp[icmptype] == icmp-echo';

/** TCP goes through the tunnel all the while. */
const tunnelStands: readonly Step[] = [
  { expect: 'tcp', bytes: 100_000 },
  { expect: 'never-captured', filter: 'tcp' },
];

function scenario(name: string, title: string, action: 'bypass' | 'block', steps: readonly Step[]): Scenario {
  const shunts = { pings: { action, local: [local], remote: [`${remote}[icmp]`] } };
  return {
    name,
    title,
    rfc: ['RFC 4301 §4.4.1'],
    topology: direct,
    a: { cygnet: cygnet(FROM_A, { shunts }) },
    b: { strongswan: swanctl(mirrored()) },
    start: ['b', 'a'],
    steps: [{ expect: 'connected', on: 'both' }, ...tunnelStands, ...steps, ...tunnelStands],
  };
}

export default [
  scenario('bypass', 'what a shunt lets by goes in clear, and the tunnel takes the rest', 'bypass', [
    { expect: 'exit-status', on: 'a', of: ['list', 'shunts'], is: 0 },
    { do: 'ping' },
    { expect: 'captured', filter: ECHO, atLeast: 1 },
  ]),
  scenario('block', 'what a shunt blocks goes nowhere, and the tunnel takes the rest', 'block', [
    { expect: 'pings', lost: true, count: 1 },
    { expect: 'never-captured', filter: ECHO },
  ]),
] satisfies readonly Scenario[];
