import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../base/net.ts';
import { MINUTE } from '../base/time.ts';
import { KernelTables } from '../sim/kernel-tables.ts';
import { LEFT, RIGHT } from '../sim/tunnels.ts';
import { PlaneFixture } from '../xfrm/testing/plane-fixture.ts';
import type { ChildAttributes } from './child-attributes.ts';
import { type ChildSa, planInbound, planInstall, planMove, planRemove } from './child-sa.ts';
import type { DataPlaneStep } from './data-plane.ts';
import { selectorFromPrefix } from './traffic-selector.ts';

const HERE: Endpoint = { address: LEFT.address, port: 4500 };
const THERE: Endpoint = { address: RIGHT.address, port: 4500 };
const NEW_HERE: Endpoint = { address: '192.0.2.77', port: 4500 };
const NEW_THERE: Endpoint = { address: '203.0.113.9', port: 61_000 };

const KEYS = { encryptionKey: new Uint8Array(16).fill(1), integrityKey: new Uint8Array(32).fill(2) };
const LIMITS = { hardLifetime: 60 * MINUTE };

function childSa(changes: Partial<ChildSa> = {}): ChildSa {
  return {
    id: 'net#1',
    tunnel: 'net',
    ikeSa: 1,
    role: 'initiator',
    begunAt: 0,
    lowerNonce: new Uint8Array(16),
    lifetime: 60 * MINUTE,
    state: 'installed',
    protocol: 'esp',
    mode: 'tunnel',
    suite: { protocol: 'esp', encryption: 'aes128', integrity: 'sha256' },
    reqid: 1,
    inboundSpi: 0x1001,
    outboundSpi: 0x2002,
    localSelectors: LEFT.segments.map(selectorFromPrefix),
    remoteSelectors: RIGHT.segments.map(selectorFromPrefix),
    local: HERE,
    remote: THERE,
    encap: false,
    routes: true,
    installedAt: { mono: 0, wall: 0 },
    sends: true,
    rekeyAt: undefined,
    packetsSeen: 0,
    ...changes,
  };
}

/** The same steps on the kernel of the simulation and on a Linux that is imitated. */
function kernels() {
  const tables = new KernelTables();
  const bed = new PlaneFixture();
  return {
    tables,
    bed,
    apply: (steps: readonly DataPlaneStep[]) => {
      for (const step of steps) expect(tables.apply(step, 0)).toMatchObject({ done: true });
      expect(bed.apply(...steps)).toBe('done');
    },
    expectEmpty: () => {
      expect([tables.sas.size, tables.policies.size, tables.routes.size]).toEqual([0, 0, 0]);
      bed.expectEmpty();
    },
  };
}

type Move = { readonly story: string; readonly local: Endpoint; readonly remote: Endpoint; readonly encap: boolean };
const MOVES: readonly Move[] = [
  { story: 'to another peer address', local: HERE, remote: NEW_THERE, encap: false },
  { story: 'to another own address', local: NEW_HERE, remote: THERE, encap: false },
  { story: 'to other addresses at both ends', local: NEW_HERE, remote: NEW_THERE, encap: false },
  { story: 'into UDP', local: HERE, remote: THERE, encap: true },
  { story: 'into UDP and elsewhere', local: NEW_HERE, remote: NEW_THERE, encap: true },
];

describe('a Child SA that moves', () => {
  it.each(MOVES)('$story leaves nothing of the old place, and nothing at all once it is removed', (move) => {
    const { tables, bed, apply, expectEmpty } = kernels();
    const child = childSa();
    apply(planInstall(child, { inbound: KEYS, outbound: KEYS }, LIMITS));
    apply(planMove(child, move));
    expect([...tables.sas.values()].map(({ spec }) => [spec.source, spec.destination, spec.encap])).toEqual([
      [move.remote.address, move.local.address, portsOf(move, 'in')],
      [move.local.address, move.remote.address, portsOf(move, 'out')],
    ]);
    expect([...tables.routes.values()].flatMap(({ specs }) => [...specs.values()].map(({ via }) => via))).toEqual([
      move.remote.address,
    ]);
    expect(tables.policies.size).toBe(3);
    for (const { specs } of tables.policies.values()) {
      const ends = [...specs.values()].map(({ template }) => [template?.source, template?.destination].sort());
      expect(ends).toEqual([[move.local.address, move.remote.address].sort()]);
    }
    expect(bed.sas()).toHaveLength(2);
    expect(bed.policies()).toHaveLength(3);
    expect(bed.kernel.routes.size).toBe(1);
    apply(planRemove({ ...child, ...move }));
    expectEmpty();
  });

  it('out of UDP again', () => {
    const { tables, apply, expectEmpty } = kernels();
    const child = childSa({ encap: true });
    const plain = { local: HERE, remote: THERE, encap: false };
    apply(planInstall(child, { inbound: KEYS, outbound: KEYS }, LIMITS));
    apply(planMove(child, plain));
    expect([...tables.sas.values()].map(({ spec }) => spec.encap)).toEqual([undefined, undefined]);
    apply(planRemove({ ...child, ...plain }));
    expectEmpty();
  });

  it('before it sends: its inbound half alone', () => {
    const { tables, apply, expectEmpty } = kernels();
    const child = childSa({ state: 'installing', sends: false });
    const move = { local: NEW_HERE, remote: NEW_THERE, encap: false };
    apply(planInbound(child, KEYS, LIMITS));
    apply(planMove(child, move));
    expect([tables.sas.size, tables.policies.size, tables.routes.size]).toEqual([1, 2, 0]);
    apply(planRemove({ ...child, ...move }));
    expectEmpty();
  });

  it('by way of the same peer: its route is looked up anew, as the machine may reach it by another link now', () => {
    const { bed, apply } = kernels();
    const child = childSa();
    apply(planInstall(child, { inbound: KEYS, outbound: KEYS }, LIMITS));
    bed.kernel.log.length = 0;
    bed.kernel.nextHop = { interface: 7 };
    apply(planMove(child, { local: NEW_HERE, remote: THERE, encap: false }));
    expect(bed.kernel.log.filter((name) => name.endsWith('ROUTE'))).toEqual(['DELROUTE', 'NEWROUTE']);
  });
});

