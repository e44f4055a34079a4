import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, equalBytes, fromHex, toHex } from '../../base/bytes.ts';
import { ipPacket, partialTcpPacket, type SegmentParts, tcpPacket, upperSum } from '../testing/packets.ts';
import { packetMemory } from './packet-memory.ts';
import { PacketView } from './packet-view.ts';
import { type SegmentSlots, writeSegments } from './segment.ts';
import { GSO_TCPV4, GSO_TCPV6, GSO_UDP, VirtioHeader } from './virtio-header.ts';

const V4 = { source: '10.0.0.1', destination: '10.1.2.3', id: 0xffff, tcpOptions: fromHex('0101080a0000000100000002') };
const V6 = { ...V4, source: '2001:db8::1', destination: '2001:db8::2' };
const data = (length: number) => new Uint8Array(length).map((_, index) => index * 7 + (index >> 8));

describe('a TCP packet is taken apart', () => {
  it.each([
    ['IPv4', V4, GSO_TCPV4],
    ['IPv6', V6, GSO_TCPV6],
  ])('into the packets that TCP would have sent itself, %s', (_, ends, gsoType) => {
    fc.assert(
      fc.property(
        fc.constantFrom(new Uint8Array(), V4.tcpOptions),
        fc.integer({ min: 1, max: 4000 }),
        fc.integer({ min: 60, max: 1500 }),
        fc.nat(0xffff_ffff),
        (tcpOptions, length, mss, seq) => {
          const parts = { ...ends, tcpOptions, seq, data: data(length), flags: 0x99 };
          const segments = cut(partialTcpPacket(parts), gsoType, mss);
          expect(segments.map(toHex)).toEqual(expectedSegments(parts, mss).map(toHex));
        },
      ),
      // One of its IPv4 segments has a checksum of 0, which TCP sends as it is.
      { examples: [[new Uint8Array(), 2020, 1329, 0xff9c_80be]] },
    );
  });

  it('with CWR in the first, FIN and PSH in the last, and sequence numbers that wrap', () => {
    const packet = partialTcpPacket({ ...V4, seq: 0xffff_ff00, data: data(600), flags: 0x99 });
    const tcp = cut(packet, GSO_TCPV4, 250).map((segment) => new DataView(segment.buffer, 20));
    expect(tcp.map((view) => view.getUint8(13))).toEqual([0x90, 0x10, 0x19]);
    expect(tcp.map((view) => view.getUint32(4))).toEqual([0xffff_ff00, 0xffff_fffa, 0xf4]);
  });

  it('into as many as there are slots', () => {
    const packet = partialTcpPacket({ ...V4, data: data(600) });
    expect(cut(packet, GSO_TCPV4, 100, { room: 152, count: 6 })).toHaveLength(6);
    expect(cut(packet, GSO_TCPV4, 100, { room: 151, count: 6 })).toHaveLength(0);
    expect(cut(packet, GSO_TCPV4, 100, { room: 152, count: 5 })).toHaveLength(0);
  });

  it('IPv4 options come with each', () => {
    const tcp = tcpPacket({ ...V4, data: data(30) }).subarray(20);
    const packet = ipPacket({ ...V4, protocol: 6, payload: tcp, options: fromHex('94040000') });
    const segments = cut(packet, GSO_TCPV4, 20);
    expect(segments.map((segment) => segment.subarray(20, 24))).toEqual([fromHex('94040000'), fromHex('94040000')]);
  });
});

describe('a UDP packet is taken apart', () => {
  it.each([
    ['IPv4', V4],
    ['IPv6', V6],
  ])('into datagrams with lengths and checksums of their own, %s', (_, ends) => {
    const udp = (payload: Uint8Array) =>
      concatBytes(fromHex('00010002'), Uint8Array.of(0, payload.length + 8), fromHex('0000'), payload);
    const segments = cut(ipPacket({ ...ends, protocol: 17, payload: udp(data(100)) }), GSO_UDP, 40);
    const upper = segments.map((segment) => segment.subarray(ends === V4 ? 20 : 40));
    expect(upper.map((bytes) => bytes[5])).toEqual([48, 48, 28]);
    expect(upper.map((bytes) => upperSum(ends, 17, bytes))).toEqual([0xffff, 0xffff, 0xffff]);
    expect(concatBytes(...upper.map((bytes) => bytes.subarray(8)))).toEqual(data(100));
  });
});

