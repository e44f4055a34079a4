import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../base/bytes.ts';
import { addressBits, addressFromInteger } from '../../../base/net.ts';
import type { TrafficSelector } from '../../../sa/traffic-selector.ts';
import { clientIdFromSelector, selectorFromClientId } from './client-id.ts';
import { decodeId } from './id.ts';

const read = (hex: string) => selectorFromClientId(decodeId(fromHex(hex)));
const ANY = { protocol: 0, startPort: 0, endPort: 65_535 };

const selectorArbitrary: fc.Arbitrary<TrafficSelector> = fc
  .record({ family: fc.constantFrom(4, 6), values: fc.infiniteStream(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })) })
  .chain(({ family, values }) => {
    const shift = BigInt(128 - addressBits(family as 4 | 6));
    const [a = 0n, b = 0n] = [values.next().value, values.next().value].map((value: bigint) => value >> shift);
    const text = (value: bigint) => addressFromInteger(value, family as 4 | 6);
    const range = a < b ? { start: text(a), end: text(b) } : { start: text(b), end: text(a) };
    return fc
      .record({ protocol: fc.integer({ min: 1, max: 255 }), port: fc.integer({ min: 0, max: 65_535 }) })
      .map(({ protocol, port }) => ({
        ...range,
        protocol,
        startPort: port,
        endPort: port === 0 ? 65_535 : port,
      }));
  });

describe('client identities of Quick Mode (RFC 2407 §4.6.2) as traffic selectors', () => {
  it('an address, a subnet and a range of both families', () => {
    const v6 = `20010db8${'00'.repeat(12)}`;
    const cases = [
      ['01000000 0a000001', { ...ANY, start: '10.0.0.1', end: '10.0.0.1' }],
      ['04000000 0a000000 ffffff00', { ...ANY, start: '10.0.0.0', end: '10.0.0.255' }],
      ['04000000 00000000 00000000', { ...ANY, start: '0.0.0.0', end: '255.255.255.255' }],
      ['07000000 0a000001 0a000009', { ...ANY, start: '10.0.0.1', end: '10.0.0.9' }],
      [`05000000 ${v6}`, { ...ANY, start: '2001:db8::', end: '2001:db8::' }],
      [
        `06000000 ${v6} ffffffff${'00'.repeat(12)}`,
        { ...ANY, start: '2001:db8::', end: '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff' },
      ],
      [`08000000 ${v6} 20010db8${'00'.repeat(11)}02`, { ...ANY, start: '2001:db8::', end: '2001:db8::2' }],
    ] as const;
    for (const [hex, selector] of cases) {
      expect(read(hex)).toEqual({ kind: 'selector', selector });
      expect(clientIdFromSelector(selector)?.body).toEqual(fromHex(hex));
    }
  });

  it('protocol and port narrow it', () => {
    const web = { protocol: 6, startPort: 80, endPort: 80, start: '10.0.0.1', end: '10.0.0.1' };
    expect(read('01060050 0a000001')).toEqual({ kind: 'selector', selector: web });
    expect(clientIdFromSelector(web)?.body).toEqual(fromHex('01060050 0a000001'));
    expect(read('01110000 0a000001')).toMatchObject({ selector: { protocol: 17, startPort: 0, endPort: 65_535 } });
  });

  it('host bits of a subnet are cleared; a full mask and one host are the same', () => {
    expect(read('04000000 0a000005 ffffff00')).toMatchObject({ selector: { start: '10.0.0.0', end: '10.0.0.255' } });
    expect(read('04000000 0a000005 ffffffff')).toEqual(read('01000000 0a000005'));
  });

  it.each([
    ['04', '0.0.0.0', '00'.repeat(4), 32],
    ['06', '::', '00'.repeat(16), 128],
  ] as const)('type %s: a mask of any number of ones is a subnet of that length', (idType, start, zeros, bits) => {
    for (let ones = 0; ones <= bits; ones++) {
      const hosts = (1n << BigInt(bits - ones)) - 1n;
      const mask = (((1n << BigInt(bits)) - 1n) ^ hosts).toString(16).padStart(bits / 4, '0');
      const end = addressFromInteger(hosts, bits === 32 ? 4 : 6);
      expect(read(`${idType}000000 ${zeros} ${mask}`)).toEqual({ kind: 'selector', selector: { ...ANY, start, end } });
    }
  });

  it('I4: names, DNs, keys and types that nobody knows are refused', () => {
    for (const idType of ['02', '03', '09', '0a', '0b', '00', 'ff'])
      expect(read(`${idType}000000 61626364`)).toEqual({ kind: 'refused', why: 'client-id-type' });
  });

  it('I4: a mask with a hole, a reversed range and a port without a protocol are refused', () => {
    for (const mask of ['ff00ff00', '00000001', 'fffffffd', '7fffffff', 'ffff00ff'])
      expect(read(`04000000 0a000000 ${mask}`)).toEqual({ kind: 'refused', why: 'client-id-mask' });
    expect(read(`06000000 ${'00'.repeat(16)} ffff00ff${'00'.repeat(12)}`)).toMatchObject({ why: 'client-id-mask' });
    expect(read('07000000 0a000002 0a000001')).toEqual({ kind: 'refused', why: 'client-id-range' });
    expect(read('01000050 0a000001')).toEqual({ kind: 'refused', why: 'client-id-port-without-protocol' });
  });

  it('what IKEv1 cannot say is not said, least of all more than was meant', () => {
    const host = { start: '10.0.0.1', end: '10.0.0.1' };
    for (const ports of [
      { protocol: 6, startPort: 80, endPort: 90 },
      { protocol: 6, startPort: 0, endPort: 0 },
      { protocol: 6, startPort: 65_535, endPort: 0 },
      { protocol: 0, startPort: 80, endPort: 80 },
    ])
      expect(clientIdFromSelector({ ...host, ...ports })).toBeUndefined();
  });

  it('every selector that can be said comes back the same', () => {
    fc.assert(
      fc.property(selectorArbitrary, (selector) => {
        const payload = clientIdFromSelector(selector);
        expect(payload && selectorFromClientId(decodeId(payload.body))).toEqual({ kind: 'selector', selector });
      }),
      { numRuns: 200 },
    );
  });

  it('any addresses and masks give a selector in order, or a refusal', () => {
    fc.assert(
      fc.property(fc.constantFrom(4, 7), fc.uint8Array({ minLength: 8, maxLength: 8 }), (idType, data) => {
        const result = selectorFromClientId(decodeId(Uint8Array.of(idType, 0, 0, 0, ...data)));
        if (result.kind === 'refused') return;
        const again = clientIdFromSelector(result.selector);
        expect(again && selectorFromClientId(again)).toEqual(result);
      }),
    );
  });
});
