import { addressFamily } from '../../base/net.ts';
import type { Arena } from '../../native/arena.ts';
import type { SaSpec } from '../../sa/data-plane.ts';
import type { OuterHeader } from './ah-header.ts';
import {
  AH_ICV,
  AH_SEQUENCE,
  AH_SPI,
  ahHeaderBytes,
  ahPayloadLength,
  MutableFields,
  OUTER_HEADERS,
} from './ah-header.ts';
import type { Mac } from './ciphers/protection.ts';
import { macOf } from './ciphers/suite.ts';
import { CRYPTO_FAILED, EXHAUSTED, MALFORMED } from './fault.ts';
import type { TransformResources } from './resources.ts';
import { SequenceCounter } from './sequence-counter.ts';
import type { OutboundTransform } from './transform.ts';
import { TAILROOM } from './transform.ts';

/** @throws RangeError where the SA's algorithm has no working implementation here, or it lacks a key. */
export function ahOutbound(sa: SaSpec, resources: TransformResources): OutboundTransform {
  const outer = OUTER_HEADERS[addressFamily(sa.source)];
  return new AhOutbound(sa.spi, outer, macOf(sa, resources), new SequenceCounter(sa.esn));
}

/** RFC 4302 §3.3 in tunnel mode. */
export class AhOutbound implements OutboundTransform {
  readonly headroom: number;
  readonly #spi: number;
  readonly #outer: OuterHeader;
  readonly #fields: MutableFields;
  readonly #mac: Mac;
  readonly #sequence: SequenceCounter;
  #closed = false;

  constructor(spi: number, outer: OuterHeader, mac: Mac, sequence: SequenceCounter) {
    this.headroom = ahHeaderBytes(mac.icvBytes, outer);
    this.#spi = spi | 0;
    this.#outer = outer;
    this.#fields = new MutableFields(outer);
    this.#mac = mac;
    this.#sequence = sequence;
  }

  seal(arena: Arena, at: number, length: number, nextHeader: number): number {
    const start = at - this.headroom;
    const outerAt = start - this.#outer.length;
    if (outerAt < 0 || at + length + TAILROOM > arena.bytes.length) return MALFORMED;
    if (this.#closed) return CRYPTO_FAILED;
    if (!this.#sequence.next()) return EXHAUSTED;
    this.#writeHeader(arena.view, start, nextHeader);
    this.#fields.hide(arena.view, outerAt);
    const covered = at + length - outerAt;
    const done = this.#mac.compute(arena, outerAt, covered, this.#sequence.high);
    this.#fields.restore(arena.view, outerAt);
    if (!done) return CRYPTO_FAILED;
    this.#mac.write(arena, start + AH_ICV);
    return this.headroom + length;
  }

  overhead(length: number): number {
    return this.headroom + length;
  }

  largestInner(room: number): number {
    return Math.max(0, room - this.headroom);
  }

  close(): void {
    this.#closed = true;
    this.#mac.close();
  }

  /** ICV and padding are zero while the ICV is computed. */
  #writeHeader(view: DataView, at: number, nextHeader: number): void {
    view.setUint32(at, (nextHeader << 24) | (ahPayloadLength(this.headroom) << 16));
    view.setInt32(at + AH_SPI, this.#spi);
    view.setInt32(at + AH_SEQUENCE, this.#sequence.low);
    for (let icvAt = at + AH_ICV; icvAt < at + this.headroom; icvAt += 4) view.setInt32(icvAt, 0);
  }
}
