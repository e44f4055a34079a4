import { carries, cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const HASHES = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];
const CBC: Readonly<Record<string, string>> = {
  '3des': 'cbc(des3_ede)',
  aes128: 'cbc(aes)',
  aes192: 'cbc(aes)',
  aes256: 'cbc(aes)',
};
const AEAD: Readonly<Record<string, string>> = {
  aes128gcm16: 'rfc4106(gcm(aes))',
  aes192gcm16: 'rfc4106(gcm(aes))',
  aes256gcm16: 'rfc4106(gcm(aes))',
  chacha20poly1305: 'rfc7539esp(chacha20,poly1305)',
};

type Row = {
  readonly name: string;
  readonly ikeSuite: string;
  readonly kernel: readonly string[];
  readonly ike: object;
  readonly ipsec: object;
};

const separate: readonly Row[] = Object.entries(CBC).flatMap(([cipher, kernel]) =>
  HASHES.map((hash) => ({
    name: `${cipher}-${hash}`,
    ikeSuite: `${cipher}-${hash}-ecp256`,
    kernel: [kernel, `hmac(${hash})`],
    ike: { encryption: cipher, authentication: hash, dhGroup: 19 },
    ipsec: { encryption: cipher, authentication: hash, pfs: 19 },
  })),
);

const combined: readonly Row[] = Object.entries(AEAD).map(([cipher, kernel]) => ({
  name: cipher,
  ikeSuite: `${cipher}-prfsha256-ecp256`,
  kernel: [kernel],
  ike: { proposals: [`${cipher}-prfsha256-ecp256`] },
  ipsec: { proposals: [`${cipher}-ecp256`] },
}));

export default [...separate, ...combined].map(({ name, ikeSuite, kernel, ike, ipsec }, index) => {
  const initiates = index % 2 === 0;
  return {
    name,
    title: `${name} protects IKE and ESP, ${initiates ? 'Cygnet' : 'strongSwan'} initiating`,
    rfc: ['RFC 7296 §3.3.2', 'RFC 8221 §5'],
    topology: direct,
    a: { cygnet: cygnet(undefined, { ike, ipsec, start: initiates ? 'initiate' : 'respond' }) },
    b: { strongswan: swanctl(mirrored(), { ike: ikeSuite, esp: `${name}-ecp256` }) },
    steps: [
      ...(initiates ? [] : [{ do: 'up', on: 'b' } as const]),
      { expect: 'connected', on: 'both' },
      { expect: 'status', on: 'a', contains: { ike: { proposal: ikeSuite }, children: [{ proposal: name }] } },
      { expect: 'kernel-algorithms', names: kernel },
      ...carries(),
    ],
  } as const;
}) satisfies readonly Scenario[];
