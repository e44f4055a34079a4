import type { Duration, Instant } from '../../base/time.ts';
import { SECOND } from '../../base/time.ts';

/** Packets that wait for an SA, so that the first one of a flow is not lost. A few, and not for long. */
export class HeldPackets {
  #packets: Held[] = [];

  /** `packet` is memory of its own. The eldest gives way. */
  hold(packet: Uint8Array, since: Instant): void {
    if (this.#packets.length >= MAX_HELD) this.#packets.shift();
    this.#packets.push({ packet, since });
  }

  /** All that are not too old, the eldest first; whoever finds no way for one holds it again. */
  take(now: Instant): readonly Held[] {
    const packets = this.#packets.filter(({ since }) => now - since < PATIENCE);
    this.#packets = [];
    return packets;
  }
}

type Held = { readonly packet: Uint8Array; readonly since: Instant };

const MAX_HELD = 16;
const PATIENCE: Duration = 10 * SECOND;
