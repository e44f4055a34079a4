import { carries, MAIN } from '../../lab/presets.ts';
import { inRole } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

const cygnet = {
  ...MAIN,
  ike: { proposals: ['aes256-sha256-modp2048', 'aes192-sha1-modp1536', 'aes128-sha1-modp1024'] },
  ipsec: { proposals: ['aes256-sha256', 'aes192-sha1', 'aes128-sha1'] },
};

/** Transforms of one proposal, of which each side prefers another. */
export default [
  {
    ...inRole('initiator', {
      title: 'Cygnet offers several transforms and takes the one that strongSwan prefers',
      rfc: ['RFC 2408 §4.2', 'RFC 2409 §5'],
      cygnet,
      strongswan: { ...MAIN, ike: 'aes128-sha1-modp1024,aes192-sha1-modp1536', esp: 'aes128-sha1,aes192-sha1' },
      steps: [...carries()],
    }),
  },
  {
    ...inRole('responder', {
      title: 'of several transforms that strongSwan offers, Cygnet chooses by its own order',
      rfc: ['RFC 2408 §4.2', 'RFC 2409 §5'],
      cygnet,
      strongswan: { ...MAIN, ike: 'aes128-sha1-modp1024,aes256-sha256-modp2048', esp: 'aes128-sha1,aes256-sha256' },
      steps: [
        {
          expect: 'status',
          on: 'a',
          contains: { ike: { proposal: 'aes256-sha256-modp2048' }, children: [{ proposal: 'aes256-sha256' }] },
        },
        ...carries(),
      ],
    }),
  },
] satisfies readonly Scenario[];
