import { carries, cygnet, direct, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

const lost: Step = { expect: 'pings', from: 'a', count: 3, lost: true };

export default {
  title:
    'a daemon that is killed takes its tunnel with it: nothing leaves in clear, before and after it is started again',
  rfc: ['RFC 4301 §5.1'],
  topology: direct,
  a: { cygnet: cygnet(FROM_A, { dataplane: 'userspace', start: 'respond' }) },
  b: { strongswan: swanctl(mirrored()) },
  steps: [
    { do: 'up', on: 'a' },
    { expect: 'connected', on: 'both' },
    ...carries(),
    { do: 'kill', on: 'a' },
    lost,
    { expect: 'sealed' },
    { do: 'start', on: 'a' },
    lost,
    { do: 'up', on: 'a' },
    { expect: 'connected', on: 'both' },
    { expect: 'pings' },
    { expect: 'sealed' },
    { do: 'stop', on: 'a' },
    { expect: 'nothing-left', on: 'a' },
    { do: 'start', on: 'a' },
  ],
} satisfies Scenario;
