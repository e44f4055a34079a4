/** Every hash that authenticates by itself, in IKE, ESP and AH. */
export const HASHES = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];

/** Ciphers that need a hash beside them, by their names in the kernel. */
const CBC: Readonly<Record<string, string>> = {
  '3des': 'cbc(des3_ede)',
  aes128: 'cbc(aes)',
  aes192: 'cbc(aes)',
  aes256: 'cbc(aes)',
};

/** Ciphers that authenticate by themselves. */
export const AES_GCM = ['aes128gcm16', 'aes192gcm16', 'aes256gcm16'];

/** A table's row: how both daemons are told of an algorithm, and what the kernel calls it. */
export type CipherRow = {
  /** strongSwan's notation of the ESP proposal, without its group. */
  readonly name: string;
  readonly ikeSuite: string;
  readonly kernel: readonly string[];
  readonly ike: object;
  readonly ipsec: object;
};

/** Every cipher with every hash, the same in both stages. */
export const CBC_WITH_HASH: readonly CipherRow[] = Object.entries(CBC).flatMap(([cipher, kernel]) =>
  HASHES.map((hash) => ({
    name: `${cipher}-${hash}`,
    ikeSuite: `${cipher}-${hash}-ecp256`,
    kernel: [kernel, `hmac(${hash})`],
    ike: { encryption: cipher, authentication: hash, dhGroup: 19 },
    ipsec: { encryption: cipher, authentication: hash, pfs: 19 },
  })),
);

/** Every Diffie-Hellman group of both sides' tables: number, and strongSwan's keyword. */
export const GROUPS: readonly (readonly [number, string])[] = [
  [1, 'modp768'],
  [2, 'modp1024'],
  [5, 'modp1536'],
  [14, 'modp2048'],
  [15, 'modp3072'],
  [16, 'modp4096'],
  [17, 'modp6144'],
  [18, 'modp8192'],
  [19, 'ecp256'],
  [20, 'ecp384'],
  [21, 'ecp521'],
  [24, 'modp2048s256'],
  [31, 'curve25519'],
];
