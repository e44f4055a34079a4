import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../base/bytes.ts';
import { addressBytes, addressFromBytes } from '../../base/net.ts';
import { ipPacket, partialTcpPacket, type SegmentParts, tcpPacket } from '../testing/packets.ts';
import { Coalescer } from './coalesce.ts';
import { packetMemory } from './packet-memory.ts';
import { PacketView } from './packet-view.ts';
import { writeSegments } from './segment.ts';
import { GSO_TCPV4, GSO_TCPV6, VirtioHeader } from './virtio-header.ts';

const V4 = { source: '10.0.0.1', destination: '10.1.2.3', id: 0xfffe, seq: 0xffff_ff00, df: true };
const V6 = { ...V4, source: '2001:db8::1', destination: '2001:db8::2' };
const OPTIONS = fromHex('0101080a0000000100000002');
const data = (length: number, from = 0) => new Uint8Array(length).map((_, index) => (index + from) * 5);

describe('segments that follow each other become one packet', () => {
  it.each([
    ['IPv4', V4, GSO_TCPV4],
    ['IPv6', V6, GSO_TCPV6],
  ])('%s, with the header that the kernel needs', (_, ends, gsoType) => {
    const written = run(segmentsOf({ ...ends, tcpOptions: OPTIONS, data: data(250), flags: 0x18 }, 100));
    const ipHeader = ends === V4 ? 20 : 40;
    const virtio = [1, gsoType, ipHeader + 32, 0, 100, 0, ipHeader, 0, 16, 0];
    const packet = partialTcpPacket({ ...ends, tcpOptions: OPTIONS, data: data(250), flags: 0x18 });
    expect(written).toEqual([hex(Uint8Array.from(virtio), packet)]);
  });

  it('what was taken apart is the same packet again', () => {
    const parts = fc.record({
      ends: fc.constantFrom(V4, V6),
      length: fc.integer({ min: 1, max: 9000 }),
      mss: fc.integer({ min: 500, max: 1460 }),
      seq: fc.nat(0xffff_ffff),
      options: fc.constantFrom(new Uint8Array(), OPTIONS),
      flags: fc.constantFrom(0x10, 0x18, 0x50),
      df: fc.boolean(),
      tos: fc.nat(255),
    });
    fc.assert(
      fc.property(parts, ({ ends, length, mss, options, ...rest }) => {
        const whole = { ...ends, ...rest, tcpOptions: options, data: data(length) };
        const packet = length <= mss ? tcpPacket(whole) : partialTcpPacket(whole);
        expect(run(segmentsOf(whole, mss)).map((written) => written.slice(20))).toEqual([toHex(packet)]);
      }),
    );
  });

  it('up to the longest IPv4 packet', () => {
    const segments = Array.from({ length: 50 }, (_, index) =>
      tcpPacket({ ...V4, seq: index * 1400, id: index, data: data(1400, index) }),
    );
    expect(run(segments).map((written) => written.length / 2 - 10)).toEqual([46 * 1400 + 40, 4 * 1400 + 40]);
  });

  it('each flow in its own lane, in the order of each', () => {
    const flow = (sourcePort: number) => segmentsOf({ ...V4, sourcePort, data: data(300) }, 100);
    const [first, second] = [flow(1), flow(2)];
    const mixed = first.flatMap((segment, index) => [segment, second[index] ?? segment]);
    const both = [1, 2].map((sourcePort) => toHex(partialTcpPacket({ ...V4, sourcePort, data: data(300) })));
    expect(run(mixed).map((written) => written.slice(20))).toEqual(both);
  });

  it('flows are told apart by all of their addresses and ports', () => {
    const next = { ...V6, seq: V6.seq + 10, data: data(10) };
    const others: Partial<SegmentParts>[] = [
      ...[0, 1, 2, 3].map((word) => ({ source: otherWord(V6.source, word) })),
      ...[0, 1, 2, 3].map((word) => ({ destination: otherWord(V6.destination, word) })),
      { sourcePort: 1 },
    ];
    expect(run([tcpPacket({ ...V6, data: data(10) }), tcpPacket(next)])).toHaveLength(1);
    for (const other of others)
      expect(run([tcpPacket({ ...V6, data: data(10) }), tcpPacket({ ...next, ...other })])).toHaveLength(2);
  });

  it('with more flows than lanes nothing is lost, and each flow keeps its order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { maxLength: 40 }), (order) => {
        const sent = new Map<number, number>();
        const segments = order.map((sourcePort) => {
          const from = sent.get(sourcePort) ?? 0;
          sent.set(sourcePort, from + 10);
          return tcpPacket({ ...V4, sourcePort, seq: from, data: data(10, from) });
        });
        const received = new Map<number, number>();
        for (const written of run(segments)) {
          const tcp = new DataView(fromHex(written).buffer, 30);
          const sourcePort = tcp.getUint16(0);
          expect(tcp.getUint32(4)).toBe(received.get(sourcePort) ?? 0);
          received.set(sourcePort, tcp.getUint32(4) + tcp.byteLength - 20);
        }
        expect(received).toEqual(sent);
      }),
    );
  });
});