function portsOf({ local, remote, encap }: Move, direction: 'in' | 'out') {
  const [from, to] = direction === 'in' ? [remote, local] : [local, remote];
  return encap ? { sourcePort: from.port, destinationPort: to.port } : undefined;
}

describe('what a Child SA says beyond what it protects', () => {
  const mark = { in: { value: 1, mask: 0xff }, out: { value: 2, mask: 0xff } };
  const setMark = { in: { value: 3, mask: 0xf }, out: { value: 4, mask: 0xf } };
  const everything: ChildAttributes = {
    ...{ ifId: { in: 7, out: 8 }, mark, setMark, priority: 9, replayWindow: 32 },
    forwardOut: true,
    headers: { df: false },
  };

  it('gives the inbound SA its mark too, where that is wanted', () => {
    const attributes = { ...everything, markInSa: true } as const;
    const [inbound] = planInstall(childSa({ attributes }), { inbound: KEYS, outbound: KEYS }, LIMITS);
    expect(inbound).toMatchObject({ kind: 'add-sa', sa: { mark: mark.in } });
  });

  it('goes to the SAs and policies of its direction; the inbound SA is found without a mark', () => {
    const steps = planInstall(childSa({ attributes: everything }), { inbound: KEYS, outbound: KEYS }, LIMITS);
    const [inbound, outbound] = steps.flatMap((step) => (step.kind === 'add-sa' ? [step.sa] : []));
    expect(inbound).toMatchObject({ ifId: 7, setMark: setMark.in, replayWindow: 32, headers: { df: false } });
    expect(inbound).not.toHaveProperty('mark');
    expect(outbound).toMatchObject({ ifId: 8, mark: mark.out, setMark: setMark.out, replayWindow: 0 });
    const policies = steps.flatMap((step) => (step.kind === 'add-policy' ? [step.policy] : []));
    for (const policy of policies) {
      const side = policy.direction === 'out' || policy.action === 'bypass' ? 'out' : 'in';
      expect(policy).toMatchObject({ ifId: everything.ifId?.[side], mark: mark[side], priority: 9 });
    }
  });

  it('with forwardOut, what is forwarded may pass on its way in, from the first packet that is sent to the last', () => {
    const child = childSa({ attributes: { forwardOut: true } });
    const passing = (steps: readonly DataPlaneStep[]) =>
      steps.flatMap((step) => ('policy' in step && step.policy.action === 'bypass' ? [step.policy] : []));
    expect(passing(planInbound(child, KEYS, LIMITS))).toEqual([]);
    const added = passing(planInstall(child, { inbound: KEYS, outbound: KEYS }, LIMITS));
    expect(added.map(({ direction }) => direction)).toEqual(added.map(() => 'fwd'));
    expect(added.length).toBe(LEFT.segments.length * RIGHT.segments.length);
    expect(passing(planRemove(child))).toEqual(added);
  });

  it('without policies there are SAs and nothing else to install and to remove', () => {
    const child = childSa({ attributes: { policies: false }, routes: false });
    const { apply, expectEmpty, bed } = kernels();
    apply(planInstall(child, { inbound: KEYS, outbound: KEYS }, LIMITS));
    expect([bed.kernel.sas.size, bed.kernel.policies.size]).toEqual([2, 0]);
    apply(planRemove(child));
    expectEmpty();
  });

  it('all of it goes where the Child SA goes', () => {
    const child = childSa({ attributes: everything });
    const { apply, expectEmpty, bed } = kernels();
    apply(planInstall(child, { inbound: KEYS, outbound: KEYS }, LIMITS));
    const path = { local: NEW_HERE, remote: NEW_THERE };
    apply(planMove(child, path));
    expect(bed.policies().every(({ mark: of, ifId }) => of !== undefined && ifId !== undefined)).toBe(true);
    apply(planRemove({ ...child, ...path }));
    expectEmpty();
  });
});
