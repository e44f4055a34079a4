import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../base/bytes.ts';
import { ipPacket, tcpPacket } from '../testing/packets.ts';
import { clampMss } from './mss.ts';
import { packetMemory } from './packet-memory.ts';
import { PacketView } from './packet-view.ts';

const V4 = { source: '10.0.0.1', destination: '10.1.2.3', flags: 0x02 };
const V6 = { source: '2001:db8::1', destination: '2001:db8::2', flags: 0x12 };
const mss = (value: number) => value.toString(16).padStart(4, '0');

describe('the MSS of a SYN', () => {
  it.each([
    ['IPv4', V4, 1360],
    ['IPv6', V6, 1340],
  ])('is lowered to what fits, %s', (_, ends, largest) => {
    const of = (value: number) =>
      tcpPacket({ ...ends, tcpOptions: fromHex(`0204${mss(value)}0402080a000000010000000001030307`) });
    expect(clamped(of(1460), 1400)).toEqual(of(largest));
    expect(clamped(of(largest + 1), 1400)).toEqual(of(largest));
    expect(clamped(of(largest), 1400)).toEqual(of(largest));
    expect(clamped(of(536), 1400)).toEqual(of(536));
  });

  it.each([
    ['1', '01', '000000'],
    ['5', '0103030701', '010000'],
  ])('also where it stands behind other options, at the odd place %s', (_, before, behind) => {
    const of = (value: number) => tcpPacket({ ...V4, tcpOptions: fromHex(`${before}0204${mss(value)}${behind}`) });
    expect(clamped(of(1460), 1400)).toEqual(of(1360));
  });
});

it('the MSS of a SYN that has no other option is lowered too', () => {
  const of = (value: number) => tcpPacket({ ...V4, tcpOptions: fromHex(`0204${mss(value)}`) });
  expect(clamped(of(1460), 1400)).toEqual(of(1360));
});

describe('what stays as it is', () => {
  const option = fromHex('020405b4');
  it.each([
    ['a segment without SYN', tcpPacket({ ...V4, flags: 0x10, tcpOptions: option })],
    ['a SYN without options', tcpPacket(V4)],
    ['an option behind the end of the list', tcpPacket({ ...V4, tcpOptions: fromHex('00020405b4000000') })],
    ['an option of another length', tcpPacket({ ...V4, tcpOptions: fromHex('020505b4ff000000') })],
    ['an option of no length', tcpPacket({ ...V4, tcpOptions: fromHex('0300020405b40000') })],
    [
      'an option that goes on behind the header',
      tcpPacket({ ...V4, tcpOptions: fromHex('01010204'), data: fromHex('05b4') }),
    ],
    ['a header that ends behind the packet', tcpPacket({ ...V4, tcpOptions: option }).with(32, 0xf0)],
    ['another protocol', tcpPacket({ ...V4, tcpOptions: option }).with(9, 17)],
    [
      'a later fragment',
      ipPacket({
        ...V4,
        protocol: 6,
        payload: fromHex(`${'00'.repeat(12)}6002${'00'.repeat(6)}020405b4`),
        fragmentOffset: 1,
      }),
    ],
    ['a packet of nothing but ports', ipPacket({ ...V4, protocol: 6, payload: fromHex('0001000200') })],
  ])('%s', (_, packet) => {
    expect(clamped(packet, 1400)).toEqual(packet);
  });

  it('everything outside the option and the checksum, whatever the bytes', () => {
    const parts = fc.record({
      options: fc.uint8Array({ maxLength: 40 }),
      flips: fc.array(fc.nat(13)),
      mtu: fc.nat(1500),
    });
    fc.assert(
      fc.property(parts, ({ options, flips, mtu }) => {
        const padded = concatBytes(options, new Uint8Array(-options.length & 3));
        const packet = tcpPacket({ ...V4, tcpOptions: padded });
        for (const at of flips) packet[20 + at] = (packet[20 + at] ?? 0) ^ 0x50;
        const after = clamped(packet, mtu);
        const changed = [...after.keys()].filter((at) => after[at] !== packet[at]);
        expect(changed.filter((at) => at < 40 && at !== 36 && at !== 37)).toEqual([]);
        expect(changed.filter((at) => at >= 40).length).toBeLessThanOrEqual(2);
      }),
    );
  });
});

/** The packet after clamping, in the middle of bytes that must not change. */
function clamped(packet: Uint8Array, mtu: number): Uint8Array {
  const memory = packetMemory(new Uint8Array(packet.length + 200).fill(0x02));
  memory.bytes.set(packet, 101);
  const view = new PacketView();
  expect(view.read(memory.bytes, 101, packet.length)).toBe(true);
  clampMss(memory, view, mtu);
  const outside = concatBytes(memory.bytes.subarray(0, 101), memory.bytes.subarray(101 + packet.length));
  expect(outside.every((byte) => byte === 0x02)).toBe(true);
  return memory.bytes.slice(101, 101 + packet.length);
}
