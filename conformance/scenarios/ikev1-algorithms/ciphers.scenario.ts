import { carries, MAIN } from '../../lab/presets.ts';
import { alternating, inRole } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

const HASHES = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];
const CBC: Readonly<Record<string, string>> = {
  '3des': 'cbc(des3_ede)',
  aes128: 'cbc(aes)',
  aes192: 'cbc(aes)',
  aes256: 'cbc(aes)',
};
/** Phase 1 of IKEv1 knows no AEAD, and its ESP no ChaCha20. */
const AEAD = ['aes128gcm16', 'aes192gcm16', 'aes256gcm16'];

type Row = {
  readonly name: string;
  readonly title: string;
  readonly suite: string;
  readonly kernel: readonly string[];
  readonly ike: object;
  readonly ipsec: object;
};

const separate: readonly Row[] = Object.entries(CBC).flatMap(([cipher, kernel]) =>
  HASHES.map((hash) => ({
    name: `${cipher}-${hash}`,
    title: `${cipher}-${hash} protects phase 1 and ESP`,
    suite: `${cipher}-${hash}-ecp256`,
    kernel: [kernel, `hmac(${hash})`],
    ike: { encryption: cipher, authentication: hash, dhGroup: 19 },
    ipsec: { encryption: cipher, authentication: hash, pfs: 19 },
  })),
);

const combined: readonly Row[] = AEAD.map((cipher) => ({
  name: cipher,
  title: `${cipher} protects ESP`,
  suite: 'aes128-sha256-ecp256',
  kernel: ['rfc4106(gcm(aes))'],
  ike: { encryption: 'aes128', authentication: 'sha256', dhGroup: 19 },
  ipsec: { proposals: [`${cipher}-ecp256`] },
}));

export default [...separate, ...combined].map(({ name, title, suite, kernel, ike, ipsec }, index) => ({
  ...inRole(alternating(index), {
    title,
    rfc: ['RFC 2409 appendix A', 'RFC 2407 §4.4.4', 'RFC 4106 §8'],
    cygnet: { ...MAIN, ike, ipsec },
    strongswan: { ...MAIN, ike: suite, esp: `${name}-ecp256` },
    steps: [
      { expect: 'status', on: 'a', contains: { ike: { proposal: suite }, children: [{ proposal: `${name}-ecp256` }] } },
      { expect: 'kernel-algorithms', names: kernel },
      ...carries(),
    ],
  }),
  name,
})) satisfies readonly Scenario[];
