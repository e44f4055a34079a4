import { carries, cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** strongSwan as impatient as Cygnet, so that the messages of both are under way when the path opens. */
const charon = { retransmit_timeout: 1, retransmit_base: 1, retransmit_tries: 60 };

export default {
  title: 'both ends start the tunnel at the same time: one IKE SA and one Child SA remain',
  rfc: ['RFC 7296 §2.8', 'RFC 7296 §2.4'],
  topology: direct,
  a: { cygnet: cygnet() },
  b: { strongswan: swanctl(mirrored(), { child: { start_action: 'start' }, charon }) },
  start: [],
  steps: [
    { do: 'blackhole' },
    { do: 'start', on: 'b' },
    { do: 'start', on: 'a' },
    { expect: 'log', on: 'b', matches: 'retransmit 1 of request' },
    { do: 'unblock' },
    { expect: 'connected', on: 'both' },
    { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
    ...carries(),
    { expect: 'sa-count', on: 'b', of: 'children', is: 1 },
    { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
  ],
} satisfies Scenario;
