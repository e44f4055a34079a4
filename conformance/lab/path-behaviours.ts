import { BEHIND_NAT_B, NAT_OF_B } from './nat.ts';
import { carries, cygnet, direct, FROM_A, mirrored, swanctl } from './presets.ts';
import { reboundPort } from './router.ts';
import type { Carrier, Scenario, Step } from './scenario.ts';

const HOME = direct.a.address;
const AWAY = '106.75.234.79';

/** What becomes of the path between the gateways, and of the packets on it, whatever carries them. IKEv2 alone. */
export function pathBehaviours(dataplane: Carrier): readonly Scenario[] {
  return [
    {
      name: 'cygnet-moves',
      title: 'Cygnet, the initiator, gets another address and back: the tunnel moves with it, under the same SAs',
      rfc: MOBIKE,
      topology: direct,
      a: { cygnet: cygnet(FROM_A, { dataplane, gateway: { address: [HOME, AWAY] } }) },
      b: { strongswan: swanctl(mirrored()) },
      steps: [
        { expect: 'connected', on: 'both' },
        { expect: 'status', on: 'a', contains: { ike: { local: `${HOME}:4500` } } },
        ...carries(),
        { do: 'remember-spis' },
        { do: 'move', on: 'a', to: AWAY },
        { expect: 'status', on: 'a', contains: { ike: { local: `${AWAY}:4500` }, children: [{ encap: false }] } },
        { expect: 'log', on: 'b', matches: 'UPD_SA_ADDR' },
        ...carriedElsewhere,
        { do: 'move', on: 'a', to: HOME },
        { expect: 'status', on: 'a', contains: { ike: { local: `${HOME}:4500` } } },
        ...sameSas,
      ],
    },
    {
      name: 'strongswan-moves',
      title:
        'strongSwan, the initiator, gets another address and back: Cygnet checks it and follows, under the same SAs',
      rfc: MOBIKE,
      topology: direct,
      a: { strongswan: swanctl(FROM_A, { connection: { local_addrs: '%any' } }) },
      b: { cygnet: cygnet(mirrored(), { dataplane, start: 'respond' }) },
      steps: [
        { do: 'up', on: 'a' },
        { expect: 'connected', on: 'both' },
        { expect: 'status', on: 'b', contains: { ike: { remote: `${HOME}:4500` } } },
        ...carries(),
        { do: 'remember-spis' },
        { do: 'move', on: 'a', to: AWAY },
        { expect: 'status', on: 'b', contains: { ike: { remote: `${AWAY}:4500` }, children: [{ encap: false }] } },
        { expect: 'log', on: 'b', matches: 'the peer has moved' },
        ...carriedElsewhere,
        { do: 'move', on: 'a', to: HOME },
        { expect: 'status', on: 'b', contains: { ike: { remote: `${HOME}:4500` } } },
        ...sameSas,
      ],
    },
    {
      name: 'rebinding-of-strongswan',
      title: 'the NAT in front of strongSwan gives it other ports under traffic: Cygnet follows, with the same SAs',
      rfc: NAT,
      topology: NAT_OF_B,
      a: { cygnet: cygnet(FROM_A, { dataplane, start: 'respond' }) },
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
      name: 'rebinding-of-cygnet',
      title: 'the NAT in front of Cygnet gives it other ports under traffic: strongSwan follows, with the same SAs',
      rfc: NAT,
      topology: NAT_OF_B,
      a: { strongswan: swanctl() },
      b: { cygnet: cygnet(BEHIND_NAT_B, { dataplane, gateway: { publicAddress: FROM_A.remote } }) },
      start: ['a', 'b'],
      steps: reboundTwice,
    },
    {
      name: 'refused-packets',
      title: 'packets that come twice, or with bits inverted on the way, are counted and dropped, and all others pass',
      rfc: ['RFC 4303 §3.4.3', 'RFC 4303 §3.4.4'],
      topology: direct,
      a: { cygnet: cygnet(FROM_A, { dataplane }) },
      b: { strongswan: swanctl(mirrored()) },
      steps: [
        { expect: 'connected', on: 'both' },
        { do: 'keep-pinging' },
        { do: 'duplicate', towards: 'a' },
        { expect: 'refused-packets', on: 'a', counter: 'XfrmInStateSeqError', atLeast: 20 },
        { do: 'leave-alone', towards: 'a' },
        { expect: 'none-lost', atLeast: 40 },
        { expect: 'sealed' },
        { do: 'keep-pinging' },
        { do: 'corrupt', towards: 'a', percent: 30 },
        { expect: 'refused-packets', on: 'a', counter: 'XfrmInStateProtoError', atLeast: 5 },
        { do: 'leave-alone', towards: 'a' },
        { expect: 'none-lost', atLeast: 20, butFor: 1_000 },
        { expect: 'pings' },
      ],
    },
  ];
}

const MOBIKE = ['RFC 4555 §3.3', 'RFC 4555 §3.5', 'RFC 4555 §3.7'];
const NAT = ['RFC 7296 §2.23', 'RFC 3948 §2'];

const carriedElsewhere: readonly Step[] = [
  { expect: 'same-spis' },
  { expect: 'pings' },
  { expect: 'captured', filter: `esp and src host ${AWAY}`, atLeast: 3 },
  { expect: 'captured', filter: `esp and dst host ${AWAY}`, atLeast: 3 },
];

const sameSas: readonly Step[] = [
  { expect: 'same-spis' },
  { expect: 'pings' },
  { expect: 'spis', of: 'ike', are: 'same' },
  { expect: 'spis', of: 'children', are: 'same' },
  { expect: 'sealed' },
];

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
  ...sameSas,
];
