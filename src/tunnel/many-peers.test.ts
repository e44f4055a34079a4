import { describe, expect, it } from 'vitest';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { named } from '../ike/testing/many.ts';
import { at, GONE, rig, segment, tunnel } from './testing/service-rig.ts';

const TEMPLATE = tunnel({
  name: 'rw',
  start: 'respond',
  many: { keys: [], limit: 10 },
  remote: { address: { kind: 'any' }, selectors: [segment('10.2.0.0')] },
});
const { many: _, ...COMMON } = TEMPLATE;
const CAROL: TunnelPolicy = {
  ...COMMON,
  name: 'rw@carol@example.com',
  template: 'rw',
  remote: { ...COMMON.remote, identity: named('carol@example.com') },
};
const ref = { tunnel: CAROL.name, template: 'rw' };
const ADDED: GatewayEvent = { type: 'instance.added', ...ref, remote: '192.0.2.9' };
const REMOVED: GatewayEvent = { type: 'instance.removed', ...ref };
const UP: GatewayEvent = { type: 'child.installed', tunnel: CAROL.name, ikeSa: 1, child: 'c#1' };
const LOST: GatewayEvent = { type: 'child.deleted', tunnel: CAROL.name, ikeSa: 1, child: 'c#1', reason: GONE };

function withCarol() {
  const one = rig(TEMPLATE);
  one.start();
  one.core.peers.push(CAROL);
  one.say(100, ADDED, UP);
  const status = (name = CAROL.name) => one.service.status(name, () => undefined);
  return { ...one, status };
}

describe('a peer of a tunnel for many, in the service', () => {
  it('has a state of its own, which is connected by its own Child SA, and names its template', () => {
    const { service, status } = withCarol();
    expect(service.names()).toEqual(['rw', CAROL.name]);
    expect(status()).toMatchObject({ name: CAROL.name, template: 'rw', connectionStatus: 'connected' });
    expect(status('rw')).toMatchObject({ connectionStatus: 'waiting' });
    expect(status('rw')).not.toHaveProperty('template');
  });

  it('is never called when it is lost, and is forgotten with its tunnel', () => {
    const { service, say, core, status, timerAt } = withCarol();
    say(60_000, LOST);
    expect(status()).toMatchObject({ connectionStatus: 'waiting' });
    expect([core.count('initiate'), timerAt()]).toEqual([0, undefined]);
    core.peers.length = 0;
    say(60_100, REMOVED);
    expect(service.names()).toEqual(['rw']);
    expect(status()).toBeUndefined();
  });

  it('has only its own SAs taken down, and nothing of it stays closed', () => {
    const { service, core } = withCarol();
    service.down(CAROL.name, at(1_000));
    expect(core.commands.filter(({ kind }) => kind !== 'configure')).toEqual([
      { kind: 'terminate', tunnel: CAROL.name, reason: expect.anything() },
    ]);
    expect(service.cannotStart(CAROL.name)).toContain('only the peer itself can start');
  });

  it('stays through a change of the configuration, and takes its new policy', () => {
    const { service, core, status } = withCarol();
    core.peers[0] = { ...CAROL, peer: 'other' };
    service.reconfigure([{ policy: TEMPLATE, enabled: true }], new Map(), at(2_000));
    expect(status()).toMatchObject({ connectionStatus: 'connected', peer: 'other' });
    expect(core.count('terminate')).toBe(0);
    const configured = core.commands.flatMap((command) => (command.kind === 'configure' ? [command.tunnels] : []));
    expect(configured.map((tunnels) => tunnels.map(({ name }) => name))).toEqual([['rw'], ['rw']]);
  });

  it('goes with its template, and is renamed with it', () => {
    const first = withCarol();
    first.core.peers.length = 0;
    first.service.reconfigure([], new Map(), at(2_000));
    expect(first.service.names()).toEqual([]);

    const { service, core } = withCarol();
    const name = 'home@carol@example.com';
    core.peers[0] = { ...CAROL, name, template: 'home' };
    const update = { was: 'rw', change: 'unchanged', reconnect: false, renew: [] } as const;
    const home = { policy: { ...TEMPLATE, name: 'home' }, enabled: true };
    service.reconfigure([home], new Map([['home', update]]), at(2_000));
    expect(service.names()).toEqual(['home', name]);
    expect(service.status(name, () => undefined)).toMatchObject({ connectionStatus: 'connected', template: 'home' });
  });
});
