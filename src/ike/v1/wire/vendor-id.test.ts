import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../base/bytes.ts';
import { vendorId, vendorIdName } from './vendor-id.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

describe('vendor IDs', () => {
  it('those that are a hash are the hash of their name', () => {
    expect(toHex(vendorId('nat-t-rfc3947'))).toBe(md5('RFC 3947'));
    expect(toHex(vendorId('nat-t-draft-03'))).toBe(md5('draft-ietf-ipsec-nat-t-ike-03'));
    expect(toHex(vendorId('nat-t-draft-02'))).toBe(md5('draft-ietf-ipsec-nat-t-ike-02'));
    expect(toHex(vendorId('nat-t-draft-02-newline'))).toBe(md5('draft-ietf-ipsec-nat-t-ike-02\n'));
    expect(toHex(vendorId('fragmentation'))).toBe(`${md5('FRAGMENTATION')}80000000`);
    expect(toHex(vendorId('dpd'))).toBe('afcad71368a1f1c96b8696fc77570100');
  });

  it('ours are recognised, and so are other versions and capabilities', () => {
    for (const name of ['dpd', 'nat-t-rfc3947', 'fragmentation', 'xauth', 'unity'] as const)
      expect(vendorIdName(vendorId(name))).toBe(name);
    expect(vendorIdName(fromHex('afcad71368a1f1c96b8696fc77570101'))).toBe('dpd');
    expect(vendorIdName(fromHex(`${md5('FRAGMENTATION')}`))).toBe('fragmentation');
    expect(vendorIdName(fromHex(`${md5('FRAGMENTATION')}c0000000`))).toBe('fragmentation');
  });

  it('shorter, longer and other ones are not', () => {
    for (const hex of [
      '',
      '09002689dfd6b7',
      '09002689dfd6b71200',
      'afcad71368a1f1c96b8696fc7757',
      'afcad71368a1f1c96b8696fc7757010000',
      `${md5('FRAGMENTATION')}c000`,
      '5a'.repeat(16),
    ])
      expect(vendorIdName(fromHex(hex))).toBeUndefined();
  });
});
