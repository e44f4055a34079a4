import { MAIN } from '../../lab/presets.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** strongSwan replaces what it has at `rekey_time`, and deletes the old one at the end of its lifetime. */
const children = { child: { rekey_time: '8s', life_time: '12s', rand_time: 0 } };
const ike = { connection: { rekey_time: '12s', over_time: '4s', rand_time: 0 } };

export default [
  ...bothRoles({
    name: 'children',
    title: "strongSwan's Child SAs live shortly, each replaced while the last one is there: no packet is lost",
    rfc: ['RFC 2407 §4.5.4', 'RFC 2409 §5.5'],
    cygnet: MAIN,
    strongswan: { ...MAIN, ...children },
    steps: [
      { do: 'keep-pinging' },
      { do: 'remember-spis' },
      { expect: 'spis', of: 'children', are: 'new' },
      { do: 'remember-spis' },
      { expect: 'spis', of: 'children', are: 'new' },
      // By now strongSwan has deleted a replaced one.
      { expect: 'none-lost', atLeast: 400 },
      { expect: 'spis', of: 'ike', are: 'same' },
      { expect: 'sealed' },
    ],
  }),
  ...bothRoles({
    name: 'ike',
    title: "strongSwan's IKE SA lives shortly and is deleted alone: the Child SA outlives it",
    rfc: ['RFC 2408 §3.15', 'RFC 2409 §5.4'],
    cygnet: MAIN,
    strongswan: { ...MAIN, ...ike },
    steps: [
      { do: 'keep-pinging' },
      { do: 'remember-spis' },
      { expect: 'spis', of: 'ike', are: 'new' },
      { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
      { expect: 'spis', of: 'children', are: 'same' },
      { expect: 'none-lost', atLeast: 350 },
      { expect: 'sealed' },
    ],
  }),
] satisfies readonly Scenario[];
