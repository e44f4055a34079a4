import { AES_GCM, CBC_WITH_HASH, type CipherRow } from '../../lab/algorithms.ts';
import { carries } from '../../lab/presets.ts';
import { alternating, inRole } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

const AEAD: readonly (readonly [string, string])[] = [
  ...AES_GCM.map((cipher) => [cipher, 'rfc4106(gcm(aes))'] as const),
  ['chacha20poly1305', 'rfc7539esp(chacha20,poly1305)'],
];

const combined: readonly CipherRow[] = AEAD.map(([cipher, kernel]) => ({
  name: cipher,
  ikeSuite: `${cipher}-prfsha256-ecp256`,
  kernel: [kernel],
  ike: { proposals: [`${cipher}-prfsha256-ecp256`] },
  ipsec: { proposals: [`${cipher}-ecp256`] },
}));

export default [...CBC_WITH_HASH, ...combined].map(({ name, ikeSuite, kernel, ike, ipsec }, index) => ({
  ...inRole(alternating(index), {
    title: `${name} protects IKE and ESP`,
    rfc: ['RFC 7296 §3.3.2', 'RFC 8221 §5'],
    cygnet: { ike, ipsec },
    strongswan: { ike: ikeSuite, esp: `${name}-ecp256` },
    steps: [
      { expect: 'status', on: 'a', contains: { ike: { proposal: ikeSuite }, children: [{ proposal: name }] } },
      { expect: 'kernel-algorithms', names: kernel },
      ...carries(),
    ],
  }),
  name,
})) satisfies readonly Scenario[];
