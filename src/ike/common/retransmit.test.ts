import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RETRANSMIT, retransmitDelay, retransmitTotal } from './retransmit.ts';

describe('retransmission (RFC 7296 §2.1, §2.4)', () => {
  it('waits grow by 1.8 from 2 s, for seven transmissions', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7].map((sent) => retransmitDelay(sent, 0.5));
    expect(waits).toEqual([2000, 3600, 6480, 11664, 20995, 37791, 68024]);
    expect(retransmitDelay(8, 0.5)).toBeUndefined();
  });

  it('gives up after the sum of all waits', () => {
    expect(retransmitTotal()).toBe(150_554);
    expect(retransmitTotal({ base: 100, factor: 2, transmissions: 3, jitter: 0.2 })).toBe(700);
  });

  it('spreads every wait by at most a fifth', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (sent, fraction) => {
          const middle = RETRANSMIT.base * RETRANSMIT.factor ** (sent - 1);
          const wait = retransmitDelay(sent, fraction) ?? 0;
          expect(wait).toBeGreaterThanOrEqual(Math.floor(middle * 0.8));
          expect(wait).toBeLessThanOrEqual(Math.ceil(middle * 1.2));
        },
      ),
    );
    expect(retransmitDelay(1, 0)).toBe(1600);
    expect(retransmitDelay(1, 0.999_999)).toBe(2400);
  });
});
