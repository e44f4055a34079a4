import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../base/bytes.ts';
import { pcapHeader, pcapPacket } from './pcap.ts';

describe('a capture', () => {
  it('begins as libpcap writes it, with the link type raw IP', () => {
    expect(toHex(pcapHeader())).toBe('a1b2c3d40002000400000000000000000000ffff00000065');
  });

  // The packets of these two are what tcpdump takes apart without a complaint about a checksum.
  it('has IPv4 packets with their checksums', () => {
    const packet = pcapPacket({
      wall: 1_700_000_000_123,
      from: { address: '192.0.2.1', port: 500 },
      to: { address: '198.51.100.7', port: 500 },
      bytes: fromHex('0102030405'),
    });
    expect(toHex(packet)).toBe(
      [
        '6553f1000001e0780000002100000021',
        '450000210000000040118e90c0000201c6336407',
        '01f401f4000d06aa0102030405',
      ].join(''),
    );
  });

  it('has IPv6 packets', () => {
    const packet = pcapPacket({
      wall: 0,
      from: { address: '2001:db8::1', port: 4500 },
      to: { address: '2001:db8::2', port: 4500 },
      bytes: fromHex('00000000aa'),
    });
    expect(packet.length).toBe(16 + 40 + 8 + 5);
    expect(toHex(packet.subarray(16, 24))).toBe('60000000000d1140');
  });
});
