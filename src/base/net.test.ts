import { describe, expect, it } from 'vitest';
import { addressBytes, addressFromInteger, addressToInteger, addressValue, parseAddress, prefixRange } from './net.ts';

describe('addresses', () => {
  it.each(['0.0.0.0', '10.0.0.1', '192.0.2.255', '255.255.255.255'])('%s is one', (text) => {
    expect(parseAddress(text)).toBe(text);
    expect([...addressBytes(text)]).toEqual(text.split('.').map(Number));
  });

  it.each([
    ['2001:db8::1', '2001:db8::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['::', '::'],
  ])('%s is one, and %s its canonical text', (text, canonical) => expect(parseAddress(text)).toBe(canonical));

  it.each([
    ...[
      '',
      '1',
      '1.2.3',
      '1.2.3.',
      '.1.2.3',
      '1..2.3',
      '1.2.3.4.',
      '1.2.3.4.5',
      '256.1.1.1',
      '1.2.3.999',
      '1.2.3.2560',
    ],
    ...['01.2.3.4', '1.2.3.00', '1.2.3.4 ', ' 1.2.3.4', '1.2.3.4a', '1.2.3.-4', '1.2.3.+4', '0x1.2.3.4', '١.2.3.4'],
    ...['1:2:3:4:5:6:7', '1::2::3', '::1.2.3', '::12345', 'fe80::1%eth0'],
  ])('%j is none', (text) => expect(parseAddress(text)).toBeUndefined());

  it.each([
    ['0.0.0.0', 0n],
    ['192.0.2.1', 0xc000_0201n],
    ['255.255.255.255', 0xffff_ffffn],
  ] as const)('%s is the integer %d, and the other way round', (text, value) => {
    expect(addressToInteger(text)).toBe(value);
    expect(addressFromInteger(value, 4)).toBe(text);
  });

  it('an IPv6 address is an integer of 128 bits', () => {
    const value = 0x2001_0db8_8000_0000_0000_0000_ffff_ffffn;
    expect(addressToInteger('2001:db8:8000::ffff:ffff')).toBe(value);
    expect(addressFromInteger(value, 6)).toBe('2001:db8:8000::ffff:ffff');
  });

  it('an IPv4 address is compared as a number, which has the value of the integer', () => {
    for (const address of ['0.0.0.0', '127.255.255.255', '128.0.0.0', '255.255.255.255'])
      expect(addressValue(address)).toBe(Number(addressToInteger(address)));
    expect(addressValue('2001:db8::1')).toBe(addressToInteger('2001:db8::1'));
  });

  it.each([
    ['203.0.113.7', 4, 32],
    ['2001:db8::abcd', 6, 128],
  ] as const)('a prefix of %s, of any length, ranges over all host bits', (address, family, bits) => {
    for (let length = 0; length <= bits; length++) {
      const hosts = (1n << BigInt(bits - length)) - 1n;
      const first = addressToInteger(address) & ~hosts;
      const range = { start: addressFromInteger(first, family), end: addressFromInteger(first | hosts, family) };
      expect(prefixRange({ address, length })).toEqual(range);
    }
  });
});