describe('what ends a packet', () => {
  const segment = (index: number, changes: Partial<SegmentParts> = {}) =>
    tcpPacket({ ...V4, seq: index * 100, id: index, data: data(100, index), ...changes });
  const counts = (...segments: Uint8Array[]) => run(segments).map((written) => written.length / 2 - 10 - 40);

  it.each<[string, Partial<SegmentParts>]>([
    ['another acknowledgement', { ack: 1 }],
    ['another window', { window: 999 }],
    ['a gap', { seq: 101 }],
    ['the same once more', { seq: 0 }],
    ['another urgent pointer', { urgent: 1 }],
    ['congestion marked', { tos: 3 }],
    ['another TTL', { ttl: 63 }],
    ['another DF', { df: false }],
    ['ECE', { flags: 0x50 }],
    ['FIN', { flags: 0x11 }],
    ['CWR', { flags: 0x90 }],
    ['RST', { flags: 0x14 }],
    ['URG', { flags: 0x30 }],
  ])('%s', (_, changes) => {
    expect(counts(segment(0), segment(1, changes))).toEqual([100, 100]);
  });

  it.each<[string, Partial<SegmentParts>]>([
    ['congestion marked', { tos: 3 }],
    ['another hop limit', { ttl: 63 }],
  ])('%s, IPv6', (_, changes) => {
    const next = { ...V6, seq: V6.seq + 100, data: data(100) };
    expect(run([tcpPacket({ ...V6, data: data(100) }), tcpPacket(next)])).toHaveLength(1);
    expect(run([tcpPacket({ ...V6, data: data(100) }), tcpPacket({ ...next, ...changes })])).toHaveLength(2);
  });

  it('other options', () => {
    const options = (last: string) => ({ tcpOptions: fromHex(`0101080a00000001000000${last}`) });
    expect(counts(segment(0, options('01')), segment(1, options('01')))).toEqual([212]);
    expect(counts(segment(0, options('01')), segment(1, options('02')))).toEqual([112, 112]);
    expect(counts(segment(0, options('01')), segment(1))).toEqual([112, 100]);
  });

  it('PSH, a shorter segment, and a longer one', () => {
    expect(counts(segment(0), segment(1, { flags: 0x18 }), segment(2))).toEqual([200, 100]);
    expect(counts(segment(0), segment(1, { data: data(60) }), segment(2, { seq: 160 }))).toEqual([160, 100]);
    expect(counts(segment(0), segment(1, { data: data(101) }))).toEqual([100, 101]);
  });

  it('an identification that does not count on, where it matters', () => {
    expect(counts(segment(0), segment(1, { id: 7 }))).toEqual([200]);
    expect(counts(segment(0, { df: false }), segment(1, { df: false }))).toEqual([200]);
    expect(counts(segment(0, { df: false }), segment(1, { df: false, id: 7 }))).toEqual([100, 100]);
  });

  it('a wrong checksum: the kernel would make it right', () => {
    const wrong = segment(1).with(60, 0x77);
    expect(run([segment(0), wrong, segment(2)])).toEqual([plain(segment(0)), plain(wrong), plain(segment(2))]);
  });

  it('an acknowledgement without data does not overtake data of its flow, UDP does', () => {
    const ack = segment(1, { data: new Uint8Array() });
    const udp = ipPacket({ ...V4, protocol: 17, payload: fromHex('0001000200080000') });
    expect(run([segment(0), udp, ack])).toEqual([udp, segment(0), ack].map(plain));
  });
});