describe('refused is', () => {
  const packet = partialTcpPacket({ ...V4, data: data(1000) });
  it.each([
    ['a packet of another kind than the header says', packet, GSO_TCPV6, 100],
    ['a packet whose header says nothing', packet, 0, 100],
    ['TCP that is called UDP', packet, GSO_UDP, 100],
    ['UDP that is called TCP', ipPacket({ ...V4, protocol: 17, payload: data(100) }), GSO_TCPV4, 20],
    ['segments of no size', packet, GSO_TCPV4, 0],
    ['segments that the slots do not hold', packet, GSO_TCPV4, 1000],
    ['more segments than there are slots', packet, GSO_TCPV4, 15],
    ['a packet without data', partialTcpPacket(V4), GSO_TCPV4, 100],
    ['a TCP header below 20 bytes', packet.with(32, 0x40), GSO_TCPV4, 100],
    [
      'a TCP header that is longer than the packet',
      partialTcpPacket({ ...V4, tcpOptions: new Uint8Array(), data: data(4) }).with(32, 0xf0),
      GSO_TCPV4,
      100,
    ],
    ['TCP that is cut off', ipPacket({ ...V4, protocol: 6, payload: data(12) }), GSO_TCPV4, 100],
    ['a later fragment', ipPacket({ ...V4, protocol: 6, payload: data(500), fragmentOffset: 4 }), GSO_TCPV4, 100],
  ])('%s', (_, bytes, gsoType, size) => {
    expect(cut(bytes, gsoType, size, { room: 900, count: 60 })).toEqual([]);
  });

  it('nothing that is taken apart leaves its slots, whatever the bytes', () => {
    const flips = fc.array(fc.tuple(fc.nat(59), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(
        fc.constantFrom(V4, V6),
        flips,
        fc.nat(1500),
        fc.constantFrom(GSO_TCPV4, GSO_TCPV6, GSO_UDP),
        (ends, changes, size, type) => {
          const packet = partialTcpPacket({ ...ends, data: data(700) });
          for (const [at, value] of changes) packet[at] = value;
          for (const segment of cut(packet, type, size, { room: 500, count: 20 }))
            expect(segment.length).toBeLessThanOrEqual(500);
        },
      ),
    );
  });
});

/** The segments, made from scratch. */
function expectedSegments(
  parts: SegmentParts & { seq: number; id: number; data: Uint8Array; flags: number },
  mss: number,
): Uint8Array[] {
  const count = Math.ceil(parts.data.length / mss);
  return Array.from({ length: count }, (_, index) => {
    const taken = (index === count - 1 ? 0 : 0x09) | (index === 0 ? 0 : 0x80);
    return tcpPacket({
      ...parts,
      id: (parts.id + index) & 0xffff,
      seq: (parts.seq + index * mss) >>> 0,
      flags: parts.flags & ~taken,
      data: parts.data.subarray(index * mss, (index + 1) * mss),
    });
  });
}

/** Copies of the segments; checks that nothing but the slots has changed. */
function cut(packet: Uint8Array, gsoType: number, gsoSize: number, limits = { room: 1600, count: 80 }): Uint8Array[] {
  const slots: SegmentSlots = {
    at: 5001,
    stride: limits.room + 11,
    room: limits.room,
    lengths: new Int32Array(limits.count),
  };
  const memory = packetMemory(new Uint8Array(slots.at + slots.stride * limits.count).fill(0xee));
  memory.bytes.set(packet, 100);
  const before = memory.bytes.slice();
  const view = new PacketView();
  if (!view.read(memory.bytes, 100, packet.length)) return [];
  const gso = Object.assign(new VirtioHeader(), { gsoType, gsoSize });
  const count = writeSegments(memory, view, gso, slots);
  const segments = [...slots.lengths.subarray(0, Math.max(0, count))].map((length, index) => {
    const at = slots.at + index * slots.stride;
    return memory.bytes.slice(at, at + length);
  });
  for (const [index, segment] of segments.entries()) before.set(segment, slots.at + index * slots.stride);
  // toEqual looks at each byte by itself.
  expect(equalBytes(memory.bytes, before)).toBe(true);
  return segments;
}
