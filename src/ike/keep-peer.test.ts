import { describe, expect, it } from 'vitest';
import { LEFT, RIGHT, type Side, tunnelPolicy } from '../sim/tunnels.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { TestGateway } from './testing/gateway.ts';
import { converse } from './testing/pair.ts';

const IDENTITY = { type: 'fqdn', name: 'branch' } as const;
const BRANCH: Side = { ...LEFT, identity: IDENTITY };
const OTHER_HOST: Side = { ...BRANCH, address: '203.0.113.9' };

/** Beside `net` each has `other`, which needs an IKE SA of its own: then nobody may say INITIAL_CONTACT. */
const OTHER = { name: 'other', mobike: false } as const;
const SEGMENT = { address: '10.9.0.0', length: 16 };

function hub(changes: Partial<TunnelPolicy>): TestGateway {
  const policies = [
    tunnelPolicy(RIGHT, BRANCH, changes),
    tunnelPolicy({ ...RIGHT, segments: [SEGMENT] }, BRANCH, OTHER),
  ];
  const tunnels = policies.map((policy) => ({
    ...policy,
    start: 'respond' as const,
    remote: { ...policy.remote, address: { kind: 'any' } as const },
  }));
  return new TestGateway(RIGHT.address, { seed: 9, tunnels });
}

function branch(side: Side, seed: number): TestGateway {
  const other = tunnelPolicy(side, { ...RIGHT, segments: [SEGMENT] }, OTHER);
  return new TestGateway(side.address, { seed, tunnels: [tunnelPolicy(side, RIGHT), other] });
}

function call(from: TestGateway, to: TestGateway, tunnel = 'net'): void {
  from.initiate(tunnel);
  converse({ left: from, right: to });
}

const holders = (of: TestGateway) => of.core.views('net').map(({ remote }) => remote.address);

/** The first host has the tunnel, the second one asks for it. */
function contested(changes: Partial<TunnelPolicy>) {
  const [right, first, second] = [hub(changes), branch(BRANCH, 1), branch(OTHER_HOST, 2)];
  call(first, right);
  call(second, right);
  return { right, second };
}

describe('a second host with the identity of a peer that is there', () => {
  it('takes its place', () => {
    expect(holders(contested({}).right)).toContain(OTHER_HOST.address);
  });

  it('is refused with keep', () => {
    const { right, second } = contested({ unique: 'keep' });
    expect(holders(right)).toEqual([BRANCH.address]);
    expect(second.core.children('net')).toEqual([]);
    expect(right.events).toContainEqual(
      expect.objectContaining({ type: 'auth.failed', reason: expect.objectContaining({ code: 'too-many' }) }),
    );
  });

  it('takes its place with keep as well where it says that it has no other contact', () => {
    const right = hub({ unique: 'keep' });
    call(branch(BRANCH, 1), right);
    const second = new TestGateway(OTHER_HOST.address, { seed: 2, tunnels: [tunnelPolicy(OTHER_HOST, RIGHT)] });
    call(second, right);
    expect(holders(right)).toEqual([OTHER_HOST.address]);
  });

  it('is not another host where it calls from the same address', () => {
    const right = hub({ unique: 'keep' });
    const first = branch(BRANCH, 1);
    call(first, right, 'other');
    call(first, right);
    expect(holders(right)).toEqual([BRANCH.address]);
    call(first, right);
    expect(right.events.filter(({ type }) => type === 'auth.failed')).toEqual([]);
  });
});
