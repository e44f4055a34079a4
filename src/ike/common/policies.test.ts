import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExpected } from '../../sa/identity-pattern.ts';
import { fqdn, LEFT, RIGHT, tunnelPolicy } from '../../sim/tunnels.ts';
import { candidatesFor, isOwnAddress } from './candidates.ts';
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

  it('of those of one peer the ones that are for another identity or gateway are not related', () => {
    const { remote } = policy('x', AT('203.0.113.1'));
    const of = (name: string, changes: Partial<TunnelPolicy>) => policy(name, AT('203.0.113.1'), changes);
    const named = (name: string, identity: string) => of(name, { remote: { ...remote, identity: fqdn(identity) } });
    const far = of('far', { gateway: 'far', remote: { ...remote, identity: fqdn('a.b') } });
    const policies = new Policies([named('one', 'a.b'), named('other', 'c.b'), named('again', 'A.B'), far]);
    expect(names(policies.relatedTo(named('one', 'a.b')))).toEqual(['one', 'again']);
    policies.delete('one');
    policies.set('again', named('again', 'c.b'));
    expect(names(policies.relatedTo(named('one', 'a.b')))).toEqual([]);
    expect(names(policies.relatedTo(named('other', 'c.b')))).toEqual(['other', 'again']);
  });

  it('those of one peer are found by its name', () => {
    expect(names(POLICIES.ofPeer('other'))).toEqual(['again']);
    expect(POLICIES.ofPeer('nobody')).toEqual([]);
    expect(POLICIES.get('old')?.version).toBe(1);
  });
});

/** Tunnels for peers of any address that differ in what the numbers say. */
function openTunnel(name: string, [who, kind, version]: readonly number[]): TunnelPolicy {
  const { remote, ...rest } = policy(name, { kind: 'any' }, { version: version === 0 ? 1 : 2 });
  const open = { address: remote.address, selectors: remote.selectors };
  const peer =
    who === 0
      ? open
      : who === 1
        ? { ...open, pattern: { type: 'fqdn', suffix: '.b' } as const }
        : { ...open, identity: fqdn(`P${who}.b`) };
  const local = kind === 2 ? { ...rest.local, address: '192.0.2.200', alternatives: [rest.local.address] } : rest.local;
  return { ...rest, local, remote: peer, ...(kind === 0 ? { encapsulation: 'udp' } : {}) };
}

/** What a peer that has not said who it is can tell of a tunnel that it may mean. */
const opening = ({ version, encapsulation }: TunnelPolicy) => `${version} ${encapsulation}`;

describe('thousands of tunnels at one place', () => {
  const digits = fc.tuple(fc.nat(6), fc.nat(2), fc.nat(2));
  const remote = '198.51.100.9';

  it('are found by identity, and by what comes before it, as a look at all of them would', () => {
    fc.assert(
      fc.property(
        fc.array(digits, { minLength: 9, maxLength: 40 }),
        fc.array(fc.nat(39)),
        fc.nat(7),
        (all, gone, who) => {
          const policies = new Policies(all.map((one, index) => openTunnel(`t${index}`, one)));
          const identity = fqdn(`p${who}.B`);
          const compare = () => {
            const every = policies.towards(remote);
            const meant = (list: readonly TunnelPolicy[]) =>
              names(list.filter((one) => isExpected(one.remote, identity)));
            expect(meant(policies.towardsNamed(remote, identity))).toEqual(meant(every));
            for (const own of ['192.0.2.200', every[0]?.local.address ?? '', '192.0.2.201']) {
              const isLate = (one: TunnelPolicy) => one.name !== 't0' && isOwnAddress(one, own);
              const kinds = new Map(
                every
                  .filter(isLate)
                  .toReversed()
                  .map((one) => [opening(one), one.name]),
              );
              const firsts = policies.towardsFirst(own, remote, isLate);
              expect(firsts.every(isLate)).toBe(true);
              expect(new Set(names(firsts).filter((name) => [...kinds.values()].includes(name)))).toEqual(
                new Set(kinds.values()),
              );
              expect(names(firsts)).toEqual(names(every.filter((one) => firsts.includes(one))));
            }
            const isKnown = every.some(
              ({ remote: { identity: own } }) => own !== undefined && isExpected({ identity: own }, identity),
            );
            expect(policies.haveKeyFor(identity)).toBe(isKnown);
          };
          compare();
          for (const index of gone) policies.delete(`t${index}`);
          policies.set('late', openTunnel('late', [5, 1, 1]));
          compare();
        },
      ),
    );
  });

  it('are not looked at one by one for a handshake', () => {
    let looks = 0;
    const all = Array.from({ length: 200 }, (_, n) => {
      const one = openTunnel(`t${n}`, [n + 2, 1, 1]);
      const { remote: far } = one;
      return {
        ...one,
        get remote() {
          looks++;
          return far;
        },
      };
    });
    const policies = new Policies(all);
    const handshake = () => {
      expect(names(policies.towardsFirst(all[0]?.local.address ?? '', remote, () => true))).toEqual(['t0']);
      expect(names(policies.towardsNamed(remote, fqdn('p77.b')))).toEqual(['t75']);
      expect(policies.haveKeyFor(fqdn('p77.b'))).toBe(true);
    };
    handshake();
    looks = 0;
    handshake();
    expect(looks).toBeLessThan(10);
  });
});
