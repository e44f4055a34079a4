import { describe, expect, it } from 'vitest';
import { addHalfOpen, admission, LIMIT_WITHOUT_COOKIES, newHalfOpen } from './half-open.ts';

describe('half-open IKE SAs (RFC 8019 §4)', () => {
  it('who cannot be asked for a cookie leaves half of the places to those who bring one', () => {
    const halfOpen = newHalfOpen();
    for (let n = 0; n < LIMIT_WITHOUT_COOKIES; n++) addHalfOpen(halfOpen, n, `198.18.${n >> 8}.${n & 255}`);
    const proven = { proven: true, isKnown: () => true };
    expect(admission(halfOpen, '192.0.2.1', { ...proven, limit: LIMIT_WITHOUT_COOKIES })).toBe('refuse');
    expect(admission(halfOpen, '192.0.2.1', proven)).toBe('admit');
    expect(admission(halfOpen, '192.0.2.1', { proven: false, isKnown: () => true })).toBe('demand-cookie');
  });

  it('who a flood claims to be is not looked up', () => {
    const halfOpen = newHalfOpen();
    for (let n = 0; n < 32; n++) addHalfOpen(halfOpen, n, `198.18.0.${n}`);
    const isKnown = () => {
      throw new Error('looked up');
    };
    expect(admission(halfOpen, '192.0.2.1', { proven: false, isKnown })).toBe('demand-cookie');
    expect(admission(halfOpen, '192.0.2.1', { proven: true, isKnown })).toBe('admit');
  });
});
