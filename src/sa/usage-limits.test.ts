import { describe, expect, it } from 'vitest';
import { usageLimits } from './usage-limits.ts';

const SHORT = { protocol: 'esp', encryption: 'aes128gcm16', esn: false } as const;
const LONG = { ...SHORT, esn: true } as const;

describe('usage limits', () => {
  it('end an SA before its sequence number wraps (RFC 4303 §3.3.3), unless that has 64 bits', () => {
    expect(usageLimits({}, SHORT)).toEqual({ packets: { soft: 3_435_973_836, hard: 4_294_967_295 } });
    expect(usageLimits({}, LONG)).toEqual({});
  });

  it('are what is configured where that is less', () => {
    expect(usageLimits({ bytes: 1000, packets: 500 }, SHORT)).toEqual({
      bytes: { soft: 800, hard: 1000 },
      packets: { soft: 400, hard: 500 },
    });
    expect(usageLimits({ packets: 10_000_000_000 }, SHORT)).toEqual({
      packets: { soft: 3_435_973_836, hard: 4_294_967_295 },
    });
    expect(usageLimits({ packets: 10_000_000_000 }, LONG)).toEqual({
      packets: { soft: 8_000_000_000, hard: 10_000_000_000 },
    });
  });
});
