import { describe, expect, it } from 'vitest';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { Reason } from '../ike/common/reason.ts';
import {
  at,
  deleted,
  failed,
  GONE,
  installed,
  PACKET,
  rig,
  SILENCE,
  segment,
  tunnel,
  waiting,
} from './testing/service-rig.ts';
import type { TunnelUpdate } from './tunnel-update.ts';

describe('a tunnel that should be up', () => {
  it('is connecting for three attempts 12 s apart, then failed, and is tried on', () => {
    const { start, say, fire, timerAt, status, core } = rig();
    start();
    expect(status()).toMatchObject({ connectionStatus: 'connecting', attempt: 1, reason: null });
    say(10_000, failed(1));
    expect(timerAt()).toBe(12_000);
    expect(status()).toMatchObject({ connectionStatus: 'connecting', reason: SILENCE });
    fire();
    say(22_000, failed(2));
    expect(timerAt()).toBe(24_000);
    fire();
    expect(status()).toMatchObject({ connectionStatus: 'connecting', attempt: 3 });
    say(34_000, failed(3));
    expect(status()).toMatchObject({ connectionStatus: 'stage1Failure', reason: SILENCE });
    expect(status()?.nextAttemptAt).toBe(new Date(at(36_000).wall).toISOString());
    fire();
    expect(status()).toMatchObject({ connectionStatus: 'stage1Failure', attempt: 4 });
    expect(core.count('initiate')).toBe(4);
  });

  it('is connected by the Child SA in the data plane alone, and forgets its failures', () => {
    const { start, say, status, timerAt } = rig();
    start();
    say(10_000, failed(1));
    say(12_000, { type: 'ike.established', tunnel: 't', ikeSa: 2 });
    expect(status()?.connectionStatus).toBe('connecting');
    say(12_100, installed());
    expect(status()).toMatchObject({ connectionStatus: 'connected', reason: null, attempt: 0, nextAttemptAt: null });
    expect(timerAt()).toBeUndefined();
  });

  it('that loses its last Child SA after some time starts over at once', () => {
    const { start, say, core } = rig();
    start();
    say(100, installed());
    say(60_000, deleted());
    expect(core.count('initiate')).toBe(2);
  });

  it('that loses it right after connecting waits for the interval', () => {
    const { start, say, core, timerAt } = rig();
    start();
    say(100, installed());
    say(200, deleted());
    expect(core.count('initiate')).toBe(1);
    expect(timerAt()).toBe(12_200);
  });

  it('stays connected as long as one Child SA is left', () => {
    const { start, say, status, core } = rig();
    start();
    say(100, installed('t#1'), installed('t#2'));
    say(60_000, deleted('t#1'));
    expect(status()?.connectionStatus).toBe('connected');
    expect(core.count('initiate')).toBe(1);
  });

  it('whose Child SA the peer refuses fails in stage 2', () => {
    const { start, say, status } = rig(tunnel({ retry: { attempts: 1, interval: 12_000 } }));
    start();
    const reason: Reason = { code: 'traffic-selectors-unacceptable', text: 'segments' };
    say(
      100,
      { type: 'child.failed', tunnel: 't', ikeSa: 1, reason },
      { type: 'ike.closed', tunnel: 't', ikeSa: 1, reason },
    );
    expect(status()).toMatchObject({ connectionStatus: 'stage2Failure', reason });
  });
});

