import { MAIN } from '../../lab/presets.ts';
import { anew, BRIEF_CHILDREN, BRIEF_IKE } from '../../lab/replacement.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default [
  ...bothRoles({
    name: 'children',
    title: "strongSwan's Child SAs live shortly, each replaced while the last one is there: no packet is lost",
    rfc: ['RFC 2407 §4.5.4', 'RFC 2409 §5.5'],
    cygnet: MAIN,
    strongswan: { ...MAIN, ...BRIEF_CHILDREN },
    steps: [
      { do: 'keep-pinging' },
      ...anew('children', 2),
      // By now strongSwan has deleted a replaced one.
      { expect: 'none-lost', atLeast: 400 },
      { expect: 'sealed' },
    ],
  }),
  ...bothRoles({
    name: 'ike',
    title: "strongSwan's IKE SA lives shortly and is deleted alone: the Child SA outlives it",
    rfc: ['RFC 2408 §3.15', 'RFC 2409 §5.4'],
    cygnet: MAIN,
    strongswan: { ...MAIN, ...BRIEF_IKE },
    steps: [
      { do: 'keep-pinging' },
      ...anew('ike', 1),
      { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
      { expect: 'spis', of: 'children', are: 'same' },
      { expect: 'none-lost', atLeast: 350 },
      { expect: 'sealed' },
    ],
  }),
] satisfies readonly Scenario[];
