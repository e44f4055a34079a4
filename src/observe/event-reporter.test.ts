import { describe, expect, it } from 'vitest';
import type { GatewayEvent } from '../ike/common/event.ts';
import { EventReporter } from './event-reporter.ts';
import { limitOf } from './event-text.ts';

const dropped: GatewayEvent = {
  type: 'datagram.dropped',
  remote: { address: '192.0.2.1', port: 500 },
  why: 'truncated',
  count: 1,
};
const ref = { tunnel: 'idc', ikeSa: 1 };
const reason = { code: 'authentication-failed', text: 'because' } as const;
const remote = { address: '192.0.2.1', port: 500 };
const segment = { protocol: 0, startPort: 0, endPort: 65_535, start: '10.1.0.1', end: '10.1.0.1' };

/** All there is: whatever can be caused from outside is among them. */
const EVENTS: { readonly [Type in GatewayEvent['type']]: Extract<GatewayEvent, { type: Type }> } = {
  'ike.initiated': { type: 'ike.initiated', ...ref, remote },
  'ike.answered': { type: 'ike.answered', ...ref, remote },
  'ike.established': { type: 'ike.established', ...ref },
  'instance.added': { type: 'instance.added', tunnel: 'rw@carol', template: 'rw', remote: remote.address },
  'instance.removed': { type: 'instance.removed', tunnel: 'rw@carol', template: 'rw' },
  'ike.rekeyed': { type: 'ike.rekeyed', ...ref, successor: 2 },
  'ike.failed': { type: 'ike.failed', ...ref, stage: 1, reason },
  'ike.closed': { type: 'ike.closed', ...ref, reason },
  'child.installed': { type: 'child.installed', ...ref, child: 'idc#1' },
  'child.rekeyed': { type: 'child.rekeyed', ...ref, child: 'idc#1', successor: 'idc#2' },
  'child.deleted': { type: 'child.deleted', ...ref, child: 'idc#1', reason },
  'child.failed': { type: 'child.failed', ...ref, reason },
  'nat.detected': { type: 'nat.detected', ...ref, local: true, remote: false },
  'auth.failed': { type: 'auth.failed', ...ref, reason },
  'message.sent': { type: 'message.sent', ...ref, exchange: 'IKE_AUTH', messageId: 1, kind: 'request', payloads: [] },
  'message.received': { type: 'message.received', ...ref, exchange: 'QUICK_MODE', messageId: 7, payloads: ['HASH'] },
  'message.retransmitted': { type: 'message.retransmitted', ...ref, attempt: 2 },
  'peer.unresponsive': { type: 'peer.unresponsive', ...ref },
  'peer.moved': { type: 'peer.moved', ...ref, from: remote, to: { ...remote, port: 4500 } },
  'peer.synchronized': { type: 'peer.synchronized', ...ref },
  'path.changed': { type: 'path.changed', ...ref, local: remote, remote: { ...remote, port: 4500 } },
  'traffic.waiting': { type: 'traffic.waiting', tunnel: 'idc', source: segment, destination: segment },
  'trap.failed': { type: 'trap.failed', tunnel: 'idc', reason },
  'kernel.failed': { type: 'kernel.failed', tunnel: 'idc', operation: 'add ESP SA', code: 'ENOSYS' },
  'peer.refused': { type: 'peer.refused', remote, reason },
  'peer.unfinished': { type: 'peer.unfinished', tunnel: 'idc', remote },
  'datagram.dropped': dropped,
};
const FLOODS = Object.values(EVENTS);

const at = (mono: number) => ({ mono, wall: Date.UTC(2026, 0, 2) + mono });

describe('the event reporter', () => {
  it('dates each event by the wall clock of its input', () => {
    const reported = new EventReporter().report({ type: 'ike.established', ikeSa: 1 }, at(5));
    expect(reported?.({ gateway: 'gw1' })).toMatchObject({
      time: '2026-01-02T00:00:00.005Z',
      event: 'ike.established',
      gateway: 'gw1',
    });
  });

  it('holds back a flood, tells its size with the next one, and does not hold back what hundreds of SAs do', () => {
    const reporter = new EventReporter();
    const passed = Array.from({ length: 1_000 }, (_, i) => reporter.report(dropped, at(i))).filter(Boolean);
    expect(passed).toHaveLength(5);
    const next = reporter.report(dropped, at(20_000));
    expect(next?.({}).text).toBe('dropped a datagram from 192.0.2.1:500: truncated (and 995 more of this kind)');
    const established = Array.from({ length: 100 }, (_, i) =>
      reporter.report({ type: 'ike.established', ikeSa: i }, at(i)),
    );
    expect(established.every((event) => event !== undefined)).toBe(true);
  });

  // Z9: nothing that comes from the network may fill the log, from an authenticated peer neither.
  it.each(FLOODS)('tells of a flood of %j at a rate that it does not choose', (event) => {
    const reporter = new EventReporter();
    let told = 0;
    for (let n = 0; n < 200_000; n++) if (reporter.report(event, at(n / 2)) !== undefined) told++;
    // 1000 at once and then one a second, in 100 s.
    expect(told).toBeLessThanOrEqual(1_100);
    expect(told).toBeGreaterThan(1);
  });

  it('tells of a few of them at most where they cost their sender nothing', () => {
    const reporter = new EventReporter();
    for (const event of FLOODS.filter((one) => limitOf(one).rate === 'low')) {
      let told = 0;
      for (let n = 0; n < 100_000; n++) if (reporter.report(event, at(n)) !== undefined) told++;
      expect(told).toBeLessThanOrEqual(15);
    }
  });
});
