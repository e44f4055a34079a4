import { AES_GCM, CBC_WITH_HASH, type CipherRow } from '../../lab/algorithms.ts';
import { carries, MAIN } from '../../lab/presets.ts';
import { alternating, inRole } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Phase 1 of IKEv1 knows no AEAD, and its ESP no ChaCha20. */
const combined: readonly CipherRow[] = AES_GCM.map((cipher) => ({
  name: cipher,
  ikeSuite: 'aes128-sha256-ecp256',
  kernel: ['rfc4106(gcm(aes))'],
  ike: { encryption: 'aes128', authentication: 'sha256', dhGroup: 19 },
  ipsec: { proposals: [`${cipher}-ecp256`] },
}));

const rows = [
  ...CBC_WITH_HASH.map((row) => ({ ...row, title: `${row.name} protects phase 1 and ESP` })),
  ...combined.map((row) => ({ ...row, title: `${row.name} protects ESP` })),
];

export default rows.map(({ name, title, ikeSuite, kernel, ike, ipsec }, index) => ({
  ...inRole(alternating(index), {
    title,
    rfc: ['RFC 2409 appendix A', 'RFC 2407 §4.4.4', 'RFC 4106 §8'],
    cygnet: { ...MAIN, ike, ipsec },
    strongswan: { ...MAIN, ike: ikeSuite, esp: `${name}-ecp256` },
    steps: [
      {
        expect: 'status',
        on: 'a',
        contains: { ike: { proposal: ikeSuite }, children: [{ proposal: `${name}-ecp256` }] },
      },
      { expect: 'kernel-algorithms', names: kernel },
      ...carries(),
    ],
  }),
  name,
})) satisfies readonly Scenario[];
