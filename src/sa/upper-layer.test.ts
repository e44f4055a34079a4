import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatUpperLayer, parseUpperLayer } from './upper-layer.ts';

const any = { startPort: 0, endPort: 65_535 };
const one = (port: number) => ({ startPort: port, endPort: port });

describe('the protocol and ports of a segment', () => {
  // biome-ignore format: one text, one row
  it.each([
    ['tcp', { protocol: 6, ...any }, '[tcp]'],
    ['tcp/80', { protocol: 6, ...one(80) }, '[tcp/80]'],
    ['tcp/http', { protocol: 6, ...one(80) }, '[tcp/80]'],
    ['6/80', { protocol: 6, ...one(80) }, '[tcp/80]'],
    ['udp/5000-5100', { protocol: 17, startPort: 5000, endPort: 5100 }, '[udp/5000-5100]'],
    ['17/%any', { protocol: 17, ...any }, '[udp]'],
    ['udp/l2tp', { protocol: 17, ...one(1701) }, '[udp/1701]'],
    ['gre', { protocol: 47, ...any }, '[gre]'],
    ['47', { protocol: 47, ...any }, '[gre]'],
    ['89', { protocol: 89, ...any }, '[89]'],
    ['ospf', { protocol: 89, ...any }, '[89]'],
    ['any', { protocol: 0, ...any }, ''],
    ['%any/any', { protocol: 0, ...any }, ''],
    ['tcp/opaque', { protocol: 6, startPort: 65_535, endPort: 0 }, '[tcp/opaque]'],
    ['icmp', { protocol: 1, ...any }, '[icmp]'],
    ['icmp/8', { protocol: 1, startPort: 0x0800, endPort: 0x08ff }, '[icmp/8]'],
    ['icmp/2048', { protocol: 1, ...one(0x0800) }, '[icmp/2048]'],
    ['icmp/0', { protocol: 1, startPort: 0, endPort: 0xff }, '[icmp/0]'],
    ['icmp/0(0)', { protocol: 1, ...one(0) }, '[icmp/0(0)]'],
    ['icmp/3-5', { protocol: 1, startPort: 0x0300, endPort: 0x05ff }, '[icmp/3-5]'],
    ['icmpv6/128', { protocol: 58, startPort: 0x8000, endPort: 0x80ff }, '[ipv6-icmp/128]'],
  ])('%s', (text, upper, formatted) => {
    expect(parseUpperLayer(text)).toEqual(upper);
    expect(formatUpperLayer(upper)).toBe(formatted);
  });

  it.each([
    '',
    'tpc',
    '256',
    '06',
    '-1',
    'tcp/',
    'tcp/65536',
    'tcp/80-',
    'tcp/90-80',
    'tcp/1-2-3',
    'tcp/80/80',
    'tcp/nowhere',
    'gre/5',
    '47/5',
    'any/80',
    '%any/80',
    'icmp/8(0)',
    'icmp/0(256)',
    'icmp/http',
    'tcp/0(1)',
    'tcp/1e3',
  ])('%j is none', (text) => {
    expect(parseUpperLayer(text)).toBeUndefined();
  });

  it('reads what it has written, whatever the ports', () => {
    const port = fc.integer({ min: 0, max: 65_535 });
    fc.assert(
      fc.property(fc.constantFrom(1, 6, 17, 58, 132), port, port, (protocol, a, b) => {
        const upper = { protocol, startPort: Math.min(a, b), endPort: Math.max(a, b) };
        expect(parseUpperLayer(formatUpperLayer(upper).slice(1, -1))).toEqual(upper);
      }),
    );
  });
});
