import type { CapturedDatagram } from '../observe/pcap.ts';

type Listener = (datagram: CapturedDatagram) => void;

/** Where the daemon's datagrams can be looked at. Costs nothing while nobody does. */
export class PacketTap {
  readonly #listeners = new Set<Listener>();

  /** The bytes are looked at before this returns, or copied. */
  see(datagram: Omit<CapturedDatagram, 'wall'>, wall: () => number): void {
    if (this.#listeners.size === 0) return;
    const seen = { ...datagram, wall: wall() };
    for (const listener of this.#listeners) listener(seen);
  }

  /** Returns the way to end it. */
  listen(listener: Listener): () => void {
    const own: Listener = (datagram) => listener(datagram);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }
}
