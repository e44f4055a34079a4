import { carries, cygnet, direct, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const kinds = [
  { name: 'rfc822', localId: 'ops@hq.example.com', remoteId: 'ops@branch.example.net' },
  { name: 'ipv6', localId: '2001:db8::1', remoteId: '2001:db8:ffff::2' },
];

export default kinds.map(({ name, localId, remoteId }) => ({
  name,
  title: `both ends name themselves by ${name} identities`,
  rfc: ['RFC 7296 §3.5'],
  topology: direct,
  a: { cygnet: cygnet({ ...FROM_A, localId, remoteId }) },
  b: { strongswan: swanctl(mirrored({ ...FROM_A, localId, remoteId })) },
  steps: [
    { expect: 'connected', on: 'both' },
    { expect: 'status', on: 'a', contains: { ike: { localId, remoteId } } },
    ...carries(),
  ],
})) satisfies readonly Scenario[];
