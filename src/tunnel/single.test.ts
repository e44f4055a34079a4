import { describe, expect, it } from 'vitest';
import { at, deleted, failed, installed, rig, segment, tunnel } from './testing/service-rig.ts';

const ENDED = { code: 'terminated', text: 'the operator has ended it' } as const;
const [HERE, THERE, BEYOND] = [segment('10.1.0.1'), segment('10.2.0.1'), segment('10.3.0.1')];

function endChild(child: string) {
  return { kind: 'end-child', tunnel: 't', child, reason: ENDED } as const;
}

/** IKEv1 has a Child SA for each of the two pairs; both are up. */
function twoPairs() {
  const { local, remote } = tunnel();
  const policy = tunnel({
    version: 1,
    local: { ...local, selectors: [HERE] },
    remote: { ...remote, selectors: [THERE, BEYOND] },
  });
  const it = rig(policy);
  it.start();
  it.core.up(HERE, THERE, 't#1');
  it.core.up(HERE, BEYOND, 't#2');
  it.say(100, installed('t#1'), installed('t#2'));
  return it;
}

describe('a tunnel of which one Child SA is ended', () => {
  it('is left to the peer where that was the last, and the peer is not refused', () => {
    const { start, say, apply, service, status, core, timerAt } = rig();
    start();
    core.up(HERE, THERE, 't#1');
    say(100, installed());
    apply(service.actOnOne(endChild('t#1'), at(200)));
    core.down('t#1');
    say(20_000, deleted('t#1', ENDED));
    expect(status()).toMatchObject({ connectionStatus: 'waiting', reason: null });
    expect(core.commands).toContainEqual(endChild('t#1'));
    expect(core.commands).not.toContainEqual({ kind: 'admit', tunnel: 't', admit: false });
    expect([core.count('initiate'), timerAt()]).toEqual([1, undefined]);
    say(30_000, installed('t#2'));
    expect(status()?.connectionStatus).toBe('connected');
  });

  it('waits for traffic again where it does that', () => {
    const { start, say, apply, service, core } = rig(tunnel({ start: 'on-traffic' }));
    start();
    core.up(HERE, THERE, 't#1');
    say(100, installed());
    apply(service.actOnOne(endChild('t#1'), at(200)));
    core.down('t#1');
    say(300, deleted('t#1', ENDED));
    expect(core.commands.at(-1)).toMatchObject({ kind: 'trap', set: true });
    expect(service.waitsForTraffic('t')).toBe(true);
    expect(core.count('initiate')).toBe(0);
  });

  it('does without it as long as it has another', () => {
    const { say, apply, service, core, status, timerAt } = twoPairs();
    apply(service.actOnOne(endChild('t#2'), at(20_000)));
    core.down('t#2');
    say(20_001, deleted('t#2', ENDED));
    expect([core.count('initiate'), timerAt()]).toEqual([1, undefined]);
    expect(status()).toMatchObject({ connectionStatus: 'connected', pairs: { total: 2, up: 1 } });
  });

  it('asks for all again once the others are lost', () => {
    const { say, apply, service, core } = twoPairs();
    apply(service.actOnOne(endChild('t#2'), at(20_000)));
    core.down('t#2');
    say(20_001, deleted('t#2', ENDED));
    core.down('t#1');
    say(40_000, deleted('t#1'));
    expect(core.count('initiate')).toBe(2);
  });

  it('gets it back with the next up', () => {
    const { say, apply, service, core } = twoPairs();
    apply(service.actOnOne(endChild('t#2'), at(20_000)));
    core.down('t#2');
    say(20_001, deleted('t#2', ENDED));
    apply(service.up('t', at(30_000)));
    expect(core.count('initiate')).toBe(2);
  });

  it('is as it was where the Child SA is of nobody', () => {
    const { say, apply, service, core, timerAt } = twoPairs();
    apply(service.actOnOne(endChild('t#9'), at(20_000)));
    core.down('t#2');
    say(20_001, deleted('t#2'));
    expect(timerAt()).toBe(32_001);
  });
});

describe('a tunnel that is asked for once', () => {
  it('is not tried again where that fails, and says why', () => {
    const { start, say, apply, service, status, timerAt } = rig(tunnel({ start: 'respond' }));
    start();
    apply(service.up('t', at(100), { once: true }));
    expect(status()?.connectionStatus).toBe('connecting');
    say(200, failed(1));
    expect(timerAt()).toBeUndefined();
    expect(status()).toMatchObject({ connectionStatus: 'stage1Failure', reason: { code: 'no-response' } });
  });

  it('is not tried again where nothing could be begun', () => {
    const { start, apply, service, core, timerAt } = rig(tunnel({ start: 'respond' }));
    start();
    core.stillborn = true;
    apply(service.up('t', at(100), { once: true }));
    expect([core.count('initiate'), timerAt()]).toEqual([1, undefined]);
  });

  it('is kept up once it has come up', () => {
    const { start, say, apply, service, core } = rig(tunnel({ start: 'respond' }));
    start();
    apply(service.up('t', at(100), { once: true }));
    say(200, installed());
    say(40_000, deleted());
    expect(core.count('initiate')).toBe(2);
  });

  it('waits for traffic again where it does that', () => {
    const { start, say, apply, service, core, timerAt } = rig(tunnel({ start: 'on-traffic' }));
    start();
    apply(service.up('t', at(100), { once: true }));
    say(200, failed(1));
    expect(core.commands.at(-1)).toMatchObject({ kind: 'trap', set: true });
    expect([core.count('initiate'), timerAt()]).toEqual([1, undefined]);
  });

  it('is tried on where the configuration or another command wants it up', () => {
    const kept = rig();
    kept.start();
    kept.apply(kept.service.up('t', at(100), { once: true }));
    kept.say(200, failed(1));
    expect(kept.timerAt()).toBe(12_000);
    const asked = rig(tunnel({ start: 'respond' }));
    asked.start();
    asked.apply(asked.service.up('t', at(100)));
    asked.apply(asked.service.up('t', at(150), { once: true }));
    asked.say(200, failed(1));
    expect(asked.timerAt()).toBe(12_100);
  });
});
