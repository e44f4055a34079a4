import { AGGRESSIVE, MAIN, type Version1 } from '../../lab/presets.ts';
import { anew, rekey } from '../../lab/replacement.ts';
import { bothRoles, type Connection } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default [
  ...bothRoles({
    name: 'children',
    title: 'strongSwan replaces the Child SA twice: no packet is lost, the IKE SA stays',
    rfc: ['RFC 2409 §5.5', 'RFC 2408 §4.3'],
    cygnet: MAIN,
    strongswan: MAIN,
    steps: [
      { do: 'keep-pinging' },
      ...anew('children', 2, rekey('children')),
      { expect: 'none-lost', atLeast: 100 },
      { expect: 'sealed' },
    ],
  }),
  // What is under way when strongSwan deletes so early is lost, whatever the other end does.
  ...bothRoles({
    name: 'children-deleted',
    title: 'strongSwan replaces the Child SA and deletes the old one at once, before the new one is confirmed to us',
    rfc: ['RFC 2409 §5.5', 'RFC 2408 §3.15'],
    cygnet: MAIN,
    strongswan: { ...MAIN, charon: { delete_rekeyed: true } },
    steps: [
      ...anew('children', 2, rekey('children')),
      { expect: 'same-spis' },
      { expect: 'pings' },
      { expect: 'sealed' },
    ],
  }),
  ...[MAIN, AGGRESSIVE].flatMap((version) => bothRoles(phase1(version))),
] satisfies readonly Scenario[];

function phase1(version: Version1): Connection {
  return {
    name: `ike-${version.mode}`,
    title: `strongSwan negotiates phase 1 anew in ${version.mode} mode: no packet is lost, the Child SA stays`,
    rfc: ['RFC 2409 §5.4', 'RFC 2408 §4.3'],
    cygnet: version,
    strongswan: version,
    steps: [
      { do: 'keep-pinging' },
      ...anew('ike', 1, rekey('ike')),
      { expect: 'same-spis' },
      // The Child SA belongs to the new IKE SA now, which has to be able to replace it.
      { do: 'remember-spis' },
      rekey('children'),
      { expect: 'spis', of: 'children', are: 'new' },
      { expect: 'none-lost', atLeast: 100 },
      { expect: 'sealed' },
    ],
  };
}
