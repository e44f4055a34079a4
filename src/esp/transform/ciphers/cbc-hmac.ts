import type { Arena } from '../../../native/arena.ts';
import type { CbcCipher, Mac, Opener, Sealer } from './protection.ts';
import { ESP_HEADER_BYTES } from './protection.ts';
import type { RandomPool } from './random-pool.ts';

/** What encrypts and what authenticates, keyed. */
type Parts = { readonly cipher: CbcCipher; readonly mac: Mac };

/** A cipher in CBC mode and an HMAC over what it yields (RFC 4303 §3.3.2.1). The IV of a packet is random. */
export class CbcHmacSealer implements Sealer {
  readonly ivBytes: number;
  readonly alignment: number;
  readonly icvBytes: number;
  readonly #parts: Parts;
  readonly #random: RandomPool;

  constructor(parts: Parts, random: RandomPool) {
    this.ivBytes = parts.cipher.blockBytes;
    this.alignment = parts.cipher.blockBytes;
    this.icvBytes = parts.mac.icvBytes;
    this.#parts = parts;
    this.#random = random;
  }

  seal(arena: Arena, at: number, textLength: number, high: number): boolean {
    const { cipher, mac } = this.#parts;
    const covered = ESP_HEADER_BYTES + this.ivBytes + textLength;
    this.#random.fill(arena.view, at + ESP_HEADER_BYTES, this.ivBytes);
    if (!cipher.run(arena, at + ESP_HEADER_BYTES, textLength)) return false;
    if (!mac.compute(arena, at, covered, high)) return false;
    mac.write(arena, at + covered);
    return true;
  }

  close(): void {
    this.#parts.cipher.close();
    this.#parts.mac.close();
  }
}

export class CbcHmacOpener implements Opener {
  readonly ivBytes: number;
  readonly alignment: number;
  readonly icvBytes: number;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.ivBytes = parts.cipher.blockBytes;
    this.alignment = parts.cipher.blockBytes;
    this.icvBytes = parts.mac.icvBytes;
    this.#parts = parts;
  }

  /** Nothing is decrypted that is not authentic. */
  open(arena: Arena, at: number, textLength: number, high: number): boolean {
    const { cipher, mac } = this.#parts;
    const covered = ESP_HEADER_BYTES + this.ivBytes + textLength;
    return (
      mac.compute(arena, at, covered, high) &&
      mac.matches(arena, at + covered) &&
      cipher.run(arena, at + ESP_HEADER_BYTES, textLength)
    );
  }

  close(): void {
    this.#parts.cipher.close();
    this.#parts.mac.close();
  }
}
