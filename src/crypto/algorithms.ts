/**
 * Every algorithm, registered once. All else (lookups, offers, names, README tables) is derived from these rows.
 * Absent is absent, never 0: 0 is a real number in several of these registries.
 *
 * Sources: IANA "IKEv2 Parameters" and "IPsec registry (IKEv1)", RFC 8247 §2 and RFC 8221 §5-6 for the status,
 * draft-ietf-ipsecme-ikev2-mlkem for ML-KEM, the kernel's net/xfrm/xfrm_algo.c for the kernel names.
 */

/**
 * RFC 8247 §1.1 / RFC 8221 §2 status words; `must-` is expected to fall, `should+` to rise. What an RFC does not name
 * may be implemented (RFC 8247 §2.5, RFC 8221 §1.2).
 */
export type Status = 'must' | 'must-' | 'should+' | 'should' | 'may' | 'should-not' | 'must-not';

export type EncryptionAlgorithm = {
  /** strongSwan's proposal keyword; also our identifier of the row. */
  readonly keyword: string;
  /** IKEv2 transform id, RFC 7296 §3.3.2 type 1. */
  readonly ikev2: number;
  /** IKEv1 phase 1 encryption algorithm, RFC 2409 appendix A. */
  readonly ikev1Phase1?: number;
  /** IKEv1 ESP transform id, RFC 2407 §4.4.4. */
  readonly ikev1Esp?: number;
  readonly keyBits: number;
  /** Whether the key length travels as an attribute (fixed-length ciphers must not carry one, RFC 7296 §3.3.5). */
  readonly keyLengthAttribute: boolean;
  readonly blockBytes: number;
  readonly ivBytes: number;
  /** Implicit nonce bytes taken from KEYMAT after the key, RFC 5282 §7.1. */
  readonly saltBytes: number;
  /** Tag of a combined-mode algorithm; absent for a cipher that needs a separate integrity algorithm. */
  readonly aeadIcvBytes?: number;
  readonly kernel: string;
  /** node:crypto cipher name. */
  readonly node: string;
  readonly status: { readonly ike: Status; readonly esp: Status };
};

// biome-ignore format: one algorithm, one row
export const ENCRYPTION = [
  { keyword: '3des', ikev2: 3, ikev1Phase1: 5, ikev1Esp: 3, keyBits: 192, keyLengthAttribute: false, blockBytes: 8, ivBytes: 8, saltBytes: 0, kernel: 'cbc(des3_ede)', node: 'des-ede3-cbc', status: { ike: 'may', esp: 'should-not' } },
  { keyword: 'aes128', ikev2: 12, ikev1Phase1: 7, ikev1Esp: 12, keyBits: 128, keyLengthAttribute: true, blockBytes: 16, ivBytes: 16, saltBytes: 0, kernel: 'cbc(aes)', node: 'aes-128-cbc', status: { ike: 'must', esp: 'must' } },
  { keyword: 'aes192', ikev2: 12, ikev1Phase1: 7, ikev1Esp: 12, keyBits: 192, keyLengthAttribute: true, blockBytes: 16, ivBytes: 16, saltBytes: 0, kernel: 'cbc(aes)', node: 'aes-192-cbc', status: { ike: 'may', esp: 'may' } },
  { keyword: 'aes256', ikev2: 12, ikev1Phase1: 7, ikev1Esp: 12, keyBits: 256, keyLengthAttribute: true, blockBytes: 16, ivBytes: 16, saltBytes: 0, kernel: 'cbc(aes)', node: 'aes-256-cbc', status: { ike: 'must', esp: 'must' } },
  { keyword: 'aes128gcm16', ikev2: 20, ikev1Esp: 20, keyBits: 128, keyLengthAttribute: true, blockBytes: 1, ivBytes: 8, saltBytes: 4, aeadIcvBytes: 16, kernel: 'rfc4106(gcm(aes))', node: 'aes-128-gcm', status: { ike: 'should', esp: 'must' } },
  { keyword: 'aes192gcm16', ikev2: 20, ikev1Esp: 20, keyBits: 192, keyLengthAttribute: true, blockBytes: 1, ivBytes: 8, saltBytes: 4, aeadIcvBytes: 16, kernel: 'rfc4106(gcm(aes))', node: 'aes-192-gcm', status: { ike: 'may', esp: 'may' } },
  { keyword: 'aes256gcm16', ikev2: 20, ikev1Esp: 20, keyBits: 256, keyLengthAttribute: true, blockBytes: 1, ivBytes: 8, saltBytes: 4, aeadIcvBytes: 16, kernel: 'rfc4106(gcm(aes))', node: 'aes-256-gcm', status: { ike: 'should', esp: 'must' } },
  { keyword: 'chacha20poly1305', ikev2: 28, keyBits: 256, keyLengthAttribute: false, blockBytes: 1, ivBytes: 8, saltBytes: 4, aeadIcvBytes: 16, kernel: 'rfc7539esp(chacha20,poly1305)', node: 'chacha20-poly1305', status: { ike: 'should', esp: 'should' } },
] as const satisfies readonly EncryptionAlgorithm[];

