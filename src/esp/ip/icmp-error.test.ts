import { describe, expect, it } from 'vitest';
import { ipPacket, naiveSum, type PacketParts, upperSum } from '../testing/packets.ts';
import { addressWords, wordsAddress } from './address-words.ts';
import { type IcmpError, MAX_ICMP_ERROR, writeIcmpError } from './icmp-error.ts';
import { packetMemory } from './packet-memory.ts';
import { PacketView } from './packet-view.ts';

const V4 = { source: '10.0.0.1', destination: '10.1.2.3' } as const;
const V6 = { source: '2001:db8::1', destination: '2001:db8::2' } as const;

describe.each([
  ['ICMPv4', V4, '10.9.9.9', 20, 1, 576],
  ['ICMPv6', V6, '2001:db8::9', 40, 58, MAX_ICMP_ERROR],
] as const)('an %s error', (_, ends, gateway, headerLength, protocol, longest) => {
  const large = { ...ends, protocol: 17, payload: new Uint8Array(1400).map((_, index) => index * 3), df: true };
  const small = { ...ends, protocol: 17, payload: new Uint8Array(31).fill(7) };

  it.each([
    ['small', small],
    ['large', large],
  ])('quotes as much of a %s packet as it may', (_, parts) => {
    const { bytes, packet } = answer('prohibited', parts, gateway);
    const cause = ipPacket(parts);
    expect(bytes.length).toBe(Math.min(longest, headerLength + 8 + cause.length));
    expect(bytes.subarray(headerLength + 8)).toEqual(cause.subarray(0, bytes.length - headerLength - 8));
    expect(packet).toMatchObject({ totalLength: bytes.length, headerLength, protocol, tos: 0xc0, fragment: false });
    expect(wordsAddress(packet.source, packet.version)).toBe(gateway);
    expect(wordsAddress(packet.destination, packet.version)).toBe(ends.source);
  });

  it('has right checksums', () => {
    for (const parts of [small, large]) {
      const { bytes } = answer('too-big', parts, gateway, 1300);
      const upper = bytes.subarray(headerLength);
      if (protocol === 1) expect([naiveSum(bytes.subarray(0, 20)), naiveSum(upper)]).toEqual([0xffff, 0xffff]);
      else expect(upperSum({ source: gateway, destination: ends.source }, 58, upper)).toBe(0xffff);
    }
  });

  it('is not written about what has no single sender', () => {
    const memory = packetMemory(new Uint8Array(4096));
    const cause = ipPacket({ ...small, source: protocol === 1 ? '224.0.0.1' : 'ff02::1' });
    memory.bytes.set(cause);
    const packet = new PacketView();
    packet.read(memory.bytes, 0, cause.length);
    expect(writeIcmpError('prohibited', memory, packet, addressWords(gateway), 2048, 0)).toBe(0);
    expect(memory.bytes.subarray(2048).every((byte) => byte === 0)).toBe(true);
  });
});

describe('type, code and MTU', () => {
  const body = (error: IcmpError, ends: typeof V4 | typeof V6, mtu: number) => {
    const { bytes } = answer(error, { ...ends, protocol: 6, payload: new Uint8Array(8) }, ends.destination, mtu);
    const icmp = bytes.subarray(ends === V4 ? 20 : 40);
    return [icmp[0], icmp[1], new DataView(icmp.buffer, icmp.byteOffset).getUint32(4)];
  };

  it('of an IPv4 packet: fragmentation needed with the next hop’s MTU, administratively prohibited', () => {
    expect(body('too-big', V4, 1380)).toEqual([3, 4, 1380]);
    expect(body('too-big', V4, 20)).toEqual([3, 4, 68]);
    expect(body('prohibited', V4, 1380)).toEqual([3, 13, 0]);
  });

  it('of an IPv6 packet: packet too big, administratively prohibited', () => {
    expect(body('too-big', V6, 1380)).toEqual([2, 0, 1380]);
    expect(body('too-big', V6, 1200)).toEqual([2, 0, 1280]);
    expect(body('prohibited', V6, 1380)).toEqual([1, 1, 0]);
  });
});

/** The error about a packet that lies in the middle of some memory, and how it reads. */
function answer(error: IcmpError, parts: PacketParts, gateway: string, mtu = 0) {
  const cause = ipPacket(parts);
  const memory = packetMemory(new Uint8Array(8192).fill(0xaa));
  memory.bytes.set(cause, 5000);
  const packet = new PacketView();
  expect(packet.read(memory.bytes, 5000, cause.length)).toBe(true);
  const length = writeIcmpError(error, memory, packet, addressWords(gateway), 1001, mtu);
  const bytes = memory.bytes.slice(1001, 1001 + length);
  expect(memory.bytes[1000]).toBe(0xaa);
  expect(memory.bytes[1001 + length]).toBe(0xaa);
  expect(packet.read(bytes, 0, length)).toBe(true);
  return { bytes, packet };
}
