import { carries, cygnet, direct, mirrored, swanctl } from '../lab/presets.ts';
import type { Scenario } from '../lab/scenario.ts';

export default {
  title: 'what conformance/quickstart.sh shows: a tunnel to strongSwan, traffic through it, and its status',
  rfc: ['RFC 7296 §1.2'],
  topology: direct,
  a: { cygnet: cygnet() },
  b: { strongswan: swanctl(mirrored()) },
  steps: [
    { expect: 'connected', on: 'both' },
    { do: 'show', on: 'a', command: ['ping', '-c', '3', '-I', '10.0.192.32', '10.23.112.177'] },
    { do: 'show', on: 'b', command: ['ping', '-c', '3', '-I', '10.23.112.177', '10.0.192.32'] },
    { do: 'show', on: 'a', command: ['cygnet', 'status'] },
    { do: 'show', on: 'a', command: ['cygnet', 'status', '--json'] },
    { do: 'show', on: 'a', command: ['ip', '-s', 'xfrm', 'state'] },
    ...carries(),
  ],
} satisfies Scenario;
