import type { EncryptionKeyword } from '../../../crypto/algorithms.ts';
import { encryptionAlgorithm } from '../../../crypto/algorithms.ts';
import type { NativeCrypto } from './native-crypto.ts';
import { NONCE, stageKey, wipeKey } from './native-crypto.ts';

/**
 * A cipher context with its key, for the life of an SA; its IV is zero.
 *
 * @throws RangeError where the library has no such cipher.
 */
export function keyedContext(
  native: NativeCrypto,
  keyword: EncryptionKeyword,
  key: Uint8Array,
  encrypt: 0 | 1,
): number {
  const { lib, scratch } = native;
  const { node, keyBits } = encryptionAlgorithm(keyword);
  if (key.length !== keyBits / 8) throw new RangeError(`the key of ${keyword} has ${key.length} bytes`);
  const cipher = lib.cipherByName(node);
  const context = cipher === 0 ? 0 : lib.newContext();
  if (context === 0) throw new RangeError(`no ${keyword} in this libcrypto`);
  scratch.bytes.fill(0, NONCE, NONCE + 16);
  const done = lib.initCipher(context, cipher, stageKey(native, key), scratch.address + NONCE, encrypt, 0);
  wipeKey(native);
  if (done === 1) return context;
  lib.freeContext(context);
  throw new RangeError(`libcrypto refuses ${keyword}`);
}
