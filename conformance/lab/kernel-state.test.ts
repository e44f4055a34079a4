import { describe, expect, it } from 'vitest';
import { isProtecting, parsePolicies, parseSas } from './kernel-state.ts';

const STATES = `src 106.75.234.78 dst 113.31.113.78
	proto esp spi 0xc80fe9f2(3356486130) reqid 1(0x00000001) mode tunnel
	replay-window 0 seq 0x00000000 flag af-unspec esn (0x00100080)
	auth-trunc hmac(sha1) 0x6d05b4f5a6c4d71bb76c65f33104d6193e1dd93e (160 bits) 96
	enc cbc(aes) 0x5230c5dc1dd112bd44c625e99142bd28 (128 bits)
	lifetime config:
	  limit: soft (INF)(bytes), hard (INF)(bytes)
	lifetime current:
	  504(bytes), 6(packets)
	  add 2026-11-23 22:43:41 use 2026-11-23 22:43:42
src 113.31.113.78 dst 106.75.234.78
	proto esp spi 0x00e26cf5(14839029) reqid 1(0x00000001) mode tunnel
	aead rfc4106(gcm(aes)) 0x0102030405060708090a0b0c0d0e0f1011121314 (160 bits) 128
	lifetime current:
	  0(bytes), 0(packets)
src 113.31.113.78 dst 106.75.234.78
	proto esp spi 0xc2c2c2c2(3267543746) reqid 1(0x00000001) mode tunnel
	replay-window 0 seq 0x00000000
	lifetime current:
	  0(bytes), 0(packets)
`;

const POLICIES = `src 10.0.192.0/20 dst 10.23.0.0/16
	dir out priority 375423
	tmpl src 106.75.234.78 dst 113.31.113.78
		proto esp spi 0xc80fe9f2 reqid 1 mode tunnel
src 10.0.192.0/20 dst 10.23.0.0/16
	dir out action block priority 399999
src 0.0.0.0/0 dst 0.0.0.0/0
	socket in priority 0
src ::/0 dst ::/0
	socket out priority 0
`;

describe('the kernel state that iproute2 shows', () => {
  it('SAs have their SPI, packets, flags and keys, in whatever algorithm', () => {
    expect(parseSas(STATES)).toEqual([
      {
        source: '106.75.234.78',
        destination: '113.31.113.78',
        protocol: 'esp',
        spi: 'c80fe9f2',
        packets: 6,
        algorithms:
          'auth-trunc hmac(sha1) 0x6d05b4f5a6c4d71bb76c65f33104d6193e1dd93e 96; enc cbc(aes) 0x5230c5dc1dd112bd44c625e99142bd28',
        flags: 'af-unspec esn',
      },
      {
        source: '113.31.113.78',
        destination: '106.75.234.78',
        protocol: 'esp',
        spi: '00e26cf5',
        packets: 0,
        algorithms: 'aead rfc4106(gcm(aes)) 0x0102030405060708090a0b0c0d0e0f1011121314 128',
        flags: '',
      },
    ]);
  });

  it('an SA without algorithms is only a reserved SPI', () => {
    expect(parseSas(STATES).map(({ spi }) => spi)).not.toContain('c2c2c2c2');
  });

  it("policies are a gateway's, not a socket's, and only those with a template protect", () => {
    const policies = parsePolicies(POLICIES);
    expect(policies).toHaveLength(2);
    expect(policies.map(isProtecting)).toEqual([true, false]);
  });

  it('an empty dump has nothing', () => {
    expect(parseSas('')).toEqual([]);
    expect(parsePolicies('')).toEqual([]);
  });
});
