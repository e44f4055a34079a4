import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../base/bytes.ts';
import { natDetectionHash } from './nat-detection.ts';

describe('NAT detection (RFC 7296 §2.23)', () => {
  const spiI = 'c0c1c2c3c4c5c6c7';
  const spiR = 'd0d1d2d3d4d5d6d7';

  it('hashes SPIs, address and port in network order', () => {
    const digest = (name: string, hex: string) => Uint8Array.from(createHash(name).update(fromHex(hex)).digest());
    expect(natDetectionHash('sha1', spiI, spiR, { address: '192.0.2.1', port: 4500 })).toEqual(
      digest('sha1', `${spiI}${spiR}c00002011194`),
    );
    expect(natDetectionHash('md5', spiI, spiR, { address: '2001:db8::1', port: 500 })).toEqual(
      digest('md5', `${spiI}${spiR}20010db800000000000000000000000101f4`),
    );
  });

  it('differs where the address or the port was translated', () => {
    const seen = [
      { address: '192.0.2.1', port: 500 },
      { address: '192.0.2.2', port: 500 },
      { address: '192.0.2.1', port: 501 },
    ].map((endpoint) => natDetectionHash('sha1', spiI, spiR, endpoint).join());
    expect(new Set(seen).size).toBe(3);
  });
});