export type IntegrityAlgorithm = {
  readonly keyword: string;
  /** IKEv2 transform id, type 3. */
  readonly ikev2: number;
  /** IKEv1 ESP/AH authentication algorithm attribute, RFC 2407 §4.5 and RFC 4868 §2. */
  readonly ikev1Auth: number;
  /** IKEv1 AH transform id, RFC 2407 §4.4.3. */
  readonly ikev1Ah: number;
  readonly keyBytes: number;
  readonly icvBytes: number;
  readonly kernel: string;
  readonly hash: HashName;
  readonly status: { readonly ike: Status; readonly esp: Status };
};

export type HashName = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';

// biome-ignore format: one algorithm, one row
export const INTEGRITY = [
  { keyword: 'md5', ikev2: 1, ikev1Auth: 1, ikev1Ah: 2, keyBytes: 16, icvBytes: 12, kernel: 'hmac(md5)', hash: 'md5', status: { ike: 'must-not', esp: 'must-not' } },
  { keyword: 'sha1', ikev2: 2, ikev1Auth: 2, ikev1Ah: 3, keyBytes: 20, icvBytes: 12, kernel: 'hmac(sha1)', hash: 'sha1', status: { ike: 'must-', esp: 'must-' } },
  { keyword: 'sha256', ikev2: 12, ikev1Auth: 5, ikev1Ah: 5, keyBytes: 32, icvBytes: 16, kernel: 'hmac(sha256)', hash: 'sha256', status: { ike: 'must', esp: 'must' } },
  { keyword: 'sha384', ikev2: 13, ikev1Auth: 6, ikev1Ah: 6, keyBytes: 48, icvBytes: 24, kernel: 'hmac(sha384)', hash: 'sha384', status: { ike: 'may', esp: 'may' } },
  { keyword: 'sha512', ikev2: 14, ikev1Auth: 7, ikev1Ah: 7, keyBytes: 64, icvBytes: 32, kernel: 'hmac(sha512)', hash: 'sha512', status: { ike: 'should', esp: 'should' } },
] as const satisfies readonly IntegrityAlgorithm[];

export type PrfAlgorithm = {
  readonly keyword: string;
  /** IKEv2 transform id, type 2. */
  readonly ikev2: number;
  /** IKEv1 phase 1 hash algorithm, RFC 2409 appendix A. */
  readonly ikev1Phase1: number;
  /** Output and preferred key length, bytes. */
  readonly outputBytes: number;
  readonly hash: HashName;
  readonly status: { readonly ike: Status };
};

// biome-ignore format: one algorithm, one row
export const PRF = [
  { keyword: 'prfmd5', ikev2: 1, ikev1Phase1: 1, outputBytes: 16, hash: 'md5', status: { ike: 'must-not' } },
  { keyword: 'prfsha1', ikev2: 2, ikev1Phase1: 2, outputBytes: 20, hash: 'sha1', status: { ike: 'must-' } },
  { keyword: 'prfsha256', ikev2: 5, ikev1Phase1: 4, outputBytes: 32, hash: 'sha256', status: { ike: 'must' } },
  { keyword: 'prfsha384', ikev2: 6, ikev1Phase1: 5, outputBytes: 48, hash: 'sha384', status: { ike: 'may' } },
  { keyword: 'prfsha512', ikev2: 7, ikev1Phase1: 6, outputBytes: 64, hash: 'sha512', status: { ike: 'should+' } },
] as const satisfies readonly PrfAlgorithm[];

export type KeyExchangeMethod = {
  readonly keyword: string;
  /** IKEv2 transform id, type 4; for Diffie-Hellman the same number is the IKEv1 group description. */
  readonly group: number;
  /** A key encapsulation mechanism (KEM) is not symmetrical: what the responder sends is a ciphertext. */
  readonly kind: 'modp' | 'ecp' | 'montgomery' | 'kem';
  /** Length of the KE payload's data, bytes, fixed by RFC 7296 §3.4, RFC 5903 §6, RFC 8031 §3, FIPS 203 §8. */
  readonly publicBytes: number;
  /** The same of the responder's data, where it is another kind of value: the ciphertext of a KEM. */
  readonly ciphertextBytes?: number;
  /** Length of g^ir as it enters SKEYSEED, bytes (an ECP shared secret is the x coordinate alone, RFC 5903 §7). */
  readonly secretBytes: number;
  readonly status: { readonly ike: Status };
};

