import { anew, rekey, underTraffic } from '../../lab/replacement.ts';
import { inRole } from '../../lab/roles.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

/** The first Child SA has no key exchange of its own, so that the ends agree on it whatever their groups are. */
const rfc = ['RFC 7296 §1.2', 'RFC 7296 §1.3.3', 'RFC 7296 §2.8.3'];
const SHORT = { lifetime: '16s' };

/**
 * A new IKE SA with its Child SA comes up before the old ones go. strongSwan sends through that Child SA as soon as it
 * has answered IKE_AUTH: what is there before Cygnet has installed it, is lost.
 */
const renewed: readonly Step[] = [
  { do: 'keep-pinging' },
  { do: 'remember-spis' },
  { expect: 'log', on: 'a', matches: 'its PFS group may be another one' },
  { expect: 'spis', of: 'children', are: 'new' },
  { expect: 'spis', of: 'ike', are: 'new' },
  { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
  { expect: 'none-lost', atLeast: 200, butFor: 6 },
  { expect: 'sealed' },
];

export default [
  {
    ...inRole('initiator', {
      title:
        'only Cygnet wants PFS: strongSwan refuses the rekeying, Cygnet says why and makes all anew, first make, then break',
      rfc,
      cygnet: { ipsec: { ...SHORT, pfs: 2 }, shortLifetimes: true },
      strongswan: { esp: 'aes128-sha1' },
      steps: renewed,
    }),
    name: 'only-cygnet',
  },
  {
    ...inRole('initiator', {
      title:
        'only strongSwan wants PFS: it refuses the rekeying, Cygnet says why and makes all anew, first make, then break',
      rfc,
      cygnet: { ipsec: { ...SHORT, pfs: 'none' }, shortLifetimes: true },
      steps: renewed,
    }),
    name: 'only-strongswan',
  },
  {
    ...inRole('responder', {
      title: 'the groups of PFS differ: Cygnet refuses the rekeying of strongSwan, says why, and nothing is lost',
      rfc,
      strongswan: { esp: 'aes128-sha1-modp2048' },
      steps: underTraffic(
        [
          { do: 'remember-spis' },
          rekey('children'),
          { expect: 'log', on: 'b', matches: 'NO_PROP' },
          { expect: 'log', on: 'a', matches: 'modp2048' },
          { expect: 'spis', of: 'children', are: 'same' },
          ...anew('ike', 1, rekey('ike')),
        ],
        150,
      ),
    }),
    name: 'responder',
  },
] satisfies readonly Scenario[];
