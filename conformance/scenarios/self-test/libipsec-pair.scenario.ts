import { carries, direct, LIBIPSEC, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default {
  title: 'the lab itself: two strongSwans connect that carry their packets themselves, on whatever kernel',
  rfc: ['RFC 3948 §2.1'],
  topology: direct,
  a: { strongswan: swanctl(undefined, { plugins: [LIBIPSEC] }) },
  b: { strongswan: swanctl(mirrored(), { plugins: [LIBIPSEC] }) },
  steps: [
    { do: 'up', on: 'a' },
    { expect: 'connected', on: 'both' },
    ...carries(),
    { do: 'down', on: 'b' },
    { expect: 'nothing-installed', on: 'b' },
  ],
} satisfies Scenario;
