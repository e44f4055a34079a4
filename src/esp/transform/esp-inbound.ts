import type { Arena } from '../../native/arena.ts';
import type { SaSpec } from '../../sa/data-plane.ts';
import type { Opener } from './ciphers/protection.ts';
import { ESP_HEADER_BYTES, SLACK_BYTES } from './ciphers/protection.ts';
import { openerOf } from './ciphers/suite.ts';
import { BAD_ICV, CRYPTO_FAILED, MALFORMED, REPLAYED } from './fault.ts';
import { payloadFault } from './payload-fault.ts';
import { ReplayWindow } from './replay-window.ts';
import type { TransformResources } from './resources.ts';
import type { InboundTransform } from './transform.ts';

/** @throws RangeError where the SA's algorithms have no working implementation here, or it lacks a key. */
export function espInbound(sa: SaSpec, resources: TransformResources): InboundTransform {
  return new EspInbound(openerOf(sa, resources), new ReplayWindow(sa.replayWindow, sa.esn));
}

/** RFC 4303 §3.4 in tunnel mode. */
export class EspInbound implements InboundTransform {
  readonly headroom: number;
  nextHeader = 0;
  readonly #opener: Opener;
  readonly #alignment: number;
  /** What is there beside the text. */
  readonly #frameBytes: number;
  readonly #window: ReplayWindow;
  #closed = false;

  constructor(opener: Opener, window: ReplayWindow) {
    this.headroom = ESP_HEADER_BYTES + opener.ivBytes;
    this.#opener = opener;
    this.#alignment = opener.alignment;
    this.#frameBytes = this.headroom + opener.icvBytes;
    this.#window = window;
  }

  open(arena: Arena, at: number, length: number): number {
    const textLength = length - this.#frameBytes;
    if (textLength <= 0 || textLength % this.#alignment !== 0) return MALFORMED;
    if (at < 0 || at + length + SLACK_BYTES > arena.bytes.length) return MALFORMED;
    if (this.#closed) return CRYPTO_FAILED;
    if (!this.#window.isFresh(arena.view.getInt32(at + 4))) return REPLAYED;
    if (!this.#opener.open(arena, at, textLength, this.#window.high)) return BAD_ICV;
    this.#window.accept();
    return this.#innerLength(arena.view, at + this.headroom, textLength);
  }

  close(): void {
    this.#closed = true;
    this.#opener.close();
  }

  /** What is left without trailer and padding, which must be 1, 2, 3, ... (RFC 4303 §2.4). */
  #innerLength(view: DataView, textAt: number, textLength: number): number {
    const paddingEnd = textAt + textLength - 2;
    const padding = view.getUint8(paddingEnd);
    const innerLength = textLength - 2 - padding;
    if (innerLength < 0) return MALFORMED;
    for (let octet = padding, at = paddingEnd - 1; octet > 0; octet--, at--)
      if (view.getUint8(at) !== octet) return MALFORMED;
    this.nextHeader = view.getUint8(paddingEnd + 1);
    return payloadFault(this.nextHeader) ?? innerLength;
  }
}
