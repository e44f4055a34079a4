import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policyPriority } from './policy-priority.ts';
import type { KernelSelector } from './structs.ts';

const BASE = selector({});

describe('policy priority: the lower number wins', () => {
  it('the longer prefix on either side', () => {
    expect(priority({ source: 25 })).toBeLessThan(priority({ source: 24 }));
    expect(priority({ destination: 32 })).toBeLessThan(priority({ destination: 24 }));
  });

  it('a protocol before any prefix, a port before any protocol', () => {
    expect(priority({ protocol: 6, source: 0, destination: 0 })).toBeLessThan(
      priority({ source: 32, destination: 32 }),
    );
    expect(priority({ protocol: 6, portMask: 0xffff, source: 0 })).toBeLessThan(priority({ protocol: 6, source: 32 }));
    expect(priority({ protocol: 6, portMask: 0xffff })).toBeLessThan(priority({ protocol: 6, portMask: 0xfff0 }));
  });

  it('protect before bypass before block of the same selector, but block before protect of a wider one', () => {
    expect(policyPriority(BASE, { action: 'protect' })).toBeLessThan(policyPriority(BASE, { action: 'bypass' }));
    expect(policyPriority(BASE, { action: 'bypass' })).toBeLessThan(policyPriority(BASE, { action: 'block' }));
    expect(policyPriority(BASE, { action: 'block' })).toBeLessThan(
      policyPriority(selector({ source: 23 }), { action: 'protect' }),
    );
  });

  it('what is first before all others and what is last behind them, however wide or narrow', () => {
    const [widest, narrowest] = [
      { source: 0, destination: 0 },
      { source: 128, destination: 128, protocol: 6, portMask: 0xffff },
    ];
    const placed = (parts: Parts, precedence: 'first' | 'last') =>
      policyPriority(selector(parts), { action: 'bypass', precedence });
    expect(placed(widest, 'first')).toBeLessThan(priority(narrowest));
    expect(placed(narrowest, 'last')).toBeGreaterThan(policyPriority(selector(widest), { action: 'block' }));
    expect(placed(narrowest, 'first')).toBeGreaterThan(0);
  });

  it('lies within its range for every selector of either family', () => {
    const prefix = fc.integer({ min: 0, max: 128 });
    fc.assert(
      fc.property(
        prefix,
        prefix,
        fc.boolean(),
        fc.integer({ min: 0, max: 0xffff }),
        (source, destination, any, mask) => {
          const value = policyPriority(selector({ source, destination, protocol: any ? 0 : 17, portMask: mask }), {
            action: 'block',
          });
          return value >= 100_000 && value <= 167_847;
        },
      ),
    );
  });
});

type Parts = { source?: number; destination?: number; protocol?: number; portMask?: number };

function priority(parts: Parts): number {
  return policyPriority(selector(parts), { action: 'protect' });
}

function selector({ source = 24, destination = 24, protocol = 0, portMask = 0 }: Parts): KernelSelector {
  return {
    source: { address: '10.0.0.0', length: source },
    destination: { address: '10.1.0.0', length: destination },
    protocol,
    sourcePort: { port: 0, mask: 0 },
    destinationPort: { port: 0, mask: portMask },
  };
}
