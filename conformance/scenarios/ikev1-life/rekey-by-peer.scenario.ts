import { AGGRESSIVE, MAIN, type Version1 } from '../../lab/presets.ts';
import { bothRoles, type Connection } from '../../lab/roles.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

const childAnew: readonly Step[] = [
  { do: 'remember-spis' },
  { do: 'rekey', on: 'b', what: 'children' },
  { expect: 'spis', of: 'children', are: 'new' },
];

export default [
  ...bothRoles({
    name: 'children',
    title: 'strongSwan replaces the Child SA twice: no packet is lost, the IKE SA stays',
    rfc: ['RFC 2409 §5.5', 'RFC 2408 §4.3'],
    cygnet: MAIN,
    strongswan: MAIN,
    steps: [
      { do: 'keep-pinging' },
      ...childAnew,
      ...childAnew,
      { expect: 'spis', of: 'ike', are: 'same' },
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
      ...childAnew,
      ...childAnew,
      { expect: 'spis', of: 'ike', are: 'same' },
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
      { do: 'remember-spis' },
      { do: 'rekey', on: 'b', what: 'ike' },
      { expect: 'spis', of: 'ike', are: 'new' },
      { expect: 'spis', of: 'children', are: 'same' },
      { expect: 'same-spis' },
      // The Child SA belongs to the new IKE SA now, which has to be able to replace it.
      ...childAnew,
      { expect: 'none-lost', atLeast: 100 },
      { expect: 'sealed' },
    ],
  };
}
