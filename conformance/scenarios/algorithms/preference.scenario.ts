import { carries, cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const ours = {
  ike: { proposals: ['aes256gcm16-prfsha384-ecp384', 'aes256-sha256-modp2048', 'aes128-sha1-modp1024'] },
  ipsec: { proposals: ['aes256gcm16', 'aes256-sha256', 'aes128-sha1'] },
};
const theirs = { ike: 'aes128-sha1-modp1024,aes256-sha256-modp2048', esp: 'aes128-sha1,aes256-sha256' };
const common = { rfc: ['RFC 7296 §2.7'], topology: direct, b: { strongswan: swanctl(mirrored(), theirs) } };

export default [
  {
    ...common,
    name: 'responder',
    title: 'of several common proposals Cygnet chooses by its own order',
    a: { cygnet: cygnet(undefined, { ...ours, start: 'respond' }) },
    steps: [
      { do: 'up', on: 'b' },
      { expect: 'connected', on: 'both' },
      {
        expect: 'status',
        on: 'a',
        contains: { ike: { proposal: 'aes256-sha256-modp2048' }, children: [{ proposal: 'aes256-sha256' }] },
      },
      ...carries(),
    ],
  },
  {
    ...common,
    name: 'initiator',
    title: 'Cygnet offers several proposals and takes the one that strongSwan chooses',
    a: { cygnet: cygnet(undefined, ours) },
    steps: [{ expect: 'connected', on: 'both' }, ...carries()],
  },
] satisfies readonly Scenario[];
