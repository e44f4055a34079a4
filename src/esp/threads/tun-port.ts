import type { Arena } from '../../native/arena.ts';
import { EBADFD } from '../../native/errno.ts';
import { readInto, writeFrom } from '../../native/packet-calls.ts';
import { writePlainHeader } from '../ip/virtio-header.ts';

/** The TUN as a thread uses it: packets go from it into memory and back, with the kernel's header in front of them. */
export class TunPort {
  readonly headerBytes: number;
  readonly #fd: number;

  constructor({ fd, headerBytes }: { readonly fd: number; readonly headerBytes: number }) {
    this.#fd = fd;
    this.headerBytes = headerBytes;
  }

  /**
   * The length of the packet that lies at `at` now, its header before it; 0 where none waits.
   * @throws Error where the interface has been removed: there is nothing to wait for any more, and no wait would end
   */
  read(arena: Arena, at: number, room: number): number {
    const { headerBytes } = this;
    const length = readInto(this.#fd, arena.address + at - headerBytes, room + headerBytes);
    if (length === -EBADFD) throw new Error(GONE);
    return Math.max(0, length - headerBytes);
  }

  /** Writes a packet whose header is in front of it. What the kernel does not take is lost, as on any link. */
  write(arena: Arena, at: number, length: number): boolean {
    const { headerBytes } = this;
    return writeFrom(this.#fd, arena.address + at - headerBytes, length + headerBytes) >= 0;
  }

  /** The header of a packet that needs nothing of the kernel. */
  writePlain(arena: Arena, at: number, length: number): boolean {
    if (this.headerBytes > 0) writePlainHeader(arena, at - this.headerBytes);
    return this.write(arena, at, length);
  }
}

const GONE = 'the TUN interface has been removed';
