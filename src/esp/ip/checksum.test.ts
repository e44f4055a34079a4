import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../base/bytes.ts';
import { ipPacket, naiveSum, ports } from '../testing/packets.ts';
import { checksumOf, pseudoHeaderSum, setHeaderChecksum, sumOf, sumWith, updatedChecksum } from './checksum.ts';
import { packetMemory } from './packet-memory.ts';
import { PacketView } from './packet-view.ts';

describe('the Internet checksum', () => {
  it('is that of the example in RFC 1071 §3', () => {
    expect(sumOf(packetMemory(fromHex('0001f203f4f5f6f7')).view, 0, 8)).toBe(0xddf2);
  });

  it('is that of a naive sum, at any offset and length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(40), (bytes, at) => {
        const start = Math.min(at, bytes.length);
        const { view } = packetMemory(bytes);
        expect(sumOf(view, start, bytes.length - start)).toBe(naiveSum(bytes.subarray(start)));
      }),
    );
  });

  it('of the largest packet, all ones, does not overflow', () => {
    const bytes = new Uint8Array(65_535).fill(0xff);
    expect(sumOf(packetMemory(bytes).view, 0, bytes.length)).toBe(naiveSum(bytes));
  });

  it('of two parts is the sum of theirs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.uint8Array({ maxLength: 50 }), (a, b) => {
        const even = a.subarray(0, a.length & ~1);
        const whole = Uint8Array.of(...even, ...b);
        expect(sumWith(naiveSum(even), naiveSum(b))).toBe(naiveSum(whole));
      }),
    );
  });

  it('after a change is that of the changed bytes, also the examples of RFC 1624 §4', () => {
    expect(updatedChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
    const words = fc.array(fc.nat(0xffff), { minLength: 2, maxLength: 9 });
    fc.assert(
      fc.property(words, fc.nat(0xffff), ([first = 0, ...rest], after) => {
        // A header is never all zeros: only then do 0 and 0xffff differ.
        const over = (word: number) => checksumOf([0x4500, word, ...rest].reduce(sumWith));
        expect(updatedChecksum(over(first), first, after)).toBe(over(after));
      }),
    );
  });
});

describe('the checksums of a packet', () => {
  it('of an IPv4 header, whatever was in its place', () => {
    const packet = ipPacket({ source: '10.0.0.1', destination: '10.1.2.3', protocol: 6, payload: ports(1, 2) });
    const { bytes, view } = packetMemory(packet.slice());
    bytes.fill(0xaa, 10, 12);
    setHeaderChecksum(view, 0, 20);
    expect(bytes).toEqual(packet);
  });

  it.each([
    ['IPv4', '10.0.0.1', '10.1.2.3', '0a0000010a01020300060008'],
    [
      'IPv6',
      '2001:db8::1',
      '2001:db8::2',
      '20010db800000000000000000000000120010db80000000000000000000000020000000800000006',
    ],
  ])('of the pseudo-header, %s', (_, source, destination, pseudo) => {
    const { bytes, view } = packetMemory(ipPacket({ source, destination, protocol: 6, payload: ports(1, 2) }));
    const packet = new PacketView();
    packet.read(bytes, 0, bytes.length);
    expect(pseudoHeaderSum(view, packet, 8)).toBe(naiveSum(fromHex(pseudo)));
  });
});
