import { describe, expect, it } from 'vitest';
import type { ViciNews } from '../../control/vici/vici-api.ts';
import type { GatewayEvent } from '../../ike/common/event.ts';
import type { ChildSaView, IkeSaView } from '../../ike/common/view.ts';
import { viciIkeSas } from './sas.ts';
import { ViciWatch } from './watch.ts';

const names = (tunnel: string) => ({ connection: tunnel, child: `${tunnel}-child` });
const reauthenticates = () => false;

function ike(id: number, more: Partial<IkeSaView> = {}): IkeSaView {
  return {
    id,
    tunnel: 't',
    version: 2,
    state: 'established',
    role: 'initiator',
    initiatorSpi: '11',
    responderSpi: '22',
    local: { address: '192.0.2.1', port: 500 },
    remote: { address: '192.0.2.2', port: 500 },
    nat: { local: false, remote: false },
    ...more,
  };
}

function child(number: number, more: Partial<ChildSaView> = {}): ChildSaView {
  return {
    id: `t#${number}`,
    tunnel: 't',
    ikeSa: 1,
    state: 'installed',
    sends: true,
    protocol: 'esp',
    mode: 'tunnel',
    encap: false,
    reqid: 1,
    suite: { protocol: 'esp' },
    inbound: { protocol: 'esp', destination: '192.0.2.1', spi: number },
    outbound: { protocol: 'esp', destination: '192.0.2.2', spi: number },
    localSelectors: [],
    remoteSelectors: [],
    ...more,
  };
}

/** A core whose SAs the test sets. */
function watched(...before: readonly GatewayEvent[]) {
  const live = { ikes: [ike(1)], all: [child(1)] };
  const watch = new ViciWatch(
    {
      views: (tunnel) => live.ikes.filter((one) => (tunnel ?? one.tunnel) === one.tunnel),
      children: (tunnel) => live.all.filter((one) => (tunnel ?? one.tunnel) === one.tunnel),
      tunnelsOf: () => ['t'],
      instancesOf: () => [],
      child: (_, id) => live.all.find((one) => one.id === id),
    },
    { names, reauthenticates },
  );
  for (const event of before) watch.see(event);
  const news: ViciNews[] = [];
  const end = watch.subscribe((one) => news.push(one));
  return { live, watch, news, end };
}

const ref = { tunnel: 't', ikeSa: 1 } as const;
const reason = { code: 'peer-closed', text: 'x' } as const;

describe('the news of vici', () => {
  it('tell what was there before anybody listened as it was, once it is gone, with what it has carried', () => {
    const { live, watch, news } = watched();
    watch.count([{ sa: child(1).inbound, bytes: 500, packets: 5 }]);
    live.all = [];
    watch.see({ ...ref, type: 'child.deleted', child: 't#1', reason });
    live.ikes = [];
    watch.see({ ...ref, type: 'ike.closed', reason });
    expect(news).toMatchObject([
      { kind: 'child-updown', up: false, child: { name: 't-child', state: 'DELETED', inbound: { packets: 5 } } },
      { kind: 'ike-updown', up: false, ike: { uniqueId: 1, state: 'DELETING' } },
    ]);
  });

  it('are none of what nobody knew, and none for nobody', () => {
    const { watch, news, end } = watched({ ...ref, type: 'ike.closed', reason });
    watch.see({ ...ref, ikeSa: 9, type: 'ike.closed', reason });
    watch.see({ ...ref, type: 'child.deleted', child: 't#9', reason });
    end();
    watch.see({ ...ref, type: 'ike.closed', reason });
    expect(news).toEqual([]);
  });

  it('for whoever wants to hear of some tunnels tell what was there of these, and of all once somebody wants all', () => {
    const { live, watch, end } = watched();
    end();
    live.ikes = [ike(1), ike(2, { tunnel: 'other' })];
    live.all = [child(1), child(2, { tunnel: 'other' })];
    const [some, all]: [ViciNews[], ViciNews[]] = [[], []];
    const ofOther = { tunnel: 'other', ikeSa: 2, reason } as const;
    watch.subscribe((one) => some.push(one), new Set(['t']));
    watch.see({ ...ofOther, type: 'child.deleted', child: 'other#2' });
    expect(some).toEqual([]);
    watch.subscribe((one) => all.push(one));
    watch.see({ ...ref, type: 'child.deleted', child: 't#1', reason });
    watch.see({ ...ofOther, type: 'ike.closed' });
    expect(some).toMatchObject([
      { kind: 'child-updown', up: false, child: { name: 't-child' } },
      { kind: 'ike-updown', up: false, ike: { uniqueId: 2 } },
    ]);
    expect(all).toEqual(some);
  });

  it('tell of a successor once, when it takes over, and not of the end of what it replaces', () => {
    const { live, watch, news } = watched();
    live.all = [child(1, { state: 'rekeying' }), child(2)];
    watch.see({ ...ref, type: 'child.installed', child: 't#2' });
    expect(news).toEqual([]);
    watch.see({ ...ref, type: 'child.rekeyed', child: 't#1', successor: 't#2' });
    watch.see({ ...ref, type: 'child.deleted', child: 't#1', reason });
    live.ikes = [ike(1, { state: 'rekeyed' }), ike(2)];
    watch.see({ ...ref, type: 'ike.rekeyed', successor: 2 });
    watch.see({ ...ref, type: 'ike.closed', reason });
    expect(news).toMatchObject([
      { kind: 'child-rekey', old: { uniqueId: 1, state: 'REKEYED' }, successor: { uniqueId: 2 } },
      { kind: 'ike-rekey', old: { uniqueId: 1, state: 'REKEYED' }, successor: { uniqueId: 2 } },
    ]);
  });

  it('tell of another address with the one before, and of alerts with the IKE SA', () => {
    const { live, watch, news } = watched();
    const [from, to] = [ike(1).remote, { address: '192.0.2.7', port: 4500 }];
    live.ikes = [ike(1, { remote: to })];
    watch.see({ ...ref, type: 'peer.moved', from, to });
    watch.see({ ...ref, type: 'peer.unresponsive' });
    expect(news).toMatchObject([
      { kind: 'ike-update', ike: { remote: from }, remote: to },
      { kind: 'alert', type: 'retransmit-send-timeout', ike: { remote: to } },
    ]);
  });

  it('of a Child SA that has outlived its IKE SA come with another one of the tunnel', () => {
    const { live, watch, news } = watched();
    for (const shared of [{}, { tunnel: 'u', guests: ['t'] }]) {
      live.ikes = [ike(3, { version: 1, ...shared })];
      watch.see({ ...ref, type: 'ike.closed', reason });
      watch.see({ ...ref, ikeSa: 3, type: 'ike.established' });
      live.all = [child(1)];
      watch.see({ ...ref, type: 'child.installed', child: 't#1' });
      watch.see({ ...ref, type: 'child.deleted', child: 't#1', reason });
      expect(news.at(-1)).toMatchObject({
        kind: 'child-updown',
        up: false,
        ike: { uniqueId: 3 },
        child: { uniqueId: 1 },
      });
    }
  });
});

