import { toHex } from '../base/bytes.ts';
import type { EncryptionKeyword, IntegrityKeyword } from '../crypto/algorithms.ts';
import type { MessageKeys } from '../ike/common/message-keys.ts';

/** Lines for the files of that name in Wireshark's configuration directory. Secret. */
export type KeyLog = {
  readonly ikev1_decryption_table: readonly string[];
  readonly ikev2_decryption_table: readonly string[];
  /** One sentence for each IKE SA that Wireshark cannot read. */
  readonly notes: readonly string[];
};

/** The keys of IKE messages as Wireshark's ISAKMP dissector reads them (its table of user data, epan/dissectors). */
export function keyLog(keys: readonly MessageKeys[]): KeyLog {
  const readable = keys.map((one) => ({ version: one.version, line: lineOf(one), spi: one.initiatorSpi }));
  const linesOf = (version: 1 | 2) => readable.flatMap((one) => (one.version === version ? (one.line ?? []) : []));
  return {
    ikev1_decryption_table: linesOf(1),
    ikev2_decryption_table: linesOf(2),
    notes: readable
      .filter(({ line }) => line === undefined)
      .map(({ spi }) => `Wireshark has no name for the algorithms of the IKE SA ${spi}`),
  };
}

function lineOf(keys: MessageKeys): string | undefined {
  if (keys.version === 1) return `${keys.initiatorSpi},${toHex(keys.encryptionKey)}`;
  const encryption = ENCRYPTION[keys.encryption];
  const integrity = keys.integrity === undefined ? NO_INTEGRITY : INTEGRITY[keys.integrity];
  if (encryption === undefined) return undefined;
  const { initiatorSpi, responderSpi, skEi, skEr, skAi, skAr } = keys;
  const fields = [initiatorSpi, responderSpi, toHex(skEi), toHex(skEr), quoted(encryption)];
  return [...fields, toHex(skAi), toHex(skAr), quoted(integrity)].join(',');
}

/** Wireshark's words. It has none for ChaCha20-Poly1305 in IKE. */
const ENCRYPTION: { readonly [Keyword in EncryptionKeyword]: string | undefined } = {
  '3des': '3DES [RFC2451]',
  aes128: 'AES-CBC-128 [RFC3602]',
  aes192: 'AES-CBC-192 [RFC3602]',
  aes256: 'AES-CBC-256 [RFC3602]',
  aes128gcm16: 'AES-GCM-128 with 16 octet ICV [RFC5282]',
  aes192gcm16: 'AES-GCM-192 with 16 octet ICV [RFC5282]',
  aes256gcm16: 'AES-GCM-256 with 16 octet ICV [RFC5282]',
  chacha20poly1305: undefined,
};

const INTEGRITY: { readonly [Keyword in IntegrityKeyword]: string } = {
  md5: 'HMAC_MD5_96 [RFC2403]',
  sha1: 'HMAC_SHA1_96 [RFC2404]',
  sha256: 'HMAC_SHA2_256_128 [RFC4868]',
  sha384: 'HMAC_SHA2_384_192 [RFC4868]',
  sha512: 'HMAC_SHA2_512_256 [RFC4868]',
};

const NO_INTEGRITY = 'NONE [RFC4306]';

function quoted(text: string): string {
  return `"${text}"`;
}