describe('what the operator says', () => {
  it('down terminates, refuses the peer and stays down', () => {
    const { start, say, apply, service, status, core } = rig();
    start();
    say(100, installed());
    apply(service.down('t', at(200)));
    say(300, deleted('t#1', { code: 'terminated', text: 'down' }));
    expect(status()).toMatchObject({ connectionStatus: 'disabled', reason: null });
    expect(core.commands).toContainEqual({ kind: 'admit', tunnel: 't', admit: false });
    expect(core.count('initiate')).toBe(1);
  });

  it('a trap is set and taken away for a tunnel that the peer is to start', () => {
    const { start, say, apply, service, core, status } = rig(tunnel({ start: 'respond' }));
    start();
    expect(service.waitsForTraffic('t')).toBe(false);
    apply(service.trap('t', true, at(100)));
    expect([service.waitsForTraffic('t'), status()?.reason?.code]).toEqual([true, 'no-traffic']);
    say(200, waiting);
    expect(core.count('initiate')).toBe(1);
    apply(service.trap('t', false, at(300)));
    expect(service.waitsForTraffic('t')).toBe(false);
    expect(core.commands.at(-1)).toEqual({ kind: 'trap', tunnel: 't', set: false });
  });

  it('a trap of a tunnel that is up leaves it up', () => {
    const { start, say, apply, service, core, status } = rig();
    start();
    say(100, installed());
    apply(service.trap('t', true, at(200)));
    expect([service.waitsForTraffic('t'), status()?.connectionStatus]).toEqual([true, 'connected']);
    expect([core.count('terminate'), core.count('initiate')]).toEqual([0, 1]);
  });

  it('up begins a new series of attempts', () => {
    const { start, say, apply, service, status } = rig(tunnel({ retry: { attempts: 1, interval: 12_000 } }));
    start();
    say(100, failed(1));
    expect(status()?.connectionStatus).toBe('stage1Failure');
    apply(service.up('t', at(200)));
    expect(status()).toMatchObject({ connectionStatus: 'connecting', attempt: 1, reason: null });
  });

  it('a disabled tunnel is not given to the core and cannot be started', () => {
    const { start, service, status, core } = rig(tunnel(), false);
    start();
    expect(core.commands).toEqual([{ kind: 'configure', tunnels: [] }]);
    expect(service.cannotStart('t')).toContain('disabled');
    expect(status()?.connectionStatus).toBe('disabled');
  });

  it('a changed tunnel reconnects, an unchanged one is left alone', () => {
    const { start, apply, service, core } = rig();
    start();
    const before = core.commands.length;
    apply(service.reconfigure([{ policy: tunnel(), enabled: true }], new Map(), at(500)));
    expect(core.commands.slice(before).map(({ kind }) => kind)).toEqual(['configure']);
    apply(
      service.reconfigure([{ policy: tunnel({ peer: 'q' }), enabled: true }], changed({ reconnect: true }), at(600)),
    );
    expect(core.commands.slice(before + 1).map(({ kind }) => kind)).toEqual([
      'terminate',
      'configure',
      'admit',
      'initiate',
    ]);
  });
});

const changed = (update: Partial<TunnelUpdate> = {}) =>
  new Map([['t', { change: 'changed' as const, reconnect: false, renew: [], ...update }]]);