describe('whatever comes', () => {
  it('is written once, and not changed where it stays alone', () => {
    const bytes = fc.array(fc.tuple(fc.nat(59), fc.nat(255)), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(V4, V6), bytes), { maxLength: 8 }), (packets) => {
        const segments = packets.map(([ends, flips], index) => {
          const packet = tcpPacket({ ...ends, seq: index * 20, data: data(20) });
          for (const [at, value] of flips) packet[at] = value;
          return packet;
        });
        const readable = segments.filter((packet) => new PacketView().read(packet, 0, packet.length));
        const written = run(segments);
        const alone = written.filter((text) => text.startsWith('00')).map((text) => text.slice(20));
        const originals = readable.map((packet) => toHex(packet.subarray(0, totalLength(packet))));
        for (const text of alone) expect(originals).toContain(text);
        expect(written.length).toBeLessThanOrEqual(readable.length);
        expect(written.length === 0).toBe(readable.length === 0);
      }),
    );
  });
});

function totalLength(packet: Uint8Array): number {
  const view = new PacketView();
  view.read(packet, 0, packet.length);
  return view.totalLength;
}

/** The address with one bit of one of its words changed. */
function otherWord(address: string, word: number): string {
  const bytes = addressBytes(address);
  bytes[word * 4 + 1] = (bytes[word * 4 + 1] ?? 0) ^ 1;
  return addressFromBytes(bytes);
}

function plain(packet: Uint8Array): string {
  return hex(new Uint8Array(10), packet);
}

function hex(...parts: Uint8Array[]): string {
  return parts.map(toHex).join('');
}

/** What one batch of packets becomes, as hex, each with the header of the TUN. */
function run(packets: readonly Uint8Array[]): string[] {
  const slots = packets.length * SLOT;
  const memory = packetMemory(new Uint8Array(slots + Coalescer.bytesFor(2)).fill(0xee));
  const written: string[] = [];
  const coalescer = new Coalescer(memory, slots, 2, (at, length) => {
    written.push(toHex(memory.bytes.subarray(at, at + length)));
  });
  const view = new PacketView();
  for (const [index, packet] of packets.entries()) {
    const at = index * SLOT + 33;
    memory.bytes.set(packet, at);
    if (view.read(memory.bytes, at, packet.length)) coalescer.take(view);
  }
  coalescer.flush();
  return written;
}

const SLOT = 2000;

function segmentsOf(parts: SegmentParts & { readonly data: Uint8Array }, mss: number): Uint8Array[] {
  const packet = partialTcpPacket(parts);
  const lengths = new Int32Array(32);
  const memory = packetMemory(new Uint8Array(packet.length + SLOT * lengths.length));
  memory.bytes.set(packet);
  const view = new PacketView();
  view.read(memory.bytes, 0, packet.length);
  const gso = Object.assign(new VirtioHeader(), { gsoType: view.version === 4 ? GSO_TCPV4 : GSO_TCPV6, gsoSize: mss });
  const count = writeSegments(memory, view, gso, { at: packet.length, stride: SLOT, room: SLOT, lengths });
  return [...lengths.subarray(0, count)].map((length, index) => {
    const at = packet.length + index * SLOT;
    return memory.bytes.slice(at, at + length);
  });
}
