import { describe, expect, it } from 'vitest';
import type { DataPlaneStep } from '../sa/data-plane.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { LEFT } from '../sim/tunnels.ts';
import type { TestGateway } from './testing/gateway.ts';
import { pair } from './testing/pair.ts';

const NAMED = { ...remoteOf(), address: { kind: 'name', name: 'vpn.example' } } as const;

describe('a trap for the next packet of a tunnel (RFC 4301 §4.4.1)', () => {
  it.each([1, 2] as const)('IKEv%i: tells of the packet that it catches, and can be taken away', (version) => {
    const { left } = pair({ left: { version } });
    trap(left, true);
    const [step, ...more] = traps(left);
    if (step?.kind !== 'add-policy') throw new Error('no policy');
    expect(more).toEqual([]);
    expect(step).toMatchObject({ owner: 'trap:net', policy: { direction: 'out' } });
    caught(left, 7);
    expect(left.eventTypes()).not.toContain('traffic.waiting');
    caught(left, reqidOf(step));
    expect(left.events.at(-1)).toEqual({ type: 'traffic.waiting', tunnel: 'net', source: OURS, destination: THEIRS });
    trap(left, false);
    expect(left.steps('remove-policy')).toEqual([{ ...step, kind: 'remove-policy' }]);
    caught(left, reqidOf(step));
    expect(left.eventTypes().filter((type) => type === 'traffic.waiting')).toHaveLength(1);
  });

  it('set again, it has another reqid, for which the kernel has not asked yet', () => {
    const { left } = pair();
    trap(left, true);
    trap(left, true);
    const [first, second] = traps(left).map(reqidOf);
    expect(second).not.toBe(first);
    expect(left.steps('remove-policy')).toEqual([]);
    caught(left, first);
    expect(left.eventTypes()).not.toContain('traffic.waiting');
    caught(left, second);
    expect(left.eventTypes()).toContain('traffic.waiting');
  });

  it('set again, it no longer waits for segments that the tunnel has lost', () => {
    const more = selectorFromPrefix({ address: '10.3.0.0', length: 16 });
    const [usual] = pair({ left: { start: 'on-traffic' } }).left.tunnels;
    if (usual === undefined) throw new Error('no tunnel');
    const remote = { ...usual.remote, selectors: [...usual.remote.selectors, more] };
    const { left } = pair({ left: { remote, start: 'on-traffic' } });
    trap(left, true);
    left.command({ kind: 'configure', tunnels: [usual] });
    trap(left, true);
    const ofTrap = left
      .steps('remove-policy')
      .filter((step) => step.kind === 'remove-policy' && step.owner === 'trap:net');
    expect(ofTrap).toMatchObject([{ policy: { destination: more } }]);
    expect(left.steps('remove-route')).toMatchObject([{ route: { destination: { address: '10.3.0.0' } } }]);
  });

  it('set again, its routes follow the tunnel into another table', () => {
    const { left } = pair({ left: { start: 'on-traffic' } });
    const [usual] = left.tunnels;
    if (usual === undefined) throw new Error('no tunnel');
    trap(left, true);
    left.command({ kind: 'configure', tunnels: [{ ...usual, routes: { table: 220 } }] });
    trap(left, true);
    expect(left.steps('add-route')).toMatchObject([{ route: { via: '198.51.100.1' } }, { route: { table: 220 } }]);
    expect(left.steps('remove-route')).toEqual([{ ...left.steps('add-route')[0], kind: 'remove-route' }]);
  });

  it('stands all the while where the tunnel gets another name, and is found under that', () => {
    const { left } = pair();
    trap(left, true);
    const [step] = traps(left);
    const [policy] = left.tunnels;
    if (policy === undefined) throw new Error('no tunnel');
    left.command({
      kind: 'configure',
      tunnels: [{ ...policy, name: 'home' }],
      renamed: new Map([['net', 'home']]),
    });
    const owners = (kind: 'add-policy' | 'remove-policy') =>
      left.steps(kind).flatMap((one) => ('owner' in one && one.owner.startsWith('trap:') ? [one.owner] : []));
    expect(owners('add-policy')).toEqual(['trap:net', 'trap:home']);
    expect(owners('remove-policy')).toEqual(['trap:net']);
    caught(left, reqidOf(step));
    expect(left.events.at(-1)).toMatchObject({ type: 'traffic.waiting', tunnel: 'home' });
  });

  it('that the data plane refuses is reported and undone, and can be set later', () => {
    const { left } = pair();
    left.refuses = 'add-policy';
    trap(left, true);
    expect(left.reasonsOf('trap.failed')).toEqual(['kernel-refused']);
    expect(left.steps('remove-policy')).toMatchObject([{ owner: 'trap:net' }]);
    left.refuses = undefined;
    trap(left, true);
    caught(left, reqidOf(traps(left).at(-1)));
    expect(left.eventTypes()).toContain('traffic.waiting');
  });

  it('is not set for a peer of unknown address', () => {
    const { left } = pair({ left: { remote: { ...remoteOf(), address: { kind: 'any' } } } });
    trap(left, true);
    expect(left.steps('add-policy')).toEqual([]);
  });

  it('for a peer given by name needs its address, and follows it', () => {
    const { left } = pair({ left: { remote: NAMED, start: 'on-traffic' } });
    trap(left, true);
    expect(left.steps('add-policy')).toEqual([]);
    for (const remote of ['203.0.113.1', '203.0.113.2'])
      left.command({ kind: 'trap', tunnel: 'net', set: true, remote });
    expect(traps(left)).toMatchObject([
      { policy: { template: { destination: '203.0.113.1' } } },
      { policy: { template: { destination: '203.0.113.2' } } },
    ]);
    expect(left.steps('remove-route')).toMatchObject([{ route: { via: '203.0.113.1' } }]);
  });

  it('names the address that its gateway has now', () => {
    const { left } = pair({ left: { start: 'on-traffic' } });
    trap(left, true);
    const move = { kind: 'local-address', gateway: 'gw', others: [] } as const;
    for (let times = 0; times < 2; times++) left.command({ ...move, address: '192.0.2.9' });
    expect(traps(left)).toMatchObject([
      { policy: { template: { source: LEFT.address, destination: '198.51.100.1' } } },
      { policy: { template: { source: '192.0.2.9', destination: '198.51.100.1' } } },
    ]);
    caught(left, reqidOf(traps(left)[1]));
    expect(left.eventTypes()).toContain('traffic.waiting');
    trap(left, false);
    left.command({ ...move, address: LEFT.address });
    expect(traps(left)).toHaveLength(2);
  });

  it('has a route where it starts the tunnel, as nothing else may bring the packet there', () => {
    const { left } = pair({ left: { start: 'on-traffic' } });
    trap(left, true);
    const route = { destination: { address: '10.2.0.0', length: 16 }, via: '198.51.100.1' };
    expect(left.steps('add-route')).toMatchObject([{ owner: 'trap:net', route }]);
    trap(left, false);
    expect(left.steps('remove-route')).toMatchObject([{ owner: 'trap:net', route }]);
  });

  it.each([{ start: 'initiate' }, { start: 'on-traffic', routes: false }] as const)('has none with %j', (policy) => {
    const { left } = pair({ left: policy });
    trap(left, true);
    expect(left.steps('add-route')).toEqual([]);
  });
});

const OURS = selectorFromPrefix({ address: '10.1.0.5', length: 32 });
const THEIRS = selectorFromPrefix({ address: '10.2.0.5', length: 32 });

function trap(gateway: TestGateway, set: boolean): void {
  gateway.command({ kind: 'trap', tunnel: 'net', set });
}

function caught(gateway: TestGateway, reqid: number | undefined): void {
  const event = { kind: 'acquire', reqid: reqid ?? 0, source: OURS, destination: THEIRS } as const;
  gateway.input({ kind: 'dataplane.event', event });
}

function traps(gateway: TestGateway): DataPlaneStep[] {
  return gateway.steps('add-policy').filter((step) => step.kind === 'add-policy' && step.policy.action === 'trap');
}

function reqidOf(step: DataPlaneStep | undefined): number | undefined {
  return step?.kind === 'add-policy' ? step.policy.template?.reqid : undefined;
}

function remoteOf() {
  return { selectors: [selectorFromPrefix({ address: '10.2.0.0', length: 16 })] };
}
