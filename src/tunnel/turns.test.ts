import { describe, expect, it } from 'vitest';
import type { Effect } from '../ike/common/effect.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { Input } from '../ike/common/input.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { GatewayService } from './gateway-service.ts';
import { at, SILENCE, tunnel } from './testing/service-rig.ts';
import type { TunnelUpdate } from './tunnel-update.ts';

const NOTHING_IS_UP = { views: () => [], children: () => [], instances: () => [], instance: () => undefined };
const SENT: Input = { kind: 'timer', key: 'any of the core' };

/** A service of so many tunnels over a core whose events the test plays. */
class Rig {
  readonly begun: string[] = [];
  readonly timers = new Map<string, number>();
  readonly service: GatewayService;
  readonly managed;
  #next: GatewayEvent[] = [];

  constructor(count: number, changes: Partial<TunnelPolicy> = {}, configured = true) {
    this.managed = Array.from({ length: count }, (_, index) => ({
      policy: tunnel({ ...changes, name: `t${index}` }),
      enabled: true,
    }));
    const handle = (input: Input): readonly Effect[] => this.#handle(input);
    this.service = new GatewayService({ handle, ...NOTHING_IS_UP }, configured ? this.managed : []);
  }

  start(): void {
    this.take(this.service.start(at(0)));
  }

  play(now: number, ...events: GatewayEvent[]): void {
    this.#next = events;
    this.take(this.service.handle(SENT, at(now)));
  }

  fire(key: string): void {
    const now = this.timers.get(key) ?? Number.NaN;
    this.timers.delete(key);
    this.take(this.service.handle({ kind: 'timer', key }, at(now)));
  }

  take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'timer.set') this.timers.set(effect.key, effect.at);
      if (effect.kind === 'timer.clear') this.timers.delete(effect.key);
    }
  }

  #handle(input: Input): readonly Effect[] {
    if (input.kind === 'timer') return this.#next.splice(0).map((event) => ({ kind: 'emit', event }));
    if (input.kind !== 'command' || input.command.kind !== 'initiate') return [];
    const { tunnel: name } = input.command;
    const remote = { address: '192.0.2.2', port: 500 };
    const event: GatewayEvent = { type: 'ike.initiated', tunnel: name, ikeSa: this.begun.push(name), remote };
    return [{ kind: 'emit', event }];
  }
}

function connected(index: number): GatewayEvent {
  return { type: 'child.installed', tunnel: `t${index}`, ikeSa: index + 1, child: `c${index}` };
}

describe('tunnels that begin together', () => {
  it('begin at once up to 128', () => {
    const rig = new Rig(128);
    rig.start();
    expect(rig.begun).toHaveLength(128);
    expect([...rig.timers.keys()]).toEqual([]);
  });

  it('wait for their turn beyond that, and say so', () => {
    const rig = new Rig(10_000);
    rig.start();
    expect(rig.begun).toHaveLength(128);
    expect([...rig.timers]).toEqual([['turns', 1_000]]);
    expect(rig.service.status('t128', () => undefined)).toMatchObject({
      connectionStatus: 'connecting',
      attempt: 0,
      reason: { code: 'awaiting-turn' },
      nextAttemptAt: new Date(at(0).wall).toISOString(),
    });
  });

  it('follow as others are connected or have failed', () => {
    const rig = new Rig(1_000);
    rig.start();
    rig.play(10, connected(0), connected(1));
    expect(rig.begun.slice(128)).toEqual(['t128', 't129']);
    rig.play(20, { type: 'ike.failed', tunnel: 't2', ikeSa: 3, stage: 1, reason: SILENCE });
    expect(rig.begun.slice(130)).toEqual(['t130']);
    expect(rig.timers.get('tunnel:t2')).toBe(12_000);
  });

  it('are not held up for longer than a second by peers that do not answer', () => {
    const rig = new Rig(300);
    rig.start();
    rig.play(500, connected(0));
    expect(rig.begun).toHaveLength(129);
    rig.fire('turns');
    expect(rig.begun).toHaveLength(256);
    expect(rig.timers.get('turns')).toBe(1_500);
    rig.fire('turns');
    expect(rig.begun).toHaveLength(257);
    expect(rig.timers.get('turns')).toBe(2_000);
    rig.fire('turns');
    expect(rig.begun).toHaveLength(300);
    expect(rig.timers.has('turns')).toBe(false);
  });

  it('go behind those that somebody asks for', () => {
    const rig = new Rig(1_000);
    rig.start();
    rig.take(rig.service.up('t999', at(5)));
    expect(rig.begun).toHaveLength(128);
    rig.play(10, connected(0), connected(1));
    expect(rig.begun.slice(128)).toEqual(['t999', 't128']);
  });

  it('give up their turn where they are taken down or are connected by the peer', () => {
    const rig = new Rig(131);
    rig.start();
    rig.take(rig.service.down('t128', at(5)));
    rig.play(10, connected(129));
    rig.play(20, connected(0), connected(1), connected(2));
    expect(rig.begun.slice(128)).toEqual(['t130']);
    expect(rig.service.status('t128', () => undefined)).toMatchObject({ connectionStatus: 'disabled', reason: null });
  });

  it('are out of it whatever ends their waiting, such as a timer that comes late', () => {
    const rig = new Rig(130, { start: 'respond' });
    rig.start();
    for (const { policy } of rig.managed) rig.take(rig.service.up(policy.name, at(5), { once: true }));
    expect(rig.begun).toHaveLength(128);
    rig.take(rig.service.handle({ kind: 'timer', key: 'tunnel:t128' }, at(6)));
    rig.play(10, connected(0), connected(1));
    expect(rig.begun.slice(128)).toEqual(['t129']);
    expect(rig.service.status('t128', () => undefined)).toMatchObject({ connectionStatus: 'waiting', reason: null });
  });

  it('wait also where another configuration brings them', () => {
    const rig = new Rig(200, {}, false);
    const added: TunnelUpdate = { change: 'added', reconnect: false, renew: [] };
    const updates = new Map(rig.managed.map(({ policy }) => [policy.name, added]));
    rig.take(rig.service.reconfigure(rig.managed, updates, at(5_000)));
    expect(rig.begun).toHaveLength(128);
    expect([...rig.timers]).toEqual([['turns', 6_000]]);
  });

  it('wait also where all are tried again at the same time', () => {
    const rig = new Rig(300, { retry: { attempts: 3, interval: 12_000 } });
    rig.start();
    for (let count = 0; count < 3; count++) {
      const all = rig.begun.map((name, index): GatewayEvent => {
        return { type: 'ike.failed', tunnel: name, ikeSa: index + 1, stage: 1, reason: SILENCE };
      });
      rig.play(10, ...all);
    }
    expect(rig.begun).toHaveLength(300);
    for (const { policy } of rig.managed) rig.fire(`tunnel:${policy.name}`);
    expect(rig.begun).toHaveLength(428);
  });

  it('are not held up by those that wait for their peers', () => {
    const { managed: waiting } = new Rig(2_000, { start: 'respond' });
    const rig = new Rig(1, {}, false);
    const renamed = waiting.map(({ policy, enabled }) => ({ policy: { ...policy, name: `w${policy.name}` }, enabled }));
    rig.take(rig.service.reconfigure([...renamed, ...rig.managed], new Map(), at(0)));
    expect(rig.begun).toEqual(['t0']);
  });
});