describe('a tunnel whose configuration changes', () => {
  const [ONE, TWO, THREE] = ['10.1.0.0', '10.2.0.0', '10.3.0.0'].map(segment);
  const withSegments = (...theirs: (typeof PACKET.source | undefined)[]) =>
    tunnel({
      local: { ...tunnel().local, selectors: [ONE ?? PACKET.source] },
      remote: { ...tunnel().remote, selectors: theirs.flatMap((one) => one ?? []) },
    });

  const connectedRig = () => {
    const one = rig(withSegments(TWO));
    one.start();
    one.core.up(ONE ?? PACKET.source, TWO ?? PACKET.source, 't#1');
    one.say(100, installed());
    return {
      ...one,
      change: (policy: ReturnType<typeof tunnel>, update: Partial<TunnelUpdate> = {}, at_ = 20_000) => {
        const before = one.core.commands.length;
        one.apply(one.service.reconfigure([{ policy, enabled: true }], changed(update), at(at_)));
        return one.core.commands.slice(before);
      },
    };
  };

  it('goes on and gets new keys of the kinds that are asked for', () => {
    const { change, status } = connectedRig();
    expect(change(withSegments(TWO), { renew: ['child', 'ike'] })).toEqual([
      { kind: 'configure', tunnels: [withSegments(TWO)] },
      { kind: 'rekey', tunnel: 't', what: 'child' },
      { kind: 'rekey', tunnel: 't', what: 'ike' },
    ]);
    expect(status()?.connectionStatus).toBe('connected');
  });

  it('starts over where it does not carry anything that could be disturbed', () => {
    const { say, change } = connectedRig();
    say(50_000, deleted());
    expect(change(withSegments(TWO), { renew: ['child'] }, 51_000).map(({ kind }) => kind)).toEqual([
      'terminate',
      'configure',
      'admit',
      'initiate',
    ]);
  });

  it('asks for the pairs that are new until it has them', () => {
    const { change, core, fire, timerAt, say, status } = connectedRig();
    expect(change(withSegments(TWO, THREE)).map(({ kind }) => kind)).toEqual(['configure', 'prune', 'initiate']);
    expect(timerAt()).toBe(32_000);
    say(20_100, { type: 'child.failed', tunnel: 't', ikeSa: 1, reason: GONE });
    expect(status()).toMatchObject({ connectionStatus: 'connected', reason: GONE });
    fire();
    expect(core.count('initiate')).toBe(3);
    core.up(ONE ?? PACKET.source, THREE ?? PACKET.source, 't#2');
    say(33_000, installed('t#2'));
    expect(timerAt()).toBeUndefined();
    expect(status()?.reason).toBeNull();
  });

  it('asks for them no longer when it has lost everything: the next Child SA is for all, or the peer narrows it', () => {
    const { change, core, say, timerAt } = connectedRig();
    change(withSegments(TWO, THREE));
    core.down('t#1');
    say(50_000, deleted());
    core.up(ONE ?? PACKET.source, TWO ?? PACKET.source, 't#2');
    say(51_000, installed('t#2'));
    expect(timerAt()).toBeUndefined();
  });

  it('asks for nothing where it has fewer', () => {
    const { change, timerAt } = connectedRig();
    expect(change(withSegments(TWO)).map(({ kind }) => kind)).toEqual(['configure']);
    expect(timerAt()).toBeUndefined();
  });

  it('follows how it is to be started', () => {
    const { change, say, core } = connectedRig();
    expect(change({ ...withSegments(TWO), start: 'on-traffic' }).map(({ kind }) => kind)).toEqual([
      'configure',
      'trap',
    ]);
    expect(change({ ...withSegments(TWO), start: 'respond' })).toContainEqual({
      kind: 'trap',
      tunnel: 't',
      set: false,
    });
    say(50_000, deleted());
    expect(core.count('initiate')).toBe(1);
  });

  it('stays down where the operator has taken it down, whatever changes', () => {
    const { apply, service, change, status } = connectedRig();
    apply(service.down('t', at(10_000)));
    expect(change(withSegments(THREE), { reconnect: true }).map(({ kind }) => kind)).toEqual([
      'terminate',
      'configure',
    ]);
    expect(status()?.connectionStatus).toBe('disabled');
  });

  it('keeps its attempts and their time under another name', () => {
    const one = rig();
    one.start();
    one.say(100, failed(1));
    const effects = one.apply(
      one.service.reconfigure(
        [{ policy: tunnel({ name: 'u' }), enabled: true }],
        new Map([['u', { was: 't', change: 'unchanged', reconnect: false, renew: [] }]]),
        at(500),
      ),
    );
    expect(effects).toEqual([
      { kind: 'timer.clear', key: 'tunnel:t' },
      { kind: 'timer.set', key: 'tunnel:u', at: 12_000 },
    ]);
    expect(one.core.commands.at(-1)).toMatchObject({ kind: 'configure', renamed: new Map([['t', 'u']]) });
    expect(one.service.status('t', () => undefined)).toBeUndefined();
    expect(one.service.status('u', () => undefined)).toMatchObject({ name: 'u', attempt: 1 });
    one.service.handle({ kind: 'timer', key: 'tunnel:u' }, at(12_000));
    expect(one.core.commands.at(-1)).toEqual({ kind: 'initiate', tunnel: 'u' });
  });

  it('asks for the address of its peer again under another name', () => {
    const named = { remote: { address: { kind: 'name', name: 'peer.example' }, selectors: [] } } as const;
    const one = rig(tunnel(named));
    one.start();
    const effects = one.service.reconfigure(
      [{ policy: tunnel({ ...named, name: 'u' }), enabled: true }],
      new Map([['u', { was: 't', change: 'unchanged', reconnect: false, renew: [] }]]),
      at(500),
    );
    expect(effects).toContainEqual({ kind: 'resolve', tunnel: 'u', name: 'peer.example' });
  });
});

