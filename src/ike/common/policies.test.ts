import { describe, expect, it } from 'vitest';
import { LEFT, RIGHT, tunnelPolicy } from '../../sim/tunnels.ts';
import { candidatesFor } from './candidates.ts';
import { Policies } from './policies.ts';
import type { PeerAddress, TunnelPolicy } from './policy.ts';

function policy(name: string, address: PeerAddress, changes: Partial<TunnelPolicy> = {}): TunnelPolicy {
  const base = tunnelPolicy(LEFT, RIGHT);
  return { ...base, name, remote: { ...base.remote, address }, ...changes };
}

const HERE = { address: LEFT.address, port: 500 };
const AT = (address: string): PeerAddress => ({ kind: 'address', address });
const names = (policies: readonly TunnelPolicy[]) => policies.map(({ name }) => name);

const POLICIES = new Policies([
  policy('any', { kind: 'any' }),
  policy('named', { kind: 'name', name: 'peer.example' }),
  policy('second', AT('203.0.113.2')),
  policy('first', AT('203.0.113.1')),
  policy('old', AT('203.0.113.1'), { version: 1 }),
  policy('again', AT('203.0.113.1'), { peer: 'other' }),
  policy('elsewhere', AT('203.0.113.1'), { local: { ...policy('x', AT('')).local, address: '192.0.2.99' } }),
]);

describe('the tunnels in force', () => {
  it('a peer may mean those at its address first, then those by name, then those of any address, in their order', () => {
    const remote = { address: '203.0.113.1', port: 500 };
    expect(names(candidatesFor(POLICIES, 2, HERE, remote))).toEqual(['first', 'again', 'named', 'any']);
    expect(names(candidatesFor(POLICIES, 1, HERE, remote))).toEqual(['old']);
  });

  it('a peer at an address that nobody has may mean only those without an address', () => {
    expect(names(candidatesFor(POLICIES, 2, HERE, { address: '203.0.113.9', port: 500 }))).toEqual(['named', 'any']);
  });

  it('a peer of several addresses may mean its tunnel at each of them, and from its networks', () => {
    const places = (name: string, remote: Partial<TunnelPolicy['remote']>) => {
      const base = policy(name, AT('203.0.113.1'));
      return { ...base, remote: { ...base.remote, ...remote } };
    };
    const within = [{ start: '198.51.100.0', end: '198.51.100.255' }];
    const policies = new Policies([
      places('several', { alternatives: [{ kind: 'address', address: '203.0.113.2' }], within }),
      places('open', { address: { kind: 'any' }, within }),
    ]);
    const at = (address: string) => names(policies.towards(address));
    expect([at('203.0.113.1'), at('203.0.113.2'), at('203.0.113.3')]).toEqual([['several'], ['several'], []]);
    expect(at('198.51.100.9')).toEqual(['several', 'open']);
  });

  it('those of one peer are found by its name', () => {
    expect(names(POLICIES.ofPeer('other'))).toEqual(['again']);
    expect(POLICIES.ofPeer('nobody')).toEqual([]);
    expect(POLICIES.get('old')?.version).toBe(1);
  });
});
