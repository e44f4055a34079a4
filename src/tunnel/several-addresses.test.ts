import { describe, expect, it } from 'vitest';
import { failed, installed, rig, tunnel } from './testing/service-rig.ts';

const address = (text: string) => ({ kind: 'address', address: text }) as const;
const name = { kind: 'name', name: 'vpn.example.com' } as const;

describe('a peer of several addresses', () => {
  const several = { address: address('203.0.113.7'), alternatives: [address('203.0.113.8'), name], selectors: [] };

  it('is called at each in turn, attempt by attempt, and at the first again once it was connected', () => {
    const { start, say, fire, apply, service, core } = rig(tunnel({ remote: several }));
    const called = () =>
      core.commands.flatMap((command) => (command.kind === 'initiate' ? (command.remote ?? 'configured') : []));
    start();
    say(10_000, failed(1));
    fire();
    expect(called()).toEqual(['203.0.113.7', '203.0.113.8']);
    say(22_000, failed(2));
    const asked = fire().find(({ kind }) => kind === 'resolve');
    expect(asked).toMatchObject({ name: 'vpn.example.com' });
    const now = { mono: 24_100, wall: 1_800_000_024_100 };
    apply(service.handle({ kind: 'resolved', tunnel: 't', address: '203.0.113.9' }, now));
    say(30_000, failed(3));
    fire();
    expect(called().slice(2)).toEqual(['203.0.113.9', '203.0.113.7']);
    say(40_000, failed(4));
    fire();
    say(50_000, installed());
    say(100_000, {
      type: 'child.deleted',
      tunnel: 't',
      ikeSa: 5,
      child: 't#1',
      reason: { code: 'expired', text: 'x' },
    });
    expect(called().slice(4)).toEqual(['203.0.113.8', '203.0.113.7']);
  });

  it('is told by the name that has no address, and the next one follows', () => {
    const remote = { ...several, alternatives: [name] };
    const { start, say, fire, apply, service, status, core } = rig(tunnel({ remote }));
    start();
    say(10_000, failed(1));
    fire();
    const now = { mono: 12_100, wall: 1_800_000_012_100 };
    apply(service.handle({ kind: 'resolved', tunnel: 't', address: undefined }, now));
    expect(status()?.reason).toMatchObject({ code: 'unresolved-peer', text: expect.stringContaining(name.name) });
    fire();
    expect(core.count('initiate')).toBe(2);
  });
});
