import type { Instant } from '../../base/time.ts';
import type { Arena } from '../../native/arena.ts';
import { TokenBucket } from '../flow/token-bucket.ts';
import { type IcmpError, MAX_ICMP_ERROR, writeIcmpError } from '../ip/icmp-error.ts';
import type { PacketView } from '../ip/packet-view.ts';
import type { TunPort } from './tun-port.ts';

export type RefusalsParts = {
  readonly arena: Arena;
  /** Where errors are written: `REFUSAL_BYTES` of the arena. */
  readonly at: number;
  readonly tun: Pick<TunPort, 'writePlain' | 'headerBytes'>;
  readonly mono: () => Instant;
};

/**
 * Tells the sender of a packet that it goes nowhere. It comes as from the one whom the packet was for: with an address
 * of our own the kernel would take it for forged.
 */
export class Refusals {
  readonly #parts: RefusalsParts;
  /** How many may be sent (RFC 1812 §4.3.2.8, RFC 4443 §2.4 (f)). */
  readonly #bucket = new TokenBucket(PER_SECOND, BURST);

  constructor(parts: RefusalsParts) {
    this.#parts = parts;
  }

  /** It is longer than `mtu` bytes, and may not be cut. */
  tooBig(packet: PacketView, mtu: number): void {
    this.#send('too-big', packet, mtu);
  }

  /** Policy does not let it out. */
  prohibited(packet: PacketView): void {
    this.#send('prohibited', packet, 0);
  }

  #send(error: IcmpError, packet: PacketView, mtu: number): void {
    const { arena, at, tun, mono } = this.#parts;
    if (!this.#bucket.take(mono())) return;
    const start = at + tun.headerBytes;
    const length = writeIcmpError(error, arena, packet, packet.destination, start, mtu);
    if (length > 0) tun.writePlain(arena, start, length);
  }
}

/** The kernel's header and the error. */
export const REFUSAL_BYTES = 16 + MAX_ICMP_ERROR;
const BURST = 50;
const PER_SECOND = 100;
