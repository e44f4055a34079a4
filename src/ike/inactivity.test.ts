import { describe, expect, it } from 'vitest';
import { MINUTE } from '../base/time.ts';
import { connected, converse } from './testing/pair.ts';

const LIMIT = MINUTE;

describe.each([1, 2] as const)('a tunnel of IKEv%i that ends when nobody uses it', (version) => {
  const up = () => {
    const both = connected({ left: { version, inactivity: LIMIT }, right: { version } });
    return { ...both, installedAt: both.left.mono };
  };

  it('ends at both ends, at the latest half as much again after its last packet', () => {
    const both = up();
    const { left, right, installedAt } = both;
    left.packets = 7;
    while (left.core.children().length > 0) left.fire('inactivity');
    expect(left.mono - installedAt).toBeGreaterThanOrEqual(LIMIT);
    expect(left.mono - installedAt).toBeLessThanOrEqual(1.5 * LIMIT);
    converse(both);
    expect(right.core.children()).toEqual([]);
    expect(left.reasonsOf('child.deleted')).toEqual(['no-traffic']);
    expect(left.timerNames().filter((name) => name.includes('inactivity'))).toEqual([]);
  });

  it('stays as long as packets come or go', () => {
    const { left } = up();
    for (let look = 0; look < 20; look++) {
      left.packets++;
      left.fire('inactivity');
    }
    expect(left.core.children()).toHaveLength(1);
    const lastPacketAt = left.mono;
    while (left.core.children().length > 0) left.fire('inactivity');
    expect(left.mono - lastPacketAt).toBeLessThanOrEqual(1.5 * LIMIT);
  });

  it('is looked at under another name, too', () => {
    const { left } = up();
    left.fire('inactivity');
    const tunnels = left.tunnels.map((policy) => ({ ...policy, name: 'other' }));
    left.command({ kind: 'configure', tunnels, renamed: new Map([['net', 'other']]) });
    while (left.core.children().length > 0) left.fire('inactivity');
    expect(left.reasonsOf('child.deleted')).toEqual(['no-traffic']);
  });

  it('stays where the setting is taken away', () => {
    const { left } = up();
    const tunnels = left.tunnels.map(({ inactivity: _, ...policy }) => policy);
    left.command({ kind: 'configure', tunnels });
    left.fire('inactivity');
    expect(left.timerNames().filter((name) => name.includes('inactivity'))).toEqual([]);
    expect(left.core.children()).toHaveLength(1);
  });
});
