import { describe, expect, it } from 'vitest';
import { type Allowance, usageLimits } from './usage-limits.ts';

const SHORT = { protocol: 'esp', encryption: 'aes128gcm16', esn: false } as const;
const LONG = { ...SHORT, esn: true } as const;

const limits = (allowance: Allowance, suite: typeof SHORT | typeof LONG, fraction = 0.5) =>
  usageLimits(allowance, suite, () => fraction);

describe('usage limits', () => {
  it('end an SA before its sequence number wraps (RFC 4303 §3.3.3), unless that has 64 bits', () => {
    expect(limits({}, SHORT)).toEqual({ packets: { soft: 3_435_973_836, hard: 4_294_967_295 } });
    expect(limits({}, LONG)).toEqual({});
  });

  it('are what is configured where that is less', () => {
    expect(limits({ bytes: 1000, packets: 500 }, SHORT)).toEqual({
      bytes: { soft: 800, hard: 1000 },
      packets: { soft: 400, hard: 500 },
    });
    expect(limits({ packets: 10_000_000_000 }, SHORT)).toEqual({
      packets: { soft: 3_435_973_836, hard: 4_294_967_295 },
    });
    expect(limits({ packets: 10_000_000_000 }, LONG)).toEqual({
      packets: { soft: 8_000_000_000, hard: 10_000_000_000 },
    });
  });

  it('have a successor made a random part before the chosen number, which takes no randomness where there is none', () => {
    const chosen = { bytes: 1000, softBytes: 900, packets: 500, softPackets: 450 };
    const spread = { ...chosen, spreadBytes: 100, spreadPackets: 50 };
    expect(limits(spread, LONG, 0)).toEqual({ bytes: { soft: 900, hard: 1000 }, packets: { soft: 450, hard: 500 } });
    expect(limits(spread, LONG, 0.5)).toMatchObject({ bytes: { soft: 850 }, packets: { soft: 425 } });
    const noneLeft = () => {
      throw new Error('asked for');
    };
    expect(usageLimits(chosen, LONG, noneLeft)).toMatchObject({ bytes: { soft: 900 } });
  });
});
