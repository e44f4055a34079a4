import type { EncryptionKeyword } from '../../../crypto/algorithms.ts';
import { encryptionAlgorithm } from '../../../crypto/algorithms.ts';
import { decryptCbc, encryptCbc } from '../../../crypto/cipher.ts';
import type { Arena } from '../../../native/arena.ts';
import type { CbcCipher } from './protection.ts';

/** CBC by src/crypto. The random block is itself the IV. */
export class PortableCbc implements CbcCipher {
  readonly blockBytes: number;
  readonly #keyword: EncryptionKeyword;
  readonly #key: Uint8Array;
  readonly #run: typeof encryptCbc;

  constructor(keyword: EncryptionKeyword, key: Uint8Array, encrypt: 0 | 1) {
    const { keyBits, blockBytes } = encryptionAlgorithm(keyword);
    if (key.length !== keyBits / 8) throw new RangeError(`the key of ${keyword} has ${key.length} bytes`);
    this.blockBytes = blockBytes;
    this.#keyword = keyword;
    this.#key = key.slice();
    this.#run = encrypt === 1 ? encryptCbc : decryptCbc;
  }

  run({ bytes }: Arena, at: number, length: number): boolean {
    const textAt = at + this.blockBytes;
    const iv = bytes.subarray(at, textAt);
    bytes.set(this.#run(this.#keyword, this.#key, iv, bytes.subarray(textAt, textAt + length)), textAt);
    return true;
  }

  close(): void {
    this.#key.fill(0);
  }
}
