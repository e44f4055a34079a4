import { type EncryptionKeyword, encryptionAlgorithm, type IntegrityKeyword } from '../../../crypto/algorithms.ts';
import type { CipherSuite } from '../../../sa/proposal.ts';
import type { Protection } from '../encrypted-payload.ts';
import { deriveIkeKeys, messageKeys } from '../keymat.ts';

/** A suite with keys of one direction, the same on every run. */
export function protectionOf(encryption: EncryptionKeyword, integrity?: IntegrityKeyword): Protection {
  const suite: CipherSuite = { protocol: 'ike', encryption, prf: 'prfsha256', ...(integrity && { integrity }) };
  const filled = (value: number) => new Uint8Array(32).fill(value);
  const [sharedSecret, nonceI, nonceR] = [filled(1), filled(2), filled(3)];
  const keys = deriveIkeKeys({ suite, sharedSecret, nonceI, nonceR, spiI: '11'.repeat(8), spiR: '22'.repeat(8) });
  return { suite, keys: messageKeys(keys, 'initiator') };
}

/** One of each way of protecting a message: both block sizes, all ICV lengths that matter, combined-mode ciphers. */
export const PROTECTIONS: readonly Protection[] = [
  protectionOf('aes128', 'sha1'),
  protectionOf('aes256', 'sha512'),
  protectionOf('3des', 'md5'),
  protectionOf('aes128gcm16'),
  protectionOf('chacha20poly1305'),
];

export function ivOf({ suite }: Protection, value = 0x77): Uint8Array {
  return new Uint8Array(suite.encryption === undefined ? 0 : encryptionAlgorithm(suite.encryption).ivBytes).fill(value);
}
