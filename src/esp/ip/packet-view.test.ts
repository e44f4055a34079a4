import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../base/bytes.ts';
import { ipPacket, type PacketParts, ports, upperLayer } from '../testing/packets.ts';
import { wordsAddress } from './address-words.ts';
import { PacketView } from './packet-view.ts';

const V4 = { source: '10.0.0.1', destination: '10.1.2.3' } as const;
const V6 = { source: '2001:db8::1', destination: '2001:db8:1::ffff' } as const;
const TCP = { protocol: 6, payload: ports(12_345, 443) };

describe('what a policy looks at is read from the headers', () => {
  it.each([
    ['IPv4', V4, 20],
    ['IPv6', V6, 40],
  ] as const)('%s', (_, ends, headerLength) => {
    const view = read({ ...ends, ...TCP, tos: 0xb9 });
    expect(view).toMatchObject({ protocol: 6, headerLength, totalLength: headerLength + 8, fragment: false });
    expect(view).toMatchObject({ hasPorts: true, sourcePort: 12_345, destinationPort: 443, tos: 0xb9, ecn: 1 });
    expect([wordsAddress(view.source, view.version), wordsAddress(view.destination, view.version)]).toEqual(
      Object.values(ends),
    );
  });

  it('the words of an IPv4 address are clean after an IPv6 packet', () => {
    const view = new PacketView();
    for (const ends of [V6, V4]) expect(readInto(view, ipPacket({ ...ends, ...TCP }))).toBe(true);
    expect([...view.source, ...view.destination]).toEqual([0, 0, 0, 0x0a00_0001, 0, 0, 0, 0x0a01_0203]);
  });

  it('the length is that of IP: padding for traffic flow confidentiality lies behind it', () => {
    const packet = ipPacket({ ...V4, ...TCP });
    expect(read(concatBytes(packet, new Uint8Array(100))).totalLength).toBe(packet.length);
  });

  it('Don’t Fragment is a flag in IPv4 and always true in IPv6', () => {
    expect(read({ ...V4, ...TCP }).df).toBe(false);
    expect(read({ ...V4, ...TCP, df: true }).df).toBe(true);
    expect(read({ ...V6, ...TCP }).df).toBe(true);
  });

  it('a packet may be nothing but a header', () => {
    expect(read({ ...V4, protocol: 6, payload: new Uint8Array() })).toMatchObject({ totalLength: 20, hasPorts: false });
    expect(read({ ...V6, protocol: 59, payload: new Uint8Array() })).toMatchObject({
      totalLength: 40,
      hasPorts: false,
    });
  });

  it('IPv4 options are skipped', () => {
    const view = read({ ...V4, ...TCP, options: fromHex('94040000') });
    expect(view).toMatchObject({ headerLength: 24, destinationPort: 443 });
  });
});

describe('ports: RFC 4301 §4.4.1.1', () => {
  it.each([
    ['type and code of ICMP', V4, 1, '0304ffff00000000', 0x0304],
    ['type and code of ICMPv6', V6, 58, '8000ffff00000000', 0x8000],
    ['the type of a mobility header, as the upper octet', V6, 135, '3b0105000000', 0x0500],
  ] as const)('%s', (_, ends, protocol, head, value) => {
    const view = read({ ...ends, protocol, payload: upperLayer(head) });
    expect(view).toMatchObject({ hasPorts: true, sourcePort: value, destinationPort: value });
  });

  it.each([
    ['of ESP are hidden', { ...V4, protocol: 50, payload: new Uint8Array(64) }],
    ['of GRE do not exist', { ...V4, protocol: 47, payload: new Uint8Array(64) }],
    ['of a later IPv4 fragment are in the first', { ...V4, ...TCP, fragmentOffset: 1 }],
    ['of a later IPv6 fragment are in the first', { ...V6, ...TCP, fragmentOffset: 1, moreFragments: true }],
    ['of a packet that ends before them', { ...V4, protocol: 17, payload: new Uint8Array(3) }],
  ])('%s', (_, parts) => {
    expect(read(parts)).toMatchObject({ hasPorts: false, sourcePort: 0, destinationPort: 0, protocol: parts.protocol });
  });

  it('a first fragment has its ports', () => {
    for (const ends of [V4, V6])
      expect(read({ ...ends, ...TCP, moreFragments: true })).toMatchObject({ fragment: false, destinationPort: 443 });
    expect(read({ ...V4, ...TCP, fragmentOffset: 1 }).fragment).toBe(true);
    expect(read({ ...V6, ...TCP, fragmentOffset: 1 }).fragment).toBe(true);
  });
});

