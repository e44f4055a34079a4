import { describe, expect, it } from 'vitest';
import { MemoryTun, segmentationHeader } from '../testing/memory-tun.ts';
import { ipPacket, partialTcpPacket, ports, tcpPacket, upperSum } from '../testing/packets.ts';
import { type PacketTaker, TunSource } from './tun-source.ts';

const ENDS = { source: '10.1.0.1', destination: '10.2.0.9' } as const;
const TUN_MTU = 1_400;

function packet(length = 100): Uint8Array {
  const payload = new Uint8Array(length - 20).fill(length);
  payload.set(ports(1, 2));
  return ipPacket({ ...ENDS, protocol: 17, payload });
}

/** Keeps what it is given where it lies until it is flushed, as the queue of a socket does. */
class Taker implements PacketTaker {
  readonly batches: Uint8Array[][] = [];
  waiting: { readonly at: number; readonly length: number }[] = [];
  source: TunSource | undefined;

  forward(at: number, length: number): void {
    this.waiting.push({ at, length });
  }

  flush(): void {
    const { bytes } = this.source?.arena ?? { bytes: new Uint8Array() };
    if (this.waiting.length > 0) this.batches.push(this.waiting.map(({ at, length }) => bytes.slice(at, at + length)));
    this.waiting = [];
  }
}

function bed(tun: Pick<MemoryTun, 'read'> & { readonly headerBytes: number }) {
  const taker = new Taker();
  const source = new TunSource(tun, TUN_MTU, 64);
  taker.source = source;
  return { taker, source };
}

describe('packets that the kernel routes to us', () => {
  it('are taken as they are, in batches, in order', () => {
    const tun = new MemoryTun();
    const { taker, source } = bed(tun);
    const packets = Array.from({ length: 100 }, (_, index) => packet(100 + index));
    tun.put(...packets);
    source.receive(taker, 5);
    expect(taker.batches).toEqual([packets.slice(0, 64)]);
    source.receive(taker, 5);
    expect(taker.batches[1]).toEqual(packets.slice(64));
    source.receive(taker, 5);
    expect(taker.batches).toHaveLength(2);
  });

  it('have their checksum completed where the kernel has left it to us', () => {
    const tun = new MemoryTun();
    const { taker, source } = bed(tun);
    const parts = { ...ENDS, data: new Uint8Array(333).fill(9) };
    const header = segmentationHeader(4, 0);
    header[1] = 0;
    tun.waiting.push({ header, bytes: partialTcpPacket(parts) });
    source.receive(taker, 5);
    expect(taker.batches).toEqual([[tcpPacket(parts)]]);
  });

  it('are segmented where the kernel has left them whole, one after the other in the same memory', () => {
    const tun = new MemoryTun();
    const { taker, source } = bed(tun);
    const data = Uint8Array.from({ length: 64_000 }, (_, index) => index >> 3);
    const bytes = partialTcpPacket({ ...ENDS, data });
    for (let count = 0; count < 2; count++) tun.waiting.push({ header: segmentationHeader(4, 1_300), bytes });
    tun.put(packet());
    source.receive(taker, 5);
    expect(taker.batches.map((batch) => batch.length)).toEqual([50, 50, 1]);
    for (const batch of taker.batches.slice(0, 2)) {
      expect(Buffer.concat(batch.map((segment) => segment.subarray(40))).equals(data)).toBe(true);
      for (const segment of batch) expect(upperSum(ENDS, 6, segment.subarray(20))).toBe(0xffff);
    }
  });

  it('are dropped where what the kernel says of them cannot be', () => {
    const tun = new MemoryTun();
    const { taker, source } = bed(tun);
    const bytes = partialTcpPacket({ ...ENDS, data: new Uint8Array(5_000) });
    const outside = segmentationHeader(4, 0);
    outside.set([0, 0xff, 0xff], 1);
    outside[1] = 0;
    outside.set([0xff, 0xff], 6);
    tun.waiting.push(
      { header: segmentationHeader(6, 1_300), bytes },
      { header: segmentationHeader(4, 0), bytes },
      { header: segmentationHeader(4, 1_400), bytes },
      { header: segmentationHeader(4, 1), bytes },
      { header: outside, bytes },
      { header: segmentationHeader(4, 1_300), bytes: Uint8Array.of(1, 2, 3) },
    );
    tun.put(packet());
    source.receive(taker, 5);
    expect(taker.batches).toEqual([[packet()]]);
  });

  it('have nothing in front of them in a TUN without offloads', () => {
    const waiting = [packet(60), packet(61)];
    const { taker, source } = bed({
      headerBytes: 0,
      read: ({ bytes }, at) => {
        const next = waiting.shift();
        if (next !== undefined) bytes.set(next, at);
        return next?.length ?? 0;
      },
    });
    source.receive(taker, 5);
    expect(taker.batches).toEqual([[packet(60), packet(61)]]);
  });

  it('leave commands their turn: so much is a batch that is soon carried', () => {
    const tun = new MemoryTun();
    const { taker, source } = bed(tun);
    const bytes = partialTcpPacket({ ...ENDS, data: new Uint8Array(60_000) });
    for (let count = 0; count < 20; count++) tun.waiting.push({ header: segmentationHeader(4, 1_300), bytes });
    source.receive(taker, 5);
    expect(taker.batches).toHaveLength(5);
    for (let count = 0; count < 3; count++) source.receive(taker, 5);
    expect(taker.batches).toHaveLength(20);
  });
});
