import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PolicySpec, RouteSpec } from './data-plane.ts';
import { Ledger, policyKey, policySlot, routeKey, saKey } from './ledger.ts';

describe('Ledger', () => {
  it('only the first owner installs, only the last one removes', () => {
    const ledger = new Ledger();
    expect(ledger.acquire('idc#1', 'p')).toBe(true);
    expect(ledger.acquire('idc#2', 'p')).toBe(false);
    expect(ledger.release('idc#1', 'p')).toBe(false);
    expect(ledger.owners('p')).toEqual(['idc#2']);
    expect(ledger.release('idc#2', 'p')).toBe(true);
    expect(ledger.has('p')).toBe(false);
    expect(ledger.acquire('idc#3', 'p')).toBe(true);
  });

  it('what an owner acquires twice it releases once', () => {
    const ledger = new Ledger();
    ledger.acquire('a', 'p');
    expect(ledger.acquire('a', 'p')).toBe(false);
    expect(ledger.release('a', 'p')).toBe(true);
  });

  it('a stranger releases nothing', () => {
    const ledger = new Ledger();
    ledger.acquire('a', 'p');
    expect(ledger.release('b', 'p')).toBe(false);
    expect(ledger.release('a', 'q')).toBe(false);
    expect(ledger.holds('a', 'p')).toBe(true);
    expect(ledger.holds('b', 'p')).toBe(false);
    expect(ledger.keys()).toEqual(['p']);
  });

  it('behaves as a set of pairs does', () => {
    const step = fc.tuple(fc.boolean(), fc.constantFrom('a', 'b', 'c'), fc.constantFrom('p', 'q'));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ledger = new Ledger();
        const model = new Set<string>();
        const owned = (key: string) => [...model].some((pair) => pair.endsWith(key));
        for (const [acquire, owner, key] of steps) {
          const before = owned(key);
          model[acquire ? 'add' : 'delete'](owner + key);
          const changed = before !== owned(key);
          expect(acquire ? ledger.acquire(owner, key) : ledger.release(owner, key)).toBe(changed);
        }
        expect([...ledger.keys()].sort()).toEqual(['p', 'q'].filter(owned));
      }),
    );
  });
});

describe('keys', () => {
  const selector = { protocol: 0, startPort: 0, endPort: 65_535, start: '10.0.0.0', end: '10.0.0.255' };
  const policy: PolicySpec = {
    direction: 'out',
    source: selector,
    destination: { ...selector, start: '10.1.0.0', end: '10.1.0.255' },
    action: 'protect',
    template: { protocol: 'esp', mode: 'tunnel', reqid: 1, source: '192.0.2.1', destination: '192.0.2.2' },
  };

  it('a policy keeps its key when its template changes', () => {
    const moved: PolicySpec = {
      ...policy,
      template: { protocol: 'esp', mode: 'tunnel', reqid: 1, source: '192.0.2.1', destination: '198.51.100.9' },
    };
    expect(policyKey(moved)).toBe(policyKey(policy));
  });

  it.each([
    ['direction', { ...policy, direction: 'in' as const }],
    ['source', { ...policy, source: { ...selector, protocol: 6 } }],
    ['destination', { ...policy, destination: selector }],
  ])('a policy of another %s has another key and another place', (_, other) => {
    expect(policyKey(other)).not.toBe(policyKey(policy));
    expect(policySlot(other)).not.toBe(policySlot(policy));
  });

  it('a block policy takes the same place with another key', () => {
    const block: PolicySpec = { ...policy, action: 'block' };
    expect(policyKey(block)).not.toBe(policyKey(policy));
    expect(policySlot(block)).toBe(policySlot(policy));
  });

  it('routes differ by destination and peer', () => {
    const route: RouteSpec = {
      destination: { address: '10.1.0.0', length: 24 },
      via: '192.0.2.2',
      localSelectors: [selector],
    };
    expect(routeKey(route)).toBe('10.1.0.0/24 via 192.0.2.2');
    expect(routeKey({ ...route, localSelectors: [] })).toBe(routeKey(route));
    expect(routeKey({ ...route, via: '192.0.2.3' })).not.toBe(routeKey(route));
  });

  it('an SA is its protocol, destination and SPI', () => {
    expect(saKey({ protocol: 'esp', destination: '192.0.2.1', spi: 0xc000_0001 })).toBe('esp 192.0.2.1 c0000001');
  });
});
