import { carries, cygnet, DEFAULT_SUITE, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default {
  title: "Cygnet waits, then answers strongSwan with the platform's defaults",
  rfc: ['RFC 7296 §1.2', 'RFC 7296 §2.15'],
  topology: direct,
  a: { cygnet: cygnet(undefined, { start: 'respond' }) },
  b: { strongswan: swanctl(mirrored()) },
  steps: [
    { expect: 'status', on: 'a', contains: { connectionStatus: 'waiting', ike: null, children: [] } },
    { do: 'up', on: 'b' },
    { expect: 'connected', on: 'both' },
    ...carries(),
    { expect: 'kernel-algorithms', names: ['cbc(aes)', 'hmac(sha1)'] },
    { expect: 'route', on: 'a', to: '10.23.0.0/16', present: true },
    { expect: 'status', on: 'a', contains: { ike: { role: 'responder', proposal: DEFAULT_SUITE } } },
  ],
} satisfies Scenario;
