import type { EncryptionKeyword } from '../../../crypto/algorithms.ts';
import { encryptionAlgorithm } from '../../../crypto/algorithms.ts';
import type { Arena } from '../../../native/arena.ts';
import { keyedContext } from './native-context.ts';
import type { NativeCrypto } from './native-crypto.ts';
import type { CbcCipher } from './protection.ts';

/**
 * CBC in one call a packet. The context goes on from packet to packet as if all were one text, and is never given an IV:
 *
 * - Encrypting, each packet begins with a random block. What that becomes, the encryption of the random block and the
 *   last ciphertext, is as unpredictable as RFC 3602 §3 asks of an IV, and all behind it is chained to it as to an IV.
 * - Decrypting, the IV is fed in as if it were ciphertext. It becomes nonsense, since the chain is of another packet, and
 *   that is dropped; what follows is chained to the IV.
 */
export class NativeCbc implements CbcCipher {
  readonly blockBytes: number;
  readonly #native: NativeCrypto;
  #context: number;

  constructor(native: NativeCrypto, keyword: EncryptionKeyword, key: Uint8Array, encrypt: 0 | 1) {
    this.blockBytes = encryptionAlgorithm(keyword).blockBytes;
    this.#native = native;
    this.#context = keyedContext(native, keyword, key, encrypt);
  }

  run(arena: Arena, at: number, length: number): boolean {
    const address = arena.address + at;
    const all = this.blockBytes + length;
    return this.#native.lib.cipher(this.#context, address, address, all) === all;
  }

  close(): void {
    if (this.#context !== 0) this.#native.lib.freeContext(this.#context);
    this.#context = 0;
  }
}