describe('IPv6 extension headers', () => {
  const hopByHop = '0005020000010000';
  const options = (next: string) => `${next}00010400000000`;

  it('hop-by-hop, routing and destination options are skipped, AH is not', () => {
    const chain = `2b00050200000000${'3c02040000000000'.padEnd(48, '0')}${options('06')}`;
    const view = read({ ...V6, protocol: 0, payload: concatBytes(fromHex(chain), ports(1, 2)) });
    expect(view).toMatchObject({ protocol: 6, headerLength: 40 + 8 + 24 + 8, destinationPort: 2 });
    const authenticated = read({ ...V6, protocol: 60, payload: upperLayer(options('33'), 24) });
    expect(authenticated).toMatchObject({ protocol: 51, hasPorts: false });
  });

  it('a packet may end with one, and have as many as in earnest', () => {
    const last = read({ ...V6, protocol: 0, payload: fromHex('3b00050200000000') });
    expect(last).toMatchObject({ protocol: 59, headerLength: 48, totalLength: 48, hasPorts: false });
    const many = `${'3c00010400000000'.repeat(7)}${options('06')}`;
    expect(read({ ...V6, protocol: 60, payload: concatBytes(fromHex(many), ports(1, 2)) }).destinationPort).toBe(2);
  });

  it('what follows the fragment header of a later fragment is data, whatever its number says', () => {
    const view = read({ ...V6, protocol: 60, payload: fromHex('ffffffffffffffff'), fragmentOffset: 4 });
    expect(view).toMatchObject({ protocol: 60, fragment: true, headerLength: 48 });
  });

  it.each([
    ['a header that ends behind the packet', '0601000000000000'],
    ['a chain that ends within a header', '3c00000000'],
    ['a chain without end', hopByHop.repeat(9)],
  ])('%s is refused', (_, payload) => {
    expect(readInto(new PacketView(), ipPacket({ ...V6, protocol: 0, payload: fromHex(payload) }))).toBe(false);
  });
});

describe('what is no packet is refused', () => {
  const packet = ipPacket({ ...V4, ...TCP });
  it.each([
    ['nothing', new Uint8Array()],
    ['19 bytes', packet.subarray(0, 19)],
    ['another version', packet.with(0, 0x55)],
    ['a header below 20 bytes', packet.with(0, 0x44)],
    ['a header above the total length', packet.with(0, 0x4f)],
    ['more than there is', packet.with(3, 29)],
    ['less than a header', packet.with(3, 19)],
    ['IPv6 that is cut off', ipPacket({ ...V6, ...TCP }).subarray(0, 47)],
  ])('%s', (_, bytes) => {
    expect(readInto(new PacketView(), bytes)).toBe(false);
  });

  it('nothing outside the packet is looked at, and any bytes are either refused or lie within it', () => {
    const view = new PacketView();
    const twin = new PacketView();
    const start = fc.constantFrom(ipPacket({ ...V4, ...TCP }), ipPacket({ ...V6, ...TCP }), new Uint8Array());
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 120 }), fc.array(fc.nat(47)), (head, tail, flips) => {
        const bytes = concatBytes(head, tail);
        for (const at of flips) if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ 0x2f;
        const good = readInto(view, bytes, 0);
        expect(readInto(twin, bytes, 0xff)).toBe(good);
        if (!good) return;
        expect(twin).toEqual(view);
        expect(view.headerLength).toBeLessThanOrEqual(view.totalLength);
        expect(view.totalLength).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

function read(packet: PacketParts | Uint8Array): PacketView {
  const view = new PacketView();
  expect(readInto(view, packet instanceof Uint8Array ? packet : ipPacket(packet))).toBe(true);
  return view;
}

/** In the middle of other bytes, all of them `around`. */
function readInto(view: PacketView, packet: Uint8Array, around = 0x11): boolean {
  const bytes = new Uint8Array(packet.length + 128).fill(around);
  bytes.set(packet, 64);
  return view.read(bytes, 64, packet.length);
}
