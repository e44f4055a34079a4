import { describe, expect, it, vi } from 'vitest';
import type { ChildSaView } from './common/view.ts';
import { newCoreState } from './core-state.ts';
import { DataPlaneIndex } from './data-plane-index.ts';
import { TestGateway } from './testing/gateway.ts';
import { connected, converse, pair } from './testing/pair.ts';

function childOf({ core }: TestGateway): ChildSaView {
  const [child] = core.children();
  if (child === undefined) throw new Error('no Child SA');
  return child;
}

/** The gateway goes on with state of which it may not look at all Child SAs or all traps. */
function blindfolded(gateway: TestGateway) {
  const state = gateway.core.snapshot();
  const after = new TestGateway(gateway.address, { seed: 9, tunnels: gateway.tunnels, state });
  const looks = [state.children, state.traps].flatMap((map) => [
    vi.spyOn(map as Map<string, unknown>, 'values'),
    vi.spyOn(map as Map<string, unknown>, 'entries'),
    vi.spyOn(map as Map<string, unknown>, Symbol.iterator as unknown as 'entries'),
  ]);
  return { after, looked: () => looks.some(({ mock }) => mock.calls.length > 0) };
}

describe('what the data plane tells of', () => {
  it.each([
    [1, 'inbound'],
    [1, 'outbound'],
    [2, 'inbound'],
    [2, 'outbound'],
  ] as const)('IKEv%i: an %s SA is found without a look at all there are', (version, direction) => {
    const { left } = connected({ left: { version }, right: { version } });
    const { after, looked } = blindfolded(left);
    const sa = childOf(left)[direction];
    after.input({ kind: 'dataplane.event', event: { kind: 'expire', sa, hard: true } });
    expect(looked()).toBe(false);
    expect(after.eventTypes()).toContain('child.deleted');
  });

  it('an SA of somebody else with the same SPI is none of ours', () => {
    const { left } = connected();
    const sa = { ...childOf(left).outbound, destination: '203.0.113.9' };
    left.input({ kind: 'dataplane.event', event: { kind: 'expire', sa, hard: false } });
    expect(left.outbox).toEqual([]);
  });

  it('an SA that has moved is found where it is now, and one that is gone is not', () => {
    const { left, right } = connected();
    const [before] = left.core.snapshot().children.get('net') ?? [];
    if (before === undefined) throw new Error('no Child SA');
    const state = { ...newCoreState(new Uint8Array(32)), children: new Map([['net', [before]]]) };
    const index = new DataPlaneIndex(state);
    const { outbound } = childOf(left);
    before.remote = { ...before.remote, address: '203.0.113.9' };
    expect(index.childOf(outbound)).toBeUndefined();
    expect(index.childOf({ ...outbound, destination: '203.0.113.9' })).toBe(before);
    left.terminate();
    converse({ left, right });
    left.events.length = 0;
    left.input({ kind: 'dataplane.event', event: { kind: 'expire', sa: outbound, hard: true } });
    expect(left.events).toEqual([]);
    index.dropChild(before);
    expect(index.childOf({ ...outbound, destination: '203.0.113.9' })).toBeUndefined();
  });

  it('a packet finds its trap without a look at all there are', () => {
    const { left } = pair({ left: { start: 'on-traffic' } });
    left.command({ kind: 'trap', tunnel: 'net', set: true });
    const { after, looked } = blindfolded(left);
    const [step] = left.steps('add-policy').filter((one) => one.kind === 'add-policy' && one.owner === 'trap:net');
    if (step?.kind !== 'add-policy') throw new Error('no trap');
    const { source, destination, template } = step.policy;
    const reqid = template?.reqid ?? 0;
    after.input({ kind: 'dataplane.event', event: { kind: 'acquire', reqid, source, destination } });
    expect(after.eventTypes()).toEqual(['traffic.waiting']);
    expect(looked()).toBe(false);
  });

  it('of several traps with one reqid the first that still stands is meant', () => {
    const index = new DataPlaneIndex(newCoreState(new Uint8Array(32)));
    index.addTrap('a', 7);
    index.addTrap('b', 7);
    expect(index.trappedTunnel(7)).toBe('a');
    index.dropTrap('a', 7);
    expect(index.trappedTunnel(7)).toBe('b');
    index.dropTrap('b', 7);
    expect(index.trappedTunnel(7)).toBeUndefined();
  });
});
