import type { IntegrityKeyword } from '../../../crypto/algorithms.ts';
import { integrityAlgorithm } from '../../../crypto/algorithms.ts';
import { constantTimeEqual } from '../../../crypto/constant-time.ts';
import { computeIcv } from '../../../crypto/integrity.ts';
import type { Arena } from '../../../native/arena.ts';
import type { Mac } from './protection.ts';

/** HMAC by src/crypto. */
export class PortableHmac implements Mac {
  readonly icvBytes: number;
  readonly #keyword: IntegrityKeyword;
  readonly #key: Uint8Array;
  readonly #high = new DataView(new ArrayBuffer(4));
  readonly #suffix: Uint8Array;
  #icv: Uint8Array = new Uint8Array(0);

  constructor(keyword: IntegrityKeyword, key: Uint8Array, esn: boolean) {
    this.icvBytes = integrityAlgorithm(keyword).icvBytes;
    this.#keyword = keyword;
    this.#key = key.slice();
    this.#suffix = new Uint8Array(this.#high.buffer, 0, esn ? 4 : 0);
  }

  compute({ bytes }: Arena, from: number, length: number, high: number): boolean {
    this.#high.setInt32(0, high);
    this.#icv = computeIcv(this.#keyword, this.#key, bytes.subarray(from, from + length), this.#suffix);
    return true;
  }

  write({ bytes }: Arena, at: number): void {
    bytes.set(this.#icv, at);
  }

  matches({ bytes }: Arena, at: number): boolean {
    return constantTimeEqual(this.#icv, bytes.subarray(at, at + this.icvBytes));
  }

  close(): void {
    this.#key.fill(0);
  }
}
