import { describe, expect, it, vi } from 'vitest';
import { hostSelector, selectorFromPrefix } from '../sa/traffic-selector.ts';
import { tunnelPolicy } from '../sim/tunnels.ts';
import { Policies } from './common/policies.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { TestGateway } from './testing/gateway.ts';
import { CAROL, connects, converseAll, DAVE, HUB, hub, KEYS, key, named, template, warrior } from './testing/many.ts';

type Kind = { readonly name: string; readonly changes: Partial<TunnelPolicy> };

const KINDS: readonly Kind[] = [
  { name: 'IKEv2', changes: {} },
  { name: 'Main Mode', changes: { version: 1, mode: 'main', mobike: false } },
  { name: 'Aggressive Mode', changes: { version: 1, mode: 'aggressive', mobike: false } },
];

function tunnelsOf(gateway: TestGateway): string[] {
  return gateway.core
    .children()
    .map(({ tunnel }) => tunnel)
    .sort();
}

function reasons(gateway: TestGateway): string[] {
  return gateway.events.flatMap((event) => ('reason' in event ? [event.reason.text] : []));
}

describe.each(KINDS)('one tunnel for many peers, $name', ({ changes }) => {
  it('serves two peers at once, each with a tunnel of its own', () => {
    const gateway = hub(template(changes));
    const [carol, dave] = [warrior({ ...CAROL, changes }), warrior({ ...DAVE, changes })];
    expect(connects(carol, gateway)).toBe(true);
    expect(connects(dave, gateway)).toBe(true);
    expect(tunnelsOf(gateway)).toEqual(['rw@carol@example.com', 'rw@dave@example.com']);
    expect(gateway.core.views().map(({ tunnel }) => tunnel)).toEqual(['rw@carol@example.com', 'rw@dave@example.com']);
    expect(gateway.core.children().map(({ remoteSelectors }) => remoteSelectors)).toEqual([
      [hostSelector(CAROL.address)],
      [hostSelector(DAVE.address)],
    ]);
  });

  it('looks at no other tunnel for one more peer', () => {
    const gateway = hub(template(changes));
    const others = ['eve', 'frank'].map((name, index) =>
      warrior({ id: `${name}@example.com`, address: `192.0.2.3${index}`, psk: 'of all', changes }),
    );
    const arrive = (one: TestGateway | undefined) => expect(one !== undefined && connects(one, gateway)).toBe(true);
    arrive(warrior({ ...CAROL, changes }));
    arrive(others[0]);
    const looks = [
      vi.spyOn(Policies.prototype, 'values'),
      vi.spyOn(Policies.prototype, 'entries'),
      vi.spyOn(Policies.prototype, Symbol.iterator as unknown as 'entries'),
    ];
    arrive(warrior({ ...DAVE, changes }));
    arrive(others[1]);
    // The peers have one tunnel each, and may look at that.
    const all = looks.flatMap(({ mock }) => mock.contexts).filter((one) => one instanceof Policies && one.has('rw'));
    expect(all).toEqual([]);
    vi.restoreAllMocks();
  });

  it('refuses a peer that has the key of another one, and makes nothing of it', () => {
    const gateway = hub(template(changes));
    expect(connects(warrior({ ...CAROL, psk: 'of dave', changes }), gateway)).toBe(false);
    expect(gateway.core.instances()).toEqual([]);
    expect(gateway.core.children()).toEqual([]);
  });

  it('takes the common key of no peer that has a key of its own', () => {
    const gateway = hub(template(changes));
    expect(connects(warrior({ ...CAROL, psk: 'of all', changes }), gateway)).toBe(false);
    expect(gateway.core.instances()).toEqual([]);
  });

  it('takes the common key of no peer that another tunnel has a key for', () => {
    const side = { address: '203.0.113.9', identity: named('erin@example.com'), segments: [] };
    const gateway = hub(template(changes), tunnelPolicy(HUB, side, { name: 'erin', ...changes }));
    const erin = { id: 'erin@example.com', address: '192.0.2.30', psk: 'of all', changes };
    expect(connects(warrior(erin), gateway)).toBe(false);
    expect(connects(warrior({ ...erin, id: 'frank@example.com' }), gateway)).toBe(true);
  });

  it('refuses an unknown identity where no key is common', () => {
    const { common, ...many } = KEYS;
    const gateway = hub({ ...template(changes), many });
    expect(connects(warrior({ ...CAROL, id: 'eve@example.com', psk: 'of all', changes, seed: 91 }), gateway)).toBe(
      false,
    );
    expect(gateway.core.instances()).toEqual([]);
    expect(connects(warrior({ ...CAROL, changes }), gateway)).toBe(true);
  });

  it('takes in those whose names fit its pattern, whichever key they have', () => {
    const all = template(changes);
    const gateway = hub({ ...all, remote: { ...all.remote, pattern: { type: 'rfc822', suffix: '@b.example' } } });
    const common = { psk: 'of all', changes } as const;
    expect(connects(warrior({ ...CAROL, changes }), gateway)).toBe(false);
    expect(connects(warrior({ ...CAROL, ...common, id: 'eve@c.example', seed: 91 }), gateway)).toBe(false);
    expect(connects(warrior({ ...CAROL, ...common, id: 'eve@B.example', seed: 92 }), gateway)).toBe(true);
    expect(gateway.core.instances().map(({ name }) => name)).toEqual(['rw@eve@b.example']);
  });

  it('gives the same identity the same tunnel again, from another address as well', () => {
    const gateway = hub(template(changes));
    const dave = warrior({ ...DAVE, changes });
    expect(connects(dave, gateway)).toBe(true);
    expect(connects(warrior({ ...CAROL, changes }), gateway)).toBe(true);
    const moved = warrior({ ...CAROL, id: 'Carol@Example.com', address: '192.0.2.77', changes, seed: 31 });
    expect(connects(moved, gateway)).toBe(true);
    gateway.endDrains();
    expect(
      gateway.core
        .instances()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['rw@carol@example.com', 'rw@dave@example.com']);
    const ours = gateway.core.children('rw@carol@example.com').filter(({ state }) => state === 'installed');
    expect(ours.at(-1)?.remoteSelectors).toEqual([hostSelector('192.0.2.77')]);
    expect(gateway.core.children('rw@dave@example.com')).toHaveLength(1);
  });

  it('forgets a peer with its last SA', () => {
    const gateway = hub(template(changes));
    const carol = warrior({ ...CAROL, changes });
    connects(carol, gateway);
    connects(warrior({ ...DAVE, changes }), gateway);
    carol.terminate();
    converseAll(carol, gateway);
    expect(gateway.core.instances().map(({ name }) => name)).toEqual(['rw@dave@example.com']);
    expect(gateway.events.at(-1)).toEqual({ type: 'instance.removed', tunnel: 'rw@carol@example.com', template: 'rw' });
    const { instances, timers, closedTunnels } = gateway.core.snapshot();
    expect([...instances.keys()]).toEqual(['rw@dave@example.com']);
    expect([...timers.keys()].filter((owner) => owner === 'rw@carol@example.com')).toEqual([]);
    expect([...closedTunnels]).toEqual([]);
  });

  it('has no more peers than its limit, and says so; one that is there comes back all the same', () => {
    const gateway = hub(template(changes, { limit: 1 }));
    expect(connects(warrior({ ...CAROL, changes }), gateway)).toBe(true);
    expect(connects(warrior({ ...DAVE, changes }), gateway)).toBe(false);
    expect(gateway.reasonsOf('ike.failed')).toEqual(['too-many']);
    expect(reasons(gateway).join()).toContain('rw has as many peers as it may have at once (1)');
    expect(connects(warrior({ ...CAROL, changes, seed: 41 }), gateway)).toBe(true);
  });

  it('has nothing of peers that do not prove who they are, however many they say to be', () => {
    const gateway = hub(template(changes));
    for (let n = 0; n < 20; n++) {
      const eve = { id: `eve-${n}@example.com`, address: `192.0.2.${100 + n}`, psk: 'guessed', changes, seed: 50 + n };
      expect(connects(warrior(eve), gateway)).toBe(false);
    }
    const { instances, children, byTunnel } = gateway.core.snapshot();
    expect([instances.size, children.size]).toEqual([0, 0]);
    expect([...byTunnel.keys()].filter((name) => name !== 'rw')).toEqual([]);
  });

  it('goes on from a snapshot with the peers that were there', () => {
    const gateway = hub(template(changes));
    connects(warrior({ ...CAROL, changes }), gateway);
    const before = gateway.core.instances();
    const state = structuredClone(gateway.core.snapshot());
    const { core: restored } = new TestGateway(HUB.address, { seed: 3, tunnels: [template(changes)], state });
    expect(restored.instances()).toEqual(before);
  });

  it('refuses a peer the segment of another one, and lets it have the rest', () => {
    const net = selectorFromPrefix({ address: '10.9.0.0', length: 16 });
    const gateway = hub(template({ ...changes, remote: { address: { kind: 'any' }, selectors: [net] } }));
    const host = (address: string) => hostSelector(address);
    expect(connects(warrior({ ...CAROL, segment: host('10.9.0.10'), changes }), gateway)).toBe(true);
    expect(connects(warrior({ ...DAVE, segment: host('10.9.0.10'), changes }), gateway)).toBe(false);
    expect(reasons(gateway).join()).toContain('10.9.0.10/32 belongs to rw@carol@example.com');
    expect(connects(warrior({ ...DAVE, segment: host('10.9.0.20'), changes, seed: 61 }), gateway)).toBe(true);
    const taken = gateway.core.children('rw@carol@example.com').map(({ remoteSelectors }) => remoteSelectors);
    expect(taken).toEqual([[host('10.9.0.10')]]);
  });

  it('refuses a peer what another tunnel has by its configuration', () => {
    const net = selectorFromPrefix({ address: '10.9.0.0', length: 16 });
    const site = { address: '203.0.113.9', segments: [{ address: '10.9.5.0', length: 24 }] };
    const many = template({ ...changes, remote: { address: { kind: 'any' }, selectors: [net] } });
    const gateway = hub(many, tunnelPolicy(HUB, site, { name: 'site', ...changes }));
    expect(connects(warrior({ ...CAROL, segment: hostSelector('10.9.5.7'), changes }), gateway)).toBe(false);
    expect(reasons(gateway).join()).toContain('10.9.5.7/32 belongs to site');
  });

  it('takes its peers along where it is taken down or removed, and lets them back when it is there again', () => {
    const gateway = hub(template(changes));
    const [carol, dave] = [warrior({ ...CAROL, changes }), warrior({ ...DAVE, changes })];
    connects(carol, gateway);
    connects(dave, gateway);
    gateway.command({ kind: 'admit', tunnel: 'rw', admit: false });
    gateway.terminate('rw');
    converseAll(gateway, carol, dave);
    expect([gateway, carol, dave].map(({ core }) => core.children().length)).toEqual([0, 0, 0]);
    expect(gateway.core.instances()).toEqual([]);
    expect(connects(carol, gateway)).toBe(false);
    gateway.command({ kind: 'admit', tunnel: 'rw', admit: true });
    expect(connects(warrior({ ...CAROL, changes, seed: 71 }), gateway)).toBe(true);
    gateway.command({ kind: 'configure', tunnels: [] });
    converseAll(gateway, carol, dave);
    expect(gateway.core.instances()).toEqual([]);
    expect(gateway.core.children()).toEqual([]);
  });

  it('ends the tunnel of a peer whose key changes, and of no other one', () => {
    const gateway = hub(template(changes));
    const [carol, dave] = [warrior({ ...CAROL, changes }), warrior({ ...DAVE, changes })];
    connects(carol, gateway);
    connects(dave, gateway);
    const keys = KEYS.keys.map((one, index) => (index === 0 ? { ...one, psk: key('another one') } : one));
    gateway.command({ kind: 'configure', tunnels: [template(changes, { keys })] });
    converseAll(gateway, carol, dave);
    expect(carol.core.children()).toEqual([]);
    expect(tunnelsOf(gateway)).toEqual(['rw@dave@example.com']);
  });

  it('goes on under another name with its peers', () => {
    const gateway = hub(template(changes));
    connects(warrior({ ...CAROL, changes }), gateway);
    const renamed = new Map([['rw', 'home']]);
    gateway.command({ kind: 'configure', tunnels: [template({ ...changes, name: 'home' })], renamed });
    expect(tunnelsOf(gateway)).toEqual(['home@carol@example.com']);
    expect(gateway.core.instances().map(({ name, template: of }) => [name, of])).toEqual([
      ['home@carol@example.com', 'home'],
    ]);
    expect(gateway.core.instance('rw@carol@example.com')).toBeUndefined();
  });
});
