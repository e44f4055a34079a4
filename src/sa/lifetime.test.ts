import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR, SECOND } from '../base/time.ts';
import { rekeyAfter } from './lifetime.ts';

describe('rekeyAfter', () => {
  it('a day: the initiator 18 to 36 minutes before the end, the responder 9 to 18', () => {
    const day = 24 * HOUR;
    expect(day - rekeyAfter(day, 'initiator', 0)).toBe(1080 * SECOND);
    expect(day - rekeyAfter(day, 'initiator', 0.999_999)).toBe(2160 * SECOND - 1);
    expect(day - rekeyAfter(day, 'responder', 0)).toBe(540 * SECOND);
    expect(day - rekeyAfter(day, 'responder', 0.5)).toBe(810 * SECOND);
  });

  it('a time that was chosen counts for either end, less a part of its spread, if it is within the lifetime', () => {
    const chosen = { after: HOUR, spread: 60 * SECOND };
    expect(rekeyAfter(2 * HOUR, 'initiator', 0, chosen)).toBe(HOUR);
    expect(rekeyAfter(2 * HOUR, 'responder', 0.5, chosen)).toBe(HOUR - 30 * SECOND);
    expect(rekeyAfter(60 * SECOND, 'initiator', 0, chosen)).toBe(48 * SECOND);
  });

  it('a minute: the margin is a tenth', () => {
    expect(rekeyAfter(60 * SECOND, 'initiator', 0)).toBe(48 * SECOND);
    expect(rekeyAfter(60 * SECOND, 'responder', 0.5)).toBe(51 * SECOND);
  });

  it('the initiator is always first, and both are within the lifetime', () => {
    const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: SECOND, max: 1000 * HOUR }), fraction, fraction, (lifetime, a, b) => {
        const [initiator, responder] = [rekeyAfter(lifetime, 'initiator', a), rekeyAfter(lifetime, 'responder', b)];
        expect(initiator).toBeGreaterThan(0);
        expect(initiator).toBeLessThanOrEqual(responder);
        expect(responder).toBeLessThan(lifetime);
      }),
    );
  });
});
