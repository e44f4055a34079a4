import { describe, expect, it } from 'vitest';
import { createArena } from '../../native/arena.ts';
import { PacketView } from '../ip/packet-view.ts';
import { MemoryTun } from '../testing/memory-tun.ts';
import { ipPacket, naiveSum, ports } from '../testing/packets.ts';
import { REFUSAL_BYTES, Refusals } from './refusals.ts';

const AT = 2_000;

function bed() {
  const arena = createArena(AT + 2_000);
  const tun = new MemoryTun();
  const clock = { now: 0 };
  const refusals = new Refusals({ arena, at: 0, tun, mono: () => clock.now });
  const view = (bytes: Uint8Array): PacketView => {
    arena.bytes.set(bytes, AT);
    const packet = new PacketView();
    expect(packet.read(arena.bytes, AT, bytes.length)).toBe(true);
    return packet;
  };
  return { arena, refusals, tun, clock, view };
}

const udp = (source: string, destination: string, length = 1_400): Uint8Array =>
  ipPacket({
    source,
    destination,
    protocol: 17,
    payload: Uint8Array.from([...ports(1, 2), ...new Uint8Array(length)]),
  });

describe('the sender of a packet that goes nowhere', () => {
  it('is told what would fit, as if by the one whom it was for', () => {
    const { refusals, tun, view } = bed();
    refusals.tooBig(view(udp('10.1.0.1', '10.2.0.9')), 1_345);
    const [answer] = tun.written;
    const bytes = answer?.bytes ?? new Uint8Array();
    expect(answer?.header).toEqual(new Uint8Array(10));
    expect([...bytes.subarray(12, 20)]).toEqual([10, 2, 0, 9, 10, 1, 0, 1]);
    expect([bytes[20], bytes[21], new DataView(bytes.buffer).getUint16(26)]).toEqual([3, 4, 1_345]);
    expect(naiveSum(bytes.subarray(20))).toBe(0xffff);
  });

  it('is told in IPv6 too, within the memory that there is for it', () => {
    const { arena, refusals, tun, view } = bed();
    arena.bytes.fill(0xee, REFUSAL_BYTES, AT);
    refusals.prohibited(view(udp('2001:db8:1::1', '2001:db8:2::9')));
    const bytes = tun.written[0]?.bytes ?? new Uint8Array();
    expect([bytes.length, bytes[6], bytes[40], bytes[41]]).toEqual([1_280, 58, 1, 1]);
    expect(arena.bytes.subarray(REFUSAL_BYTES, AT).every((byte) => byte === 0xee)).toBe(true);
  });

  it('is not told where it is no single host', () => {
    const { refusals, tun, view } = bed();
    refusals.prohibited(view(udp('10.1.0.1', '224.0.0.5', 40)));
    refusals.prohibited(view(udp('0.0.0.0', '10.2.0.9', 40)));
    expect(tun.written).toEqual([]);
  });

  it('is told at a limited rate: fifty at once, a hundred in a second', () => {
    const { refusals, tun, view, clock } = bed();
    const packet = view(udp('10.1.0.1', '10.2.0.9', 40));
    clock.now = 10_000;
    for (let count = 0; count < 200; count++) refusals.prohibited(packet);
    expect(tun.written).toHaveLength(50);
    clock.now += 100;
    for (let count = 0; count < 200; count++) refusals.tooBig(packet, 1_300);
    expect(tun.written).toHaveLength(60);
    clock.now += 60_000;
    for (let count = 0; count < 200; count++) refusals.prohibited(packet);
    expect(tun.written).toHaveLength(110);
  });
});
