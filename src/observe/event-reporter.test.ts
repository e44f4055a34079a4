import { describe, expect, it } from 'vitest';
import type { GatewayEvent } from '../ike/common/event.ts';
import { EventReporter } from './event-reporter.ts';

const dropped: GatewayEvent = {
  type: 'datagram.dropped',
  remote: { address: '192.0.2.1', port: 500 },
  why: 'truncated',
  count: 1,
};
const at = (mono: number) => ({ mono, wall: Date.UTC(2026, 0, 2) + mono });

describe('the event reporter', () => {
  it('dates each event by the wall clock of its input', () => {
    const reported = new EventReporter().report({ type: 'ike.established', ikeSa: 1 }, { gateway: 'gw1' }, at(5));
    expect(reported).toMatchObject({ time: '2026-01-02T00:00:00.005Z', event: 'ike.established', gateway: 'gw1' });
  });

  it('holds back a flood, tells its size with the next one, and never holds back what an SA does', () => {
    const reporter = new EventReporter();
    const passed = Array.from({ length: 1_000 }, (_, i) => reporter.report(dropped, {}, at(i))).filter(Boolean);
    expect(passed).toHaveLength(5);
    const next = reporter.report(dropped, {}, at(20_000));
    expect(next?.text).toBe('dropped a datagram from 192.0.2.1:500: truncated (and 995 more of this kind)');
    const established = Array.from({ length: 100 }, (_, i) =>
      reporter.report({ type: 'ike.established', ikeSa: i }, {}, at(i)),
    );
    expect(established.every((event) => event !== undefined)).toBe(true);
  });
});