describe('IKE SAs as vici shows them', () => {
  const showing = { names, reauthenticates, countersOf: () => undefined };

  it('have the Child SAs of their own, and in IKEv1 those that an earlier one has left', () => {
    const views = [ike(1, { version: 1, state: 'rekeyed' }), ike(2, { version: 1 }), ike(3, { tunnel: 'u' })];
    const shown = viciIkeSas(views, [child(1), child(4, { ikeSa: 9 }), child(5, { ikeSa: 3, tunnel: 'u' })], showing);
    expect(shown.map(({ uniqueId, children }) => [uniqueId, children.map((one) => one.uniqueId)])).toEqual([
      [3, [5]],
      [2, [1, 4]],
      [1, []],
    ]);
  });

  it('have those of every tunnel that they serve, also where an earlier one has made them', () => {
    const views = [ike(1, { version: 1, state: 'rekeyed' }), ike(2, { version: 1, guests: ['u', 'w'] })];
    const shown = viciIkeSas(
      views,
      [child(2, { tunnel: 'u' }), child(1), child(3, { tunnel: 'w', ikeSa: 9 })],
      showing,
    );
    expect(shown.map(({ uniqueId, children }) => [uniqueId, children.map((one) => one.uniqueId)])).toEqual([
      [2, [1, 2, 3]],
      [1, []],
    ]);
  });

  it('have no name before the peer is known, and are left out', () => {
    const { tunnel: _, ...unknown } = ike(1, { state: 'connecting' });
    expect(viciIkeSas([unknown], [], showing)).toEqual([]);
  });

  it('say what is under way, which end is behind NAT, and when they are authenticated anew', () => {
    const view = ike(1, { state: 'deleting', nat: { local: true, remote: true, forced: true }, rekeyAt: 5 });
    const tasks = {
      active: ['rekey-child'],
      passive: ['create-child'],
      queued: ['rekey-ike', 'delete-child'],
    } as const;
    const [shown] = viciIkeSas([{ ...view, tasks }], [child(1, { state: 'rekeying' })], {
      ...showing,
      reauthenticates: () => true,
    });
    expect(shown).toMatchObject({
      tasks: {
        active: ['CHILD_REKEY', 'IKE_DELETE'],
        passive: ['CHILD_CREATE'],
        queued: ['IKE_REKEY', 'CHILD_DELETE'],
      },
      nat: { local: false, remote: true, faked: true },
      rekeyAt: undefined,
      reauthAt: 5,
    });
  });
});
