import { cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default {
  title: 'packets that just fit cross whole, larger ones in fragments',
  rfc: ['RFC 4303 §3.3.4', 'RFC 4301 §8'],
  topology: direct,
  a: { cygnet: cygnet() },
  b: { strongswan: swanctl(mirrored()) },
  steps: [
    { expect: 'connected', on: 'both' },
    // 1428 bytes inside are 1496 outside with aes128-sha1 (outer header 20, SPI and sequence 8, IV 16, padding, ICV 12).
    { expect: 'pings', size: 1400, fragmentation: 'do' },
    { expect: 'pings', size: 1472, fragmentation: 'dont' },
    { expect: 'pings', size: 4000, fragmentation: 'dont' },
    { expect: 'sealed' },
  ],
} satisfies Scenario;
