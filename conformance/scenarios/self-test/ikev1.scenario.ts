import { AGGRESSIVE, carries, direct, FROM_A, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const rfc = ['RFC 2409 §5'];
const pair = {
  topology: direct,
  a: { strongswan: swanctl(FROM_A, MAIN) },
  b: { strongswan: swanctl(mirrored(), MAIN) },
};

const three = {
  ...FROM_A,
  localSubnets: ['10.0.192.0/20', '10.1.0.0/24', '172.20.0.0/22'],
  remoteSubnets: ['10.23.0.0/16', '192.168.7.0/24', '172.31.5.0/28'],
};

/** Both ends of each row are strongSwans. */
export default [
  {
    name: 'aggressive',
    title: 'the lab itself: two strongSwans connect in Aggressive Mode',
    rfc,
    topology: direct,
    a: { strongswan: swanctl(FROM_A, AGGRESSIVE) },
    b: { strongswan: swanctl(mirrored(), AGGRESSIVE) },
    steps: [{ do: 'up', on: 'a' }, { expect: 'connected', on: 'both' }, ...carries()],
  },
  {
    name: 'three-by-three',
    title: 'the lab itself: two strongSwans connect three segments a side, a Quick Mode for each pair',
    rfc,
    topology: {
      a: { ...direct.a, inner: ['10.0.192.32/20', '10.1.0.1/24', '172.20.0.1/22'] },
      b: { ...direct.b, inner: ['10.23.112.177/16', '192.168.7.1/24', '172.31.5.1/28'] },
    },
    a: { strongswan: swanctl(three, MAIN) },
    b: { strongswan: swanctl(mirrored(three), MAIN) },
    steps: [
      { do: 'up', on: 'a' },
      { expect: 'connected', on: 'both' },
      { expect: 'sa-count', on: 'b', of: 'children', is: 9 },
      ...carries({ children: 9, allPairs: true }),
    ],
  },
  {
    ...pair,
    name: 'rekeys',
    title: 'the lab itself: two strongSwans rekey, and it is told which SAs are new and that no ping was lost',
    rfc,
    steps: [
      { do: 'up', on: 'a' },
      { expect: 'connected', on: 'both' },
      { do: 'remember-spis' },
      // No pings yet: strongSwan sends on its new Child SA a little before the other strongSwan has it.
      { do: 'rekey', on: 'b', what: 'children' },
      { expect: 'spis', of: 'children', are: 'new' },
      { expect: 'spis', of: 'ike', are: 'same' },
      { do: 'keep-pinging' },
      { do: 'remember-spis' },
      { do: 'rekey', on: 'a', what: 'ike' },
      { expect: 'spis', of: 'ike', are: 'new' },
      { expect: 'spis', of: 'children', are: 'same' },
      { expect: 'none-lost', atLeast: 60 },
      { do: 'delete-children', on: 'a' },
      { expect: 'nothing-installed', on: 'both' },
      { expect: 'sa-count', on: 'b', of: 'children', is: 0 },
    ],
  },
  {
    ...pair,
    name: 'blackhole',
    title: 'the lab itself: what the router swallows is lost until it lets through again',
    rfc,
    a: { strongswan: swanctl(FROM_A, { ...MAIN, connection: { dpd_delay: '1s', dpd_timeout: '3s' } }) },
    steps: [
      { do: 'up', on: 'a' },
      { expect: 'connected', on: 'both' },
      { do: 'blackhole' },
      { expect: 'pings', count: 1, lost: true },
      { expect: 'nothing-installed', on: 'a' },
      { do: 'unblock' },
      { do: 'up', on: 'a' },
      { expect: 'connected', on: 'both' },
      ...carries(),
    ],
  },
] satisfies readonly Scenario[];
