import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToInteger, integerToBytes } from './big-integer.ts';
import { ecpCurve } from './ecp-curves.ts';
import { modpGroup } from './modp-groups.ts';
import { privateKeyRule } from './private-scalar.ts';

const ORDERS = {
  modp2048s256: modpGroup('modp2048s256').subgroupOrder ?? 0n,
  ecp256: ecpCurve('ecp256').order,
  ecp384: ecpCurve('ecp384').order,
  ecp521: ecpCurve('ecp521').order,
} as const;

describe('private scalars', () => {
  it.each(Object.keys(ORDERS) as (keyof typeof ORDERS)[])('%s: any entropy makes a scalar in 1..order-1', (method) => {
    const rule = privateKeyRule(method);
    const order = ORDERS[method];
    fc.assert(
      fc.property(fc.uint8Array({ minLength: rule.bytes, maxLength: rule.bytes }), (entropy) => {
        const scalar = bytesToInteger(rule.scalar(entropy));
        expect(scalar > 0n && scalar < order).toBe(true);
      }),
    );
    // The edges: 0 and a multiple of order - 1 become 1, one less becomes order - 1.
    expect(bytesToInteger(rule.scalar(new Uint8Array(rule.bytes)))).toBe(1n);
    expect(bytesToInteger(rule.scalar(integerToBytes(3n * (order - 1n), rule.bytes)))).toBe(1n);
    expect(bytesToInteger(rule.scalar(integerToBytes(order - 2n, rule.bytes)))).toBe(order - 1n);
  });

  it('a scalar below an order is made of 64 bits more than the order has (FIPS 186-5 §A.2.1)', () => {
    for (const method of Object.keys(ORDERS) as (keyof typeof ORDERS)[])
      expect(privateKeyRule(method).bytes * 8 - ORDERS[method].toString(2).length).toBeGreaterThanOrEqual(64);
  });

  it('an exponent of a safe-prime group is never short by chance', () => {
    const rule = privateKeyRule('modp1024');
    expect(rule.scalar(new Uint8Array(rule.bytes))[0]).toBe(0x80);
    expect(rule.scalar(new Uint8Array(rule.bytes).fill(0x7f))).toEqual(
      new Uint8Array(rule.bytes).fill(0x7f).fill(0xff, 0, 1),
    );
  });
});
