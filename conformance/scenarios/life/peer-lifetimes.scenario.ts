import { anew, BRIEF_CHILDREN, BRIEF_IKE, underTraffic } from '../../lab/replacement.ts';
import { inRole } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default [
  inRole('initiator', {
    name: 'children',
    title: "strongSwan's Child SAs live shortly, and it rekeys each in time: no packet is lost, the IKE SA stays",
    rfc: ['RFC 7296 §1.3.3', 'RFC 7296 §2.8'],
    strongswan: BRIEF_CHILDREN,
    steps: underTraffic(anew('children', 2), 300),
  }),
  inRole('responder', {
    name: 'ike',
    title: "strongSwan's IKE SA lives shortly, and it rekeys it in time: the Child SA is not touched",
    rfc: ['RFC 7296 §1.3.2', 'RFC 7296 §2.18'],
    strongswan: BRIEF_IKE,
    steps: [...underTraffic(anew('ike', 1), 250), { expect: 'same-spis' }],
  }),
  inRole('initiator', {
    name: 'of-both',
    title: 'both ends want to rekey at about the same time, whatever crosses: no packet is lost, and nothing piles up',
    rfc: ['RFC 7296 §2.8.1', 'RFC 7296 §2.25'],
    cygnet: { ipsec: { lifetime: '12s' }, shortLifetimes: true },
    strongswan: BRIEF_CHILDREN,
    steps: underTraffic([...anew('children', 2), { expect: 'sa-count', on: 'b', of: 'children', is: 1 }], 300),
  }),
] satisfies readonly Scenario[];