describe('a tunnel that waits for its peer', () => {
  const waiting = () => rig(tunnel({ start: 'respond', remote: { address: { kind: 'any' }, selectors: [] } }));

  it('is waiting, is connected when the peer comes, and is never called', () => {
    const { start, say, status, core } = waiting();
    start();
    expect(status()?.connectionStatus).toBe('waiting');
    say(100, installed());
    expect(status()?.connectionStatus).toBe('connected');
    say(60_000, deleted());
    expect(status()).toMatchObject({ connectionStatus: 'waiting', reason: GONE });
    expect(core.count('initiate')).toBe(0);
  });

  it('shows why the peer was refused', () => {
    const { start, say, status, service } = waiting();
    start();
    say(100, failed(1));
    expect(status()).toMatchObject({ connectionStatus: 'stage1Failure', reason: SILENCE });
    expect(service.cannotStart('t')).toContain('any address');
  });
});

describe('a peer given by name', () => {
  const named = () => rig(tunnel({ remote: { address: { kind: 'name', name: 'peer.example' }, selectors: [] } }));

  it('is tried again where the attempt fails before there is an IKE SA', () => {
    const { core, start, service, apply, timerAt } = named();
    core.stillborn = true;
    start();
    apply(service.handle({ kind: 'resolved', tunnel: 't', address: '192.0.2.9' }, at(50)));
    expect(timerAt()).toBe(12_050);
  });

  it('is resolved at every attempt', () => {
    const { start, apply, service, core } = named();
    expect(start()).toContainEqual({ kind: 'resolve', tunnel: 't', name: 'peer.example' });
    apply(service.handle({ kind: 'resolved', tunnel: 't', address: '192.0.2.9' }, at(50)));
    expect(core.commands.at(-1)).toEqual({ kind: 'initiate', tunnel: 't', remote: '192.0.2.9' });
  });

  it('has its name resolved anew when it has died', () => {
    const { start, apply, say, service, core } = named();
    start();
    apply(service.handle({ kind: 'resolved', tunnel: 't', address: '192.0.2.9' }, at(50)));
    say(100, installed());
    const lost = say(60_000, deleted('t#1', { code: 'peer-unresponsive', text: 'dead' }));
    expect(lost).toContainEqual({ kind: 'resolve', tunnel: 't', name: 'peer.example' });
    apply(service.handle({ kind: 'resolved', tunnel: 't', address: '192.0.2.10' }, at(60_050)));
    expect(core.commands.at(-1)).toEqual({ kind: 'initiate', tunnel: 't', remote: '192.0.2.10' });
  });

  it('without an address is a failure with its own reason, and is asked for again', () => {
    const { start, apply, service, status, fire } = named();
    start();
    apply(service.handle({ kind: 'resolved', tunnel: 't', address: undefined }, at(50)));
    expect(status()?.reason?.code).toBe('unresolved-peer');
    expect(fire()).toContainEqual({ kind: 'resolve', tunnel: 't', name: 'peer.example' });
  });
});