// biome-ignore format: one algorithm, one row
export const KEY_EXCHANGE = [
  { keyword: 'modp768', group: 1, kind: 'modp', publicBytes: 96, secretBytes: 96, status: { ike: 'must-not' } },
  { keyword: 'modp1024', group: 2, kind: 'modp', publicBytes: 128, secretBytes: 128, status: { ike: 'should-not' } },
  { keyword: 'modp1536', group: 5, kind: 'modp', publicBytes: 192, secretBytes: 192, status: { ike: 'should-not' } },
  { keyword: 'modp2048', group: 14, kind: 'modp', publicBytes: 256, secretBytes: 256, status: { ike: 'must' } },
  { keyword: 'modp3072', group: 15, kind: 'modp', publicBytes: 384, secretBytes: 384, status: { ike: 'may' } },
  { keyword: 'modp4096', group: 16, kind: 'modp', publicBytes: 512, secretBytes: 512, status: { ike: 'may' } },
  { keyword: 'modp6144', group: 17, kind: 'modp', publicBytes: 768, secretBytes: 768, status: { ike: 'may' } },
  { keyword: 'modp8192', group: 18, kind: 'modp', publicBytes: 1024, secretBytes: 1024, status: { ike: 'may' } },
  { keyword: 'ecp256', group: 19, kind: 'ecp', publicBytes: 64, secretBytes: 32, status: { ike: 'should' } },
  { keyword: 'ecp384', group: 20, kind: 'ecp', publicBytes: 96, secretBytes: 48, status: { ike: 'may' } },
  { keyword: 'ecp521', group: 21, kind: 'ecp', publicBytes: 132, secretBytes: 66, status: { ike: 'may' } },
  { keyword: 'modp2048s256', group: 24, kind: 'modp', publicBytes: 256, secretBytes: 256, status: { ike: 'should-not' } },
  { keyword: 'curve25519', group: 31, kind: 'montgomery', publicBytes: 32, secretBytes: 32, status: { ike: 'may' } },
  { keyword: 'mlkem512', group: 35, kind: 'kem', publicBytes: 800, ciphertextBytes: 768, secretBytes: 32, status: { ike: 'may' } },
  { keyword: 'mlkem768', group: 36, kind: 'kem', publicBytes: 1184, ciphertextBytes: 1088, secretBytes: 32, status: { ike: 'may' } },
  { keyword: 'mlkem1024', group: 37, kind: 'kem', publicBytes: 1568, ciphertextBytes: 1568, secretBytes: 32, status: { ike: 'may' } },
] as const satisfies readonly KeyExchangeMethod[];

export type EncryptionKeyword = (typeof ENCRYPTION)[number]['keyword'];
export type IntegrityKeyword = (typeof INTEGRITY)[number]['keyword'];
export type PrfKeyword = (typeof PRF)[number]['keyword'];
export type KeyExchangeKeyword = (typeof KEY_EXCHANGE)[number]['keyword'];
export type KemKeyword = Extract<(typeof KEY_EXCHANGE)[number], { kind: 'kem' }>['keyword'];
export type DiffieHellmanKeyword = Exclude<KeyExchangeKeyword, KemKeyword>;

/** The groups that IKEv1 can name as well: all but the KEMs. */
export const DIFFIE_HELLMAN = KEY_EXCHANGE.filter((row) => row.kind !== 'kem');

const ENCRYPTION_BY_KEYWORD = byKeyword<EncryptionAlgorithm>(ENCRYPTION);
const INTEGRITY_BY_KEYWORD = byKeyword<IntegrityAlgorithm>(INTEGRITY);
const PRF_BY_KEYWORD = byKeyword<PrfAlgorithm>(PRF);
const KEY_EXCHANGE_BY_KEYWORD = byKeyword<KeyExchangeMethod>(KEY_EXCHANGE);

/** The row of a keyword; a keyword of the closed type always has one. */
export function encryptionAlgorithm(keyword: EncryptionKeyword): EncryptionAlgorithm {
  return row(ENCRYPTION_BY_KEYWORD, keyword);
}

export function integrityAlgorithm(keyword: IntegrityKeyword): IntegrityAlgorithm {
  return row(INTEGRITY_BY_KEYWORD, keyword);
}

export function prfAlgorithm(keyword: PrfKeyword): PrfAlgorithm {
  return row(PRF_BY_KEYWORD, keyword);
}

export function keyExchangeMethod(keyword: KeyExchangeKeyword): KeyExchangeMethod {
  return row(KEY_EXCHANGE_BY_KEYWORD, keyword);
}

export function isKem(keyword: KeyExchangeKeyword): keyword is KemKeyword {
  return keyExchangeMethod(keyword).kind === 'kem';
}

function byKeyword<Row extends { readonly keyword: string }>(rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.map((entry) => [entry.keyword, entry]));
}

function row<Row>(rows: ReadonlyMap<string, Row>, keyword: string): Row {
  const found = rows.get(keyword);
  if (found === undefined) throw new RangeError(`no algorithm ${keyword}`);
  return found;
}
