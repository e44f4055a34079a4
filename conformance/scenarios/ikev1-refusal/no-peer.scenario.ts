import { AGGRESSIVE, cygnet, direct, FROM_A, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default [MAIN, AGGRESSIVE].map((version) => ({
  name: version.mode,
  title: `nobody answers in ${version.mode} mode: the status says so, and the tunnel comes up once the peer is there`,
  rfc: ['RFC 2408 §5.1'],
  topology: direct,
  a: { cygnet: cygnet(FROM_A, { ...version, tunnel: { retry: { attempts: 1, interval: '12s' } } }) },
  b: { strongswan: swanctl(mirrored(), version) },
  start: ['a'],
  steps: [
    { expect: 'status', on: 'a', contains: { connectionStatus: 'stage1Failure', reason: { code: 'no-response' } } },
    { expect: 'nothing-installed', on: 'a' },
    { do: 'start', on: 'b' },
    { expect: 'connected', on: 'both' },
    { expect: 'pings' },
  ],
})) satisfies readonly Scenario[];
