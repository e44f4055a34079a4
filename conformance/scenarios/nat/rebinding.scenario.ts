import { BEHIND_NAT_B, NAT_OF_B } from '../../lab/nat.ts';
import { cygnet, FROM_A, swanctl } from '../../lab/presets.ts';
import { reboundPort } from '../../lab/router.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

const common = { rfc: ['RFC 7296 §2.23', 'RFC 3948 §2'], topology: NAT_OF_B };

/** What the one behind the NAT sends shows the other where it is now; until then, what is on its way to it is lost. */
const reboundTwice: readonly Step[] = [
  { expect: 'connected', on: 'both' },
  { do: 'remember-spis' },
  { do: 'keep-pinging', from: 'b' },
  ...[1, 2].flatMap((round): readonly Step[] => [
    { do: 'rebind-nat' },
    { expect: 'captured', filter: `udp src port 4500 and udp dst port ${reboundPort(round)}`, atLeast: 20 },
  ]),
  { expect: 'none-lost', atLeast: 60, butFor: 40 },
  { expect: 'spis', of: 'ike', are: 'same' },
  { expect: 'spis', of: 'children', are: 'same' },
  { expect: 'same-spis' },
  { expect: 'pings' },
  { expect: 'sealed' },
];

export default [
  {
    ...common,
    name: 'of-strongswan',
    title: 'the NAT in front of strongSwan gives it other ports under traffic: Cygnet follows, with the same SAs',
    a: { cygnet: cygnet(FROM_A, { start: 'respond' }) },
    b: { strongswan: swanctl(BEHIND_NAT_B) },
    steps: [
      { do: 'up', on: 'b' },
      ...reboundTwice,
      {
        expect: 'status',
        on: 'a',
        contains: { ike: { remote: `${FROM_A.remote}:${reboundPort(2)}` }, children: [{ encap: true }] },
      },
    ],
  },
  {
    ...common,
    name: 'of-cygnet',
    title: 'the NAT in front of Cygnet gives it other ports under traffic: strongSwan follows, with the same SAs',
    a: { strongswan: swanctl() },
    b: { cygnet: cygnet(BEHIND_NAT_B, { gateway: { publicAddress: FROM_A.remote } }) },
    start: ['a', 'b'],
    steps: reboundTwice,
  },
] satisfies readonly Scenario[];
