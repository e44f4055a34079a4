import { addressFamily } from '../../base/net.ts';
import type { Arena } from '../../native/arena.ts';
import type { SaSpec } from '../../sa/data-plane.ts';
import type { OuterHeader } from './ah-header.ts';
import {
  AH_ICV,
  AH_PAYLOAD_LENGTH,
  AH_SEQUENCE,
  ahHeaderBytes,
  ahPayloadLength,
  MutableFields,
  OUTER_HEADERS,
} from './ah-header.ts';
import type { Mac } from './ciphers/protection.ts';
import { SLACK_BYTES } from './ciphers/protection.ts';
import { macOf } from './ciphers/suite.ts';
import { BAD_ICV, CRYPTO_FAILED, MALFORMED, REPLAYED } from './fault.ts';
import { payloadFault } from './payload-fault.ts';
import { ReplayWindow } from './replay-window.ts';
import type { TransformResources } from './resources.ts';
import type { InboundTransform } from './transform.ts';

/** @throws RangeError where the SA's algorithm has no working implementation here, or it lacks a key. */
export function ahInbound(sa: SaSpec, resources: TransformResources): InboundTransform {
  const outer = OUTER_HEADERS[addressFamily(sa.source)];
  return new AhInbound(outer, macOf(sa, resources), new ReplayWindow(sa.replayWindow, sa.esn));
}

/** RFC 4302 §3.4 in tunnel mode. */
export class AhInbound implements InboundTransform {
  readonly headroom: number;
  nextHeader = 0;
  readonly #outer: OuterHeader;
  readonly #fields: MutableFields;
  readonly #mac: Mac;
  readonly #received: Int32Array;
  readonly #window: ReplayWindow;
  #closed = false;

  constructor(outer: OuterHeader, mac: Mac, window: ReplayWindow) {
    this.headroom = ahHeaderBytes(mac.icvBytes, outer);
    this.#outer = outer;
    this.#fields = new MutableFields(outer);
    this.#mac = mac;
    this.#received = new Int32Array(mac.icvBytes / 4);
    this.#window = window;
  }

  open(arena: Arena, at: number, length: number, outerAt: number): number {
    const { view } = arena;
    const end = at + length;
    if (outerAt < 0 || outerAt + this.#outer.length !== at || end + SLACK_BYTES > arena.bytes.length) return MALFORMED;
    if (length <= this.headroom || !this.#isWellFormed(view, at, outerAt)) return MALFORMED;
    if (this.#closed) return CRYPTO_FAILED;
    if (!this.#window.isFresh(view.getInt32(at + AH_SEQUENCE))) return REPLAYED;
    this.#fields.hide(view, outerAt);
    this.#hideIcv(view, at + AH_ICV);
    const done = this.#mac.compute(arena, outerAt, end - outerAt, this.#window.high);
    this.#restoreIcv(view, at + AH_ICV);
    this.#fields.restore(view, outerAt);
    if (!done || !this.#mac.matches(arena, at + AH_ICV)) return BAD_ICV;
    this.#window.accept();
    this.nextHeader = view.getUint8(at);
    return payloadFault(this.nextHeader) ?? length - this.headroom;
  }

  close(): void {
    this.#closed = true;
    this.#mac.close();
  }

  #isWellFormed(view: DataView, at: number, outerAt: number): boolean {
    const { firstOctet, firstOctetMask } = this.#outer;
    return (
      (view.getUint8(outerAt) & firstOctetMask) === firstOctet &&
      view.getUint8(at + AH_PAYLOAD_LENGTH) === ahPayloadLength(this.headroom)
    );
  }

  #hideIcv(view: DataView, at: number): void {
    for (let index = 0; index < this.#received.length; index++) {
      this.#received[index] = view.getInt32(at + 4 * index);
      view.setInt32(at + 4 * index, 0);
    }
  }

  #restoreIcv(view: DataView, at: number): void {
    for (let index = 0; index < this.#received.length; index++)
      view.setInt32(at + 4 * index, this.#received[index] ?? 0);
  }
}
