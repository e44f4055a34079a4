import { describe, expect, it } from 'vitest';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { Reason } from '../ike/common/reason.ts';
import { at, deleted, failed, GONE, installed, PACKET, rig, SILENCE, tunnel, waiting } from './testing/service-rig.ts';

describe('a tunnel that is started by traffic', () => {
  const lazy = (changes: Partial<TunnelPolicy> = {}) => rig(tunnel({ start: 'on-traffic', ...changes }));
  const caught = (changes: Partial<TunnelPolicy> = {}) => {
    const one = lazy(changes);
    one.start();
    one.say(60_000, waiting);
    return one;
  };
  /** Three attempts without an answer. */
  const tired = () => {
    const one = caught();
    one.say(70_000, failed(1));
    one.fire();
    one.say(82_000, failed(2));
    one.fire();
    one.say(94_000, failed(3));
    return one;
  };
  const traps = ({ core }: ReturnType<typeof rig>) => core.commands.filter(({ kind }) => kind === 'trap');

  it('is not started, but waits with a trap and says so', () => {
    const one = lazy();
    one.start();
    expect(one.core.commands.slice(1)).toEqual([{ kind: 'trap', tunnel: 't', set: true }]);
    expect(one.status()).toMatchObject({
      connectionStatus: 'waiting',
      attempt: 0,
      nextAttemptAt: null,
      reason: { code: 'no-traffic', text: expect.stringContaining('the first one between its segments starts it') },
    });
  });

  it('the first packet starts it, and goes with the attempt; the trap stays under the Child SA', () => {
    const one = caught();
    expect(one.core.commands.at(-1)).toEqual({ kind: 'initiate', tunnel: 't', packet: PACKET });
    expect(one.status()).toMatchObject({ connectionStatus: 'connecting', attempt: 1, reason: null });
    one.say(60_100, installed());
    expect(one.status()).toMatchObject({ connectionStatus: 'connected', reason: null });
    expect(traps(one)).toHaveLength(1);
    expect(one.timerAt()).toBeUndefined();
  });

  it('many packets are one attempt, also between the attempts', () => {
    const one = caught();
    one.say(60_001, waiting, waiting);
    expect(one.core.count('initiate')).toBe(1);
    one.say(70_000, failed(1));
    one.say(70_001, waiting, waiting);
    expect(one.core.count('initiate')).toBe(1);
    expect(one.timerAt()).toBe(72_000);
  });

  it('after three attempts it has failed, and is not tried again before the next packet', () => {
    const one = tired();
    expect(one.core.count('initiate')).toBe(3);
    expect(one.timerAt()).toBeUndefined();
    expect(one.status()).toMatchObject({
      connectionStatus: 'stage1Failure',
      attempt: 3,
      nextAttemptAt: null,
      reason: { code: 'no-response', text: 'no answer; the next packet between the segments starts the tunnel' },
    });
    // The kernel asks for a reqid once in half a minute: with the trap set anew it asks at the next packet.
    expect(traps(one)).toHaveLength(2);
    one.say(300_000, waiting);
    expect(one.core.count('initiate')).toBe(4);
    expect(one.status()).toMatchObject({ connectionStatus: 'stage1Failure', attempt: 4, reason: SILENCE });
    one.say(300_100, installed());
    expect(one.status()).toMatchObject({ connectionStatus: 'connected', attempt: 0, reason: null });
  });

  it('traffic without end does not make the pace any quicker', () => {
    const one = tired();
    one.say(94_001, waiting);
    expect(one.core.count('initiate')).toBe(3);
    expect(one.timerAt()).toBe(96_000);
    one.fire();
    expect(one.core.count('initiate')).toBe(4);
  });

  it('another own address begins the next attempt of a series at once, and no series', () => {
    const one = caught();
    one.say(70_000, failed(1));
    one.move(70_500);
    expect(one.core.count('initiate')).toBe(2);
    expect(one.timerAt()).toBeUndefined();
    const idle = tired();
    idle.move(95_000);
    expect(idle.core.count('initiate')).toBe(3);
  });

  it('loses its address without having failed, and waits for the next packet', () => {
    const one = caught();
    one.say(60_100, installed());
    one.say(90_000, deleted('t#1', { code: 'address-gone', text: 'gone' }));
    expect(one.core.count('initiate')).toBe(1);
    expect(one.status()).toMatchObject({ connectionStatus: 'waiting' });
  });

  it.each(['hold', 'clear', 'restart'] as const)('a dead peer is not called again with dpd.action: %s', (action) => {
    const one = caught({ dpd: { delay: 8_000, timeout: 13_000, action } });
    one.say(60_100, installed());
    one.say(120_000, deleted('t#1', { code: 'peer-unresponsive', text: 'dead' }));
    expect(one.core.count('initiate')).toBe(1);
    expect(one.core.commands.at(-1)).toEqual({ kind: 'trap', tunnel: 't', set: true });
    expect(one.timerAt()).toBeUndefined();
    expect(one.status()).toMatchObject({
      connectionStatus: 'waiting',
      reason: { code: 'peer-unresponsive', text: 'dead; the next packet between the segments starts the tunnel' },
    });
    one.say(121_000, waiting);
    expect(one.core.count('initiate')).toBe(2);
  });

  it.each([GONE, { code: 'expired', text: 'old' }, { code: 'no-traffic', text: 'idle' }] as const)(
    'waits again when its SAs end: %j',
    (reason) => {
      const one = caught();
      one.say(60_100, installed());
      one.say(120_000, deleted('t#1', reason));
      expect(one.core.count('initiate')).toBe(1);
      expect(one.status()?.connectionStatus).toBe('waiting');
    },
  );

  it('is connected by a peer that calls first', () => {
    const one = lazy();
    one.start();
    one.say(100, installed());
    expect(one.status()?.connectionStatus).toBe('connected');
    one.say(200, waiting);
    expect(one.core.count('initiate')).toBe(0);
  });

  it('up starts it at once, whatever was tried before', () => {
    const one = tired();
    one.apply(one.service.up('t', at(94_100)));
    expect(one.core.commands.at(-1)).toEqual({ kind: 'initiate', tunnel: 't' });
    expect(one.status()).toMatchObject({ connectionStatus: 'connecting', attempt: 1, reason: null });
    one.say(94_200, installed());
    one.say(120_000, deleted());
    expect(one.core.count('initiate')).toBe(4);
    expect(one.status()?.connectionStatus).toBe('waiting');
  });

  it('down takes the trap away, up sets it again with the first attempt', () => {
    const one = lazy();
    one.start();
    one.apply(one.service.down('t', at(100)));
    expect(traps(one).at(-1)).toEqual({ kind: 'trap', tunnel: 't', set: false });
    expect(one.status()?.connectionStatus).toBe('disabled');
    one.say(150, waiting);
    expect(one.core.count('initiate')).toBe(0);
    one.apply(one.service.up('t', at(200)));
    expect(one.core.commands.slice(-2).map(({ kind }) => kind)).toEqual(['trap', 'initiate']);
  });

  it('release has it wait again', () => {
    const one = lazy();
    one.start();
    one.apply(one.service.down('t', at(100)));
    one.apply(one.service.release('t', at(200)));
    expect(one.core.commands.at(-1)).toEqual({ kind: 'trap', tunnel: 't', set: true });
    expect(one.status()?.connectionStatus).toBe('waiting');
  });

  it('a trap that the data plane refuses is a failure, and is set again at the usual pace', () => {
    const one = lazy();
    one.start();
    const reason: Reason = { code: 'kernel-refused', text: 'no room' };
    one.say(10, { type: 'trap.failed', tunnel: 't', reason });
    expect(one.status()).toMatchObject({ connectionStatus: 'stage2Failure', reason });
    one.fire();
    expect(traps(one)).toHaveLength(2);
    expect(one.core.count('initiate')).toBe(0);
  });

  it('waits with its own reason where nothing can be started', () => {
    const one = lazy();
    one.core.stillborn = true;
    one.start();
    one.say(60_000, waiting);
    for (let attempts = 1; attempts < 3; attempts++) one.fire();
    expect(one.core.count('initiate')).toBe(3);
    one.fire();
    expect(one.core.count('initiate')).toBe(3);
    expect(one.status()).toMatchObject({ connectionStatus: 'stage1Failure', reason: { code: 'no-response' } });
  });

  describe('whose peer is given by name', () => {
    const named = () => lazy({ remote: { address: { kind: 'name', name: 'peer.example' }, selectors: [] } });
    const resolve = { kind: 'resolve', tunnel: 't', name: 'peer.example' };
    const answer = (one: ReturnType<typeof rig>, mono: number, address?: string) =>
      one.apply(one.service.handle({ kind: 'resolved', tunnel: 't', address }, at(mono)));

    it('asks for its address again and again, and waits for packets when it has one', () => {
      const one = named();
      expect(one.start()).toContainEqual(resolve);
      answer(one, 50);
      expect(one.status()).toMatchObject({
        connectionStatus: 'stage1Failure',
        attempt: 0,
        reason: { code: 'unresolved-peer' },
      });
      expect(one.timerAt()).toBe(12_050);
      expect(one.fire()).toContainEqual(resolve);
      expect(traps(one)).toEqual([]);
      answer(one, 12_100, '192.0.2.9');
      expect(traps(one)).toEqual([{ kind: 'trap', tunnel: 't', set: true, remote: '192.0.2.9' }]);
      expect(one.status()).toMatchObject({ connectionStatus: 'waiting', reason: { code: 'no-traffic' } });
      expect(one.timerAt()).toBeUndefined();
    });

    it('asks again at each attempt, and waits at the address that it had last', () => {
      const one = named();
      one.start();
      answer(one, 50, '192.0.2.9');
      expect(one.say(1_000, waiting)).toContainEqual(resolve);
      answer(one, 1_050, '192.0.2.10');
      expect(one.core.commands.at(-1)).toEqual({ kind: 'initiate', tunnel: 't', remote: '192.0.2.10', packet: PACKET });
      one.say(1_100, installed());
      one.say(60_000, deleted());
      expect(one.core.commands.at(-1)).toEqual({ kind: 'trap', tunnel: 't', set: true, remote: '192.0.2.10' });
    });

    it('up needs no trap; an answer that it did not wait for is as good', () => {
      const one = named();
      one.start();
      expect(one.apply(one.service.up('t', at(10)))).toContainEqual(resolve);
      answer(one, 50, '192.0.2.9');
      expect(one.core.commands.slice(-2)).toEqual([
        { kind: 'trap', tunnel: 't', set: true, remote: '192.0.2.9' },
        { kind: 'initiate', tunnel: 't', remote: '192.0.2.9' },
      ]);
      answer(one, 60, '192.0.2.9');
      expect(one.core.count('initiate')).toBe(1);
    });

    it('a name without address costs an attempt each time, and ends in the trap', () => {
      const one = named();
      one.start();
      answer(one, 50, '192.0.2.9');
      one.say(60_000, waiting);
      for (let attempts = 0; attempts < 3; attempts++) {
        answer(one, 60_050 + attempts * 12_000);
        if (attempts < 2) one.fire();
      }
      expect(one.timerAt()).toBeUndefined();
      expect(traps(one)).toHaveLength(2);
      expect(one.status()).toMatchObject({ connectionStatus: 'stage1Failure', reason: { code: 'unresolved-peer' } });
    });
  });
});
