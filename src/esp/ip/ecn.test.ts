import { describe, expect, it } from 'vitest';
import { ipPacket, ports } from '../testing/packets.ts';
import { decapsulateEcn } from './ecn.ts';
import { packetMemory } from './packet-memory.ts';
import { PacketView } from './packet-view.ts';

const FAMILIES = [
  ['IPv4', { source: '10.0.0.1', destination: '10.1.2.3' }],
  ['IPv6', { source: '2001:db8::1', destination: '2001:db8::2' }],
] as const;

/** Figure 4 of RFC 6040: a row by inner field, a column by outer field. */
const FIGURE_4 = {
  notEct: ['notEct', 'notEct', 'notEct', 'drop'],
  ect0: ['ect0', 'ect0', 'ect1', 'ce'],
  ect1: ['ect1', 'ect1', 'ect1', 'ce'],
  ce: ['ce', 'ce', 'ce', 'ce'],
} as const;
const FIELD = { notEct: 0b00, ect1: 0b01, ect0: 0b10, ce: 0b11 };
const COLUMNS = ['notEct', 'ect0', 'ect1', 'ce'] as const;

describe.each(FAMILIES)('ECN at the end of the tunnel, RFC 6040 §4.2, %s', (_, ends) => {
  const cases = Object.entries(FIGURE_4).flatMap(([inner, row]) =>
    row.map((result, column) => [inner as keyof typeof FIGURE_4, COLUMNS[column] ?? 'notEct', result] as const),
  );

  it.each(cases)('%s within %s becomes %s', (inner, outer, result) => {
    const packetOf = (tos: number) => ipPacket({ ...ends, protocol: 6, payload: ports(1, 2), tos });
    const memory = packetMemory(packetOf(0xb8 | FIELD[inner]));
    const packet = new PacketView();
    packet.read(memory.bytes, 0, memory.bytes.length);
    const passes = decapsulateEcn(memory, packet, 0x48 | FIELD[outer]);
    expect(passes).toBe(result !== 'drop');
    const tos = 0xb8 | FIELD[result === 'drop' ? inner : result];
    expect(memory.bytes).toEqual(packetOf(tos));
    expect(packet.tos).toBe(tos);
  });
});