describe('a peer that has died', () => {
  const DEAD: Reason = { code: 'peer-unresponsive', text: 'dead' };
  const died = (action: 'hold' | 'clear' | 'restart') => {
    const one = rig(tunnel({ dpd: { delay: 8_000, timeout: 13_000, action } }));
    one.start();
    one.say(100, installed());
    one.say(60_000, deleted('t#1', DEAD));
    return one;
  };

  it('restart: it is called again at once', () => {
    expect(died('restart').core.count('initiate')).toBe(2);
  });

  it('clear: it is called again at the usual pace', () => {
    const { core, timerAt } = died('clear');
    expect(core.count('initiate')).toBe(1);
    expect(timerAt()).toBe(72_000);
    expect(core.count('trap')).toBe(0);
  });

  it('hold: the next packet brings it back, and the trap goes when it is up', () => {
    const { core, say } = died('hold');
    expect(core.commands.at(-1)).toEqual({ kind: 'trap', tunnel: 't', set: true });
    expect(core.count('initiate')).toBe(1);
    say(61_000, waiting);
    expect(core.count('initiate')).toBe(2);
    say(61_100, installed('t#2'));
    expect(core.commands.at(-1)).toEqual({ kind: 'trap', tunnel: 't', set: false });
  });

  it('hold: the packet does not wait for the interval of the attempt that had come up; those that follow do', () => {
    const retry = { attempts: 1, interval: 600_000 };
    const one = rig(tunnel({ dpd: { delay: 8_000, timeout: 13_000, action: 'hold' }, retry }));
    one.start();
    one.say(100, installed());
    one.say(60_000, deleted('t#1', DEAD));
    one.say(61_000, waiting);
    expect(one.core.count('initiate')).toBe(2);
    one.say(70_000, failed(2));
    one.say(71_000, waiting);
    expect(one.core.count('initiate')).toBe(2);
    expect(one.timerAt()).toBe(661_000);
  });
});

describe('a peer that has restarted and lost the tunnel', () => {
  const RESTARTED: Reason = { code: 'peer-restarted', text: 'the peer has restarted and lost the tunnel' };
  const restarted = (change: Partial<TunnelPolicy>, up: number) => {
    const one = rig(tunnel(change));
    one.start();
    one.say(100, installed());
    one.say(100 + up, deleted('t#1', RESTARTED));
    return one;
  };

  it.each(['hold', 'clear', 'restart'] as const)('it lives, so that it is called at once; dpd.action: %s', (action) => {
    const { core, status } = restarted({ dpd: { delay: 8_000, timeout: 13_000, action } }, 60_000);
    expect(core.count('initiate')).toBe(2);
    expect(core.count('trap')).toBe(0);
    expect(status()).toMatchObject({ connectionStatus: 'connecting', reason: RESTARTED });
  });

  it('also where the tunnel had just come up', () => {
    expect(restarted({}, 10).core.count('initiate')).toBe(2);
  });

  it('unless it is for the peer to call', () => {
    expect(restarted({ start: 'respond' }, 60_000).core.count('initiate')).toBe(0);
  });
});

