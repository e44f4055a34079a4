import { carries, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default {
  title: 'the lab itself: two strongSwans connect, and every expectation that needs no Cygnet holds',
  rfc: ['RFC 7296 §1.2'],
  topology: direct,
  a: { strongswan: swanctl() },
  b: { strongswan: swanctl(mirrored()) },
  steps: [
    { do: 'foreign-state', on: 'a' },
    { expect: 'nothing-left', on: 'a' },
    { do: 'up', on: 'a' },
    { expect: 'connected', on: 'both' },
    ...carries(),
    { expect: 'kernel-algorithms', names: ['cbc(aes)', 'hmac(sha1)'] },
    { do: 'down', on: 'b' },
    { do: 'stop', on: 'a' },
    { expect: 'nothing-installed', on: 'b' },
    { expect: 'nothing-left', on: 'a' },
    { expect: 'foreign-untouched', on: 'a' },
  ],
} satisfies Scenario;
