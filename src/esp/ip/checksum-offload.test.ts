import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../base/bytes.ts';
import { ipPacket, partialTcpPacket, tcpPacket, upperSum } from '../testing/packets.ts';
import { completeChecksum } from './checksum-offload.ts';
import { packetMemory } from './packet-memory.ts';
import { VirtioHeader } from './virtio-header.ts';

const V4 = { source: '10.0.0.1', destination: '10.1.2.3', data: new Uint8Array(1001).fill(0xa5) };
const V6 = { ...V4, source: '2001:db8::1', destination: '2001:db8::2' };

describe('a checksum that the kernel has left to us', () => {
  it.each([
    ['IPv4', V4, 20],
    ['IPv6', V6, 40],
  ])('is completed, %s', (_, parts, start) => {
    expect(completed(partialTcpPacket(parts), start, 16)).toEqual(tcpPacket(parts));
  });

  it('of UDP is never 0, which would mean none', () => {
    // What the data sums up to makes the checksum 0.
    const udp = (data: number) => fromHex(`00010002000a0000${data.toString(16).padStart(4, '0')}`);
    const data = 0xffff - upperSum(V4, 17, udp(0));
    const partial = upperSum(V4, 17, new Uint8Array(10));
    const packet = ipPacket({ ...V4, protocol: 17, payload: udp(data) });
    new DataView(packet.buffer).setUint16(26, partial);
    expect(completed(packet, 20, 6)?.subarray(26, 28)).toEqual(fromHex('ffff'));
  });

  it('whose field lies outside the packet is refused', () => {
    const packet = partialTcpPacket(V4);
    expect(completed(packet, packet.length - 17, 16)).toBeUndefined();
    expect(completed(packet, packet.length - 18, 16)).toBeDefined();
    expect(completed(packet, 65_535, 65_535)).toBeUndefined();
  });
});

function completed(packet: Uint8Array, start: number, offset: number): Uint8Array | undefined {
  const numbers = [start, offset].map((value) => Uint8Array.of(value & 0xff, value >> 8));
  const memory = packetMemory(concatBytes(fromHex('010000000000'), ...numbers, packet));
  const header = new VirtioHeader();
  header.read(memory, 0);
  const length = packet.length;
  return completeChecksum(memory, 10, length, header) ? memory.bytes.slice(10) : undefined;
}
