import { concatBytes } from '../base/bytes.ts';
import type { EncryptionKeyword } from './algorithms.ts';
import { encryptionAlgorithm } from './algorithms.ts';
import type { AeadKey, CbcKey } from './provider.ts';
import { workingProvider } from './working-provider.ts';

/**
 * CBC without padding: the caller pads, as IKE and ESP do each in its own way.
 *
 * @throws RangeError where key, IV or plaintext have a length that the cipher has not: a bug of the caller.
 */
export function encryptCbc(
  keyword: EncryptionKeyword,
  key: Uint8Array,
  iv: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const keyed = cbcKey(keyword, key, iv, plaintext);
  return workingProvider('encryption', keyword).encryptCbc(keyed, plaintext);
}

/**
 * The inverse of `encryptCbc`; padding stays in place.
 *
 * @throws RangeError as `encryptCbc`: whoever reads a peer's message checks the block multiple first.
 */
export function decryptCbc(
  keyword: EncryptionKeyword,
  key: Uint8Array,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  const keyed = cbcKey(keyword, key, iv, ciphertext);
  return workingProvider('encryption', keyword).decryptCbc(keyed, ciphertext);
}

/**
 * Encrypts and authenticates with a combined-mode cipher: ciphertext, then the tag at its full length. The nonce is
 * the salt from the end of `keyAndSalt`, then `iv` (RFC 5282 §4, RFC 7634 §2); never use one twice with a key.
 *
 * @throws RangeError where key or IV have a length that the cipher has not.
 */
export function sealAead(
  keyword: EncryptionKeyword,
  keyAndSalt: Uint8Array,
  iv: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  return workingProvider('encryption', keyword).sealAead(aeadKey(keyword, keyAndSalt, iv), aad, plaintext);
}

/**
 * The plaintext of what `sealAead` made; undefined where the tag does not verify or is not all there. Nothing of the
 * plaintext is given out before the tag is verified.
 *
 * @throws RangeError where key or IV have a length that the cipher has not.
 */
export function openAead(
  keyword: EncryptionKeyword,
  keyAndSalt: Uint8Array,
  iv: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const keyed = aeadKey(keyword, keyAndSalt, iv);
  if (sealed.length < keyed.tagBytes) return undefined;
  return workingProvider('encryption', keyword).openAead(keyed, aad, sealed);
}

function cbcKey(keyword: EncryptionKeyword, key: Uint8Array, iv: Uint8Array, text: Uint8Array): CbcKey {
  const algorithm = encryptionAlgorithm(keyword);
  if (algorithm.aeadIcvBytes !== undefined) throw new RangeError(`${keyword} is no CBC cipher`);
  requireLength(`key of ${keyword}`, key, algorithm.keyBits / 8);
  requireLength(`IV of ${keyword}`, iv, algorithm.ivBytes);
  if (text.length % algorithm.blockBytes !== 0)
    throw new RangeError(`${text.length} bytes are no whole number of ${keyword} blocks`);
  return { keyword, node: algorithm.node, key, iv };
}

function aeadKey(keyword: EncryptionKeyword, keyAndSalt: Uint8Array, iv: Uint8Array): AeadKey {
  const algorithm = encryptionAlgorithm(keyword);
  if (algorithm.aeadIcvBytes === undefined) throw new RangeError(`${keyword} is no combined-mode cipher`);
  const keyBytes = algorithm.keyBits / 8;
  requireLength(`key and salt of ${keyword}`, keyAndSalt, keyBytes + algorithm.saltBytes);
  requireLength(`IV of ${keyword}`, iv, algorithm.ivBytes);
  return {
    keyword,
    node: algorithm.node,
    key: keyAndSalt.subarray(0, keyBytes),
    nonce: concatBytes(keyAndSalt.subarray(keyBytes), iv),
    tagBytes: algorithm.aeadIcvBytes,
  };
}

function requireLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`the ${what} has ${bytes.length} bytes, not ${length}`);
}
