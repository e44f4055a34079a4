import { describe, expect, it } from 'vitest';
import { ipPacket } from '../testing/packets.ts';
import { OuterHeader } from './outer-header.ts';
import { packetMemory } from './packet-memory.ts';
import { PacketView } from './packet-view.ts';

const V4 = { source: '10.0.0.1', destination: '10.1.2.3' } as const;
const V6 = { source: '2001:db8::1', destination: '2001:db8::2' } as const;
const OUTER_V4 = { source: '192.0.2.1', destination: '192.0.2.2' } as const;
const OUTER_V6 = { source: '2001:db8:ff::1', destination: '2001:db8:ff::2' } as const;

describe('the outer header, RFC 4301 §5.1.2', () => {
  it.each([
    ['IPv4 in IPv4: DSCP, ECN and DF are copied', OUTER_V4, V4, true, true],
    ['IPv4 without DF in IPv4', OUTER_V4, V4, false, false],
    ['IPv6 in IPv4 has no DF to copy', OUTER_V4, V6, false, false],
    ['IPv4 in IPv6', OUTER_V6, V4, false, false],
    ['IPv6 in IPv6', OUTER_V6, V6, false, false],
  ] as const)('%s', (_, outer, inner, innerDf, df) => {
    const innerPacket = ipPacket({ ...inner, protocol: 6, payload: new Uint8Array(20), tos: 0xb9, df: innerDf });
    const expected = ipPacket({ ...outer, protocol: 51, payload: innerPacket, tos: 0xb9, df, id: 1 });
    const header = new OuterHeader(outer.source, outer.destination, 51);
    const memory = packetMemory(new Uint8Array(expected.length).fill(0xee));
    memory.bytes.set(innerPacket, header.length);
    const packet = new PacketView();
    packet.read(memory.bytes, header.length, innerPacket.length);
    header.write(memory, 0, innerPacket.length, packet);
    expect(memory.bytes).toEqual(expected);
  });

  it('each IPv4 packet has an identification of its own, never 0', () => {
    const header = new OuterHeader(OUTER_V4.source, OUTER_V4.destination, 51);
    const memory = packetMemory(new Uint8Array(20));
    const inner = new PacketView();
    const seen = new Set<number>();
    for (let count = 0; count < 0xffff; count++) {
      header.write(memory, 0, 100, inner);
      seen.add(memory.view.getUint16(4));
    }
    expect(seen.size).toBe(0xffff);
    expect(seen.has(0)).toBe(false);
    header.write(memory, 0, 100, inner);
    expect(memory.view.getUint16(4)).toBe(1);
  });
});
