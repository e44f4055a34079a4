import type { Arena } from '../../native/arena.ts';
import { Coalescer } from '../ip/coalesce.ts';
import { clampMss } from '../ip/mss.ts';
import type { PacketView } from '../ip/packet-view.ts';
import type { Ingress } from './inbound-traffic.ts';
import type { TunPort } from './tun-port.ts';

/** The half of a TUN that is written to. */
export type TunWriter = Pick<TunPort, 'write' | 'writePlain' | 'headerBytes'>;

/** Hands opened packets to the kernel, which routes them on: segments of one TCP flow as one packet where it takes such. */
export class TunIngress implements Ingress {
  readonly #tun: TunWriter;
  readonly #mtu: number;
  readonly #coalescer: Coalescer | undefined;

  /** `mtu` is the TUN's: what goes the other way has to fit it. At `spareAt` the arena has INGRESS_BYTES for this. */
  constructor(tun: TunWriter, mtu: number, arena: Arena, spareAt: number) {
    this.#tun = tun;
    this.#mtu = mtu;
    const { headerBytes } = tun;
    if (headerBytes > 0)
      this.#coalescer = new Coalescer(arena, spareAt, LANES, (at, length) => {
        tun.write(arena, at + headerBytes, length - headerBytes);
      });
  }

  deliver(arena: Arena, at: number, length: number, view: PacketView): void {
    clampMss(arena, view, this.#mtu);
    if (this.#coalescer === undefined) this.#tun.writePlain(arena, at, length);
    else this.#coalescer.take(view);
  }

  /** Before the memory of the packets is used again. */
  flush(): void {
    this.#coalescer?.flush();
  }
}

/** How many flows are put together at once. */
const LANES = 8;
export const INGRESS_BYTES = Coalescer.bytesFor(LANES);
