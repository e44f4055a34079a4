import type { Arena } from '../../native/arena.ts';
import { VIRTIO_HEADER, writePlainHeader } from '../ip/virtio-header.ts';

/** A packet as it goes through a TUN, with the kernel's header of it. */
export type TunPacket = { readonly header: Uint8Array; readonly bytes: Uint8Array };

/** A TUN in memory: what waits is read, what is written is kept. */
export class MemoryTun {
  readonly headerBytes = VIRTIO_HEADER;
  readonly waiting: TunPacket[] = [];
  readonly written: TunPacket[] = [];

  /** Packets that need nothing of the reader. */
  put(...packets: readonly Uint8Array[]): void {
    for (const bytes of packets) this.waiting.push({ header: new Uint8Array(VIRTIO_HEADER), bytes });
  }

  read({ bytes }: Arena, at: number, room: number): number {
    const packet = this.waiting.shift();
    if (packet === undefined) return 0;
    const length = Math.min(packet.bytes.length, room);
    bytes.set(packet.header, at - VIRTIO_HEADER);
    bytes.set(packet.bytes.subarray(0, length), at);
    return length;
  }

  write({ bytes }: Arena, at: number, length: number): boolean {
    this.written.push({ header: bytes.slice(at - VIRTIO_HEADER, at), bytes: bytes.slice(at, at + length) });
    return true;
  }

  writePlain(arena: Arena, at: number, length: number): boolean {
    writePlainHeader(arena, at - VIRTIO_HEADER);
    return this.write(arena, at, length);
  }
}

/** What the kernel puts in front of TCP segments that it leaves to the reader of the TUN: `struct virtio_net_hdr`. */
export function segmentationHeader(family: 4 | 6, gsoSize: number): Uint8Array {
  const header = new DataView(new ArrayBuffer(VIRTIO_HEADER));
  const ipBytes = family === 4 ? 20 : 40;
  header.setUint8(0, 1);
  header.setUint8(1, family === 4 ? 1 : 4);
  header.setUint16(2, ipBytes + 20, true);
  header.setUint16(4, gsoSize, true);
  header.setUint16(6, ipBytes, true);
  header.setUint16(8, 16, true);
  return new Uint8Array(header.buffer);
}