describe('a tunnel of IKEv1, with a Child SA for each pair of segments', () => {
  const two = tunnel({
    version: 1,
    local: { ...tunnel().local, selectors: [segment('10.1.0.1')] },
    remote: { ...tunnel().remote, selectors: [segment('10.2.0.1'), segment('10.3.0.1')] },
  });
  const up = (one: ReturnType<typeof rig>, remote: string, id: string) => {
    one.core.up(segment('10.1.0.1'), segment(remote), id);
    return installed(id);
  };

  it('is connected by the first pair; the others are tried again at the usual pace', () => {
    const one = rig(two);
    one.start();
    one.say(100, up(one, '10.2.0.1', 't#1'));
    expect(one.status()?.connectionStatus).toBe('connected');
    expect(one.timerAt()).toBe(12_100);
    one.fire();
    expect(one.core.count('initiate')).toBe(2);
    one.say(12_200, up(one, '10.3.0.1', 't#2'));
    expect(one.timerAt()).toBeUndefined();
  });

  it('says why a pair is missing, and forgets it when all are there', () => {
    const one = rig(two);
    one.start();
    const reason: Reason = { code: 'traffic-selectors-unacceptable', text: 'segments' };
    one.say(100, up(one, '10.2.0.1', 't#1'));
    one.say(200, { type: 'child.failed', tunnel: 't', ikeSa: 1, reason });
    expect(one.status()).toMatchObject({ connectionStatus: 'connected', reason });
    one.say(12_200, up(one, '10.3.0.1', 't#2'));
    expect(one.status()).toMatchObject({ connectionStatus: 'connected', reason: null });
  });

  it('a successor is no loss of its predecessor', () => {
    const one = rig(two);
    one.start();
    one.say(100, up(one, '10.2.0.1', 't#1'), up(one, '10.3.0.1', 't#2'));
    one.say(60_000, up(one, '10.2.0.1', 't#3'), {
      type: 'child.rekeyed',
      tunnel: 't',
      ikeSa: 1,
      child: 't#1',
      successor: 't#3',
    });
    one.say(61_000, deleted('t#1'));
    expect(one.core.count('initiate')).toBe(1);
    expect(one.status()?.connectionStatus).toBe('connected');
  });

  it('an IKE SA that is begun beside its Child SAs is no attempt: when these go, one follows', () => {
    const one = rig(two);
    one.start();
    one.say(100, up(one, '10.2.0.1', 't#1'), up(one, '10.3.0.1', 't#2'));
    one.say(60_000, { type: 'ike.initiated', tunnel: 't', ikeSa: 9, remote: { address: '192.0.2.2', port: 500 } });
    one.say(60_100, { type: 'ike.established', tunnel: 't', ikeSa: 9 });
    one.say(60_200, deleted('t#1'), deleted('t#2'));
    expect(one.core.count('initiate')).toBe(2);
  });

  it('with the IKE SA up and no word of its pairs is tried again', () => {
    const one = rig(two);
    one.start();
    one.say(5_000, { type: 'ike.established', tunnel: 't', ikeSa: 1 });
    expect(one.timerAt()).toBe(17_000);
    one.fire();
    expect(one.core.count('initiate')).toBe(2);
  });

  it('with the IKE SA up and every pair refused is tried again', () => {
    const one = rig(two);
    one.start();
    const reason: Reason = { code: 'no-proposal-chosen', text: 'proposals' };
    one.say(100, { type: 'child.failed', tunnel: 't', ikeSa: 1, reason });
    expect(one.timerAt()).toBe(12_000);
    one.fire();
    expect(one.core.count('initiate')).toBe(2);
  });

  it('started by traffic, a pair that has gone waits for its own packet', () => {
    const one = rig({ ...two, start: 'on-traffic' });
    one.start();
    one.say(100, up(one, '10.2.0.1', 't#1'));
    expect(one.timerAt()).toBeUndefined();
    one.say(200, up(one, '10.3.0.1', 't#2'));
    one.core.down('t#2');
    one.say(60_000, deleted('t#2'));
    expect(one.status()?.connectionStatus).toBe('connected');
    expect(one.core.count('initiate')).toBe(0);
    expect(one.core.commands.at(-1)).toEqual({ kind: 'trap', tunnel: 't', set: true });
    one.say(61_000, waiting);
    expect(one.core.count('initiate')).toBe(1);
  });

  it('started by traffic, pairs that do not come are tried three times', () => {
    const one = rig({ ...two, start: 'on-traffic' });
    one.start();
    one.say(1_000, waiting);
    one.say(1_100, up(one, '10.2.0.1', 't#1'));
    for (let attempts = 1; attempts < 3; attempts++) one.fire();
    expect(one.core.count('initiate')).toBe(3);
    one.fire();
    expect(one.core.count('initiate')).toBe(3);
    expect(one.timerAt()).toBeUndefined();
    expect(one.core.commands.at(-1)).toEqual({ kind: 'trap', tunnel: 't', set: true });
  });
});
