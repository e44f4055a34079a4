import { describe, expect, it } from 'vitest';
import type { DataPlaneStep, PolicySpec, SaSpec } from '../sa/data-plane.ts';
import { isOwnReqid } from '../sa/reqid.ts';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { planBlocks } from './block-policies.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { TestGateway } from './testing/gateway.ts';
import { converse } from './testing/pair.ts';

const UNIQUE = {
  ifId: { in: 'unique', out: 'unique' },
  mark: { out: { value: 'unique-dir', mask: 0xffff_ffff } },
} as const;

function connected(attributes: TunnelPolicy['attributes'] & object, version: 1 | 2) {
  const left = new TestGateway(LEFT.address, {
    seed: 1,
    tunnels: [{ ...tunnelPolicy(LEFT, RIGHT), version, attributes }],
  });
  const right = new TestGateway(RIGHT.address, { seed: 2, tunnels: [{ ...tunnelPolicy(RIGHT, LEFT), version }] });
  const both = { left, right };
  left.initiate();
  converse(both);
  return both;
}

const sasOf = (steps: readonly DataPlaneStep[]): SaSpec[] =>
  steps.flatMap((step) => (step.kind === 'add-sa' ? [step.sa] : []));
const policiesOf = (steps: readonly DataPlaneStep[]): PolicySpec[] =>
  steps.flatMap((step) => (step.kind === 'add-policy' ? [step.policy] : []));

describe.each([1, 2] as const)('attributes of Child SAs in IKEv%i', (version) => {
  it('numbers of its own go on to the successor; the peer has none', () => {
    const both = connected(UNIQUE, version);
    const { left, right } = both;
    const first = sasOf(left.steps('add-sa'));
    expect(first.length).toBeGreaterThanOrEqual(2);
    left.fire('rekey-net#1');
    converse(both);
    const all = sasOf(left.steps('add-sa'));
    expect(all.length).toBeGreaterThan(first.length);
    for (const sa of all) expect(sa.ifId).toBe(sa.reqid);
    const numbers = (sas: readonly SaSpec[]) => new Set(sas.map(({ ifId }) => ifId));
    expect(numbers(all)).toEqual(numbers(first));
    for (const { direction, mark, ifId } of all)
      expect(mark).toEqual(direction === 'out' ? { value: (ifId ?? 0) + 0x0100_0000, mask: 0xffff_ffff } : undefined);
    for (const sa of sasOf(right.steps('add-sa'))) expect([sa.ifId, sa.mark]).toEqual([undefined, undefined]);
  });

  it('a reqid that is given is that of all SAs and policies, and ours again when it is given no more', () => {
    const both = connected({ reqid: 12 }, version);
    const { left } = both;
    expect(new Set(sasOf(left.steps('add-sa')).map(({ reqid }) => reqid))).toEqual(new Set([12]));
    const policy = { ...tunnelPolicy(LEFT, RIGHT), version };
    left.command({ kind: 'configure', tunnels: [policy] });
    left.fire('rekey-net#1');
    converse(both);
    const successor = sasOf(left.steps('add-sa')).findLast(({ direction }) => direction === 'in');
    expect(isOwnReqid(successor?.reqid ?? 0)).toBe(true);
  });
});

describe('what keeps clear text in', () => {
  const blocks = (attributes: TunnelPolicy['attributes'] & object) => {
    const policy = { ...tunnelPolicy(LEFT, RIGHT), attributes };
    return policiesOf(planBlocks(new Map(), new Map([[policy.name, policy]])));
  };

  it('is for the packets of the tunnel alone, and keeps its priority', () => {
    const mark = { value: 5, mask: 0xf };
    for (const block of blocks({ ifId: { in: 6, out: 7 }, mark: { out: mark }, priority: 3 })) {
      expect(block).toMatchObject({ action: 'block', ifId: 7, mark });
      expect(block).not.toHaveProperty('priority');
    }
  });

  it.each([UNIQUE, { policies: false as const }])(
    'is not there where nobody could tell whose a packet is: %j',
    (none) => {
      expect(blocks(none)).toEqual([]);
      expect(blocks({ replayWindow: 32 })).not.toEqual([]);
    },
  );

  it('a trap is for the packets of the tunnel alone', () => {
    const policy: TunnelPolicy = {
      ...tunnelPolicy(LEFT, RIGHT),
      start: 'on-traffic',
      attributes: { ifId: { in: 6, out: 7 }, priority: 3, reqid: 12 },
    };
    const left = new TestGateway(LEFT.address, { seed: 1, tunnels: [policy] });
    left.command({ kind: 'trap', tunnel: policy.name, set: true });
    const traps = policiesOf(left.steps('add-policy')).filter(({ action }) => action === 'trap');
    expect(traps.length).toBeGreaterThan(0);
    for (const trap of traps) expect(trap).toMatchObject({ ifId: 7, priority: 3, template: { reqid: 12 } });
  });
});
