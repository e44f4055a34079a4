import { describe, expect, it } from 'vitest';
import type { PolicySpec } from './data-plane.ts';
import { bestClaim } from './policy-claims.ts';

type Claimed = Pick<PolicySpec, 'action' | 'precedence'>;

const claim = (action: 'protect' | 'trap' | 'bypass' | 'block', age = 0) => ({ policy: { action, age } });

describe('who holds a place among policies', () => {
  it('the protecting one before the trap, the bypassing and the blocking one, in whatever order they came', () => {
    const claims = [claim('protect'), claim('trap'), claim('bypass'), claim('block')];
    for (let count = 4; count > 0; count--) {
      const some = claims.slice(4 - count);
      expect(bestClaim(some)?.action).toBe(some[0]?.policy.action);
      expect(bestClaim(some.toReversed())?.action).toBe(some[0]?.policy.action);
    }
  });

  it('what is first before all others, and what is last behind them', () => {
    const placed = (action: PolicySpec['action'], precedence: 'first' | 'last') => ({ policy: { action, precedence } });
    expect(bestClaim<Claimed>([claim('block'), placed('protect', 'last')])).toEqual(claim('block').policy);
    expect(bestClaim<Claimed>([placed('block', 'first'), claim('protect')])?.action).toBe('block');
  });

  it('among equals the latest; nobody where nobody claims it', () => {
    expect(bestClaim([claim('trap', 1), claim('trap', 2), claim('block', 3)])?.age).toBe(2);
    expect(bestClaim([])).toBeUndefined();
  });
});
