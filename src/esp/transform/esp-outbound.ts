import type { Arena } from '../../native/arena.ts';
import type { SaSpec } from '../../sa/data-plane.ts';
import type { Sealer } from './ciphers/protection.ts';
import { ESP_HEADER_BYTES } from './ciphers/protection.ts';
import { sealerOf } from './ciphers/suite.ts';
import { CRYPTO_FAILED, EXHAUSTED, MALFORMED } from './fault.ts';
import type { TransformResources } from './resources.ts';
import { SequenceCounter } from './sequence-counter.ts';
import type { OutboundTransform } from './transform.ts';
import { TAILROOM } from './transform.ts';

/** @throws RangeError where the SA's algorithms have no working implementation here, or it lacks a key. */
export function espOutbound(sa: SaSpec, resources: TransformResources): OutboundTransform {
  return new EspOutbound(sa.spi, sealerOf(sa, resources), new SequenceCounter(sa.esn));
}

/** RFC 4303 §3.3 in tunnel mode. */
export class EspOutbound implements OutboundTransform {
  readonly headroom: number;
  readonly #spi: number;
  readonly #sealer: Sealer;
  readonly #alignment: number;
  readonly #sequence: SequenceCounter;
  #closed = false;

  constructor(spi: number, sealer: Sealer, sequence: SequenceCounter) {
    this.headroom = ESP_HEADER_BYTES + sealer.ivBytes;
    this.#spi = spi | 0;
    this.#sealer = sealer;
    this.#alignment = sealer.alignment;
    this.#sequence = sequence;
  }

  seal(arena: Arena, at: number, length: number, nextHeader: number): number {
    const start = at - this.headroom;
    if (start < 0 || at + length + TAILROOM > arena.bytes.length) return MALFORMED;
    if (this.#closed) return CRYPTO_FAILED;
    if (!this.#sequence.next()) return EXHAUSTED;
    const { view } = arena;
    const textLength = this.#textLength(length);
    writeTrailer(view, at + length, textLength - length - TRAILER_BYTES, nextHeader);
    view.setInt32(start, this.#spi);
    view.setInt32(start + 4, this.#sequence.low);
    if (!this.#sealer.seal(arena, start, textLength, this.#sequence.high)) return CRYPTO_FAILED;
    return this.headroom + textLength + this.#sealer.icvBytes;
  }

  overhead(length: number): number {
    return this.headroom + this.#textLength(length) + this.#sealer.icvBytes;
  }

  largestInner(room: number): number {
    const text = room - this.headroom - this.#sealer.icvBytes;
    return Math.max(0, text - (text % this.#alignment) - TRAILER_BYTES);
  }

  close(): void {
    this.#closed = true;
    this.#sealer.close();
  }

  /** Block sizes are powers of two. */
  #textLength(length: number): number {
    return (length + TRAILER_BYTES + this.#alignment - 1) & -this.#alignment;
  }
}

/** Padding 1, 2, 3, ..., its length, and the next header (RFC 4303 §2.4). */
function writeTrailer(view: DataView, at: number, padding: number, nextHeader: number): void {
  for (let index = 0; index < padding; index++) view.setUint8(at + index, index + 1);
  view.setUint8(at + padding, padding);
  view.setUint8(at + padding + 1, nextHeader);
}

/** Pad length and next header. */
const TRAILER_BYTES = 2;
