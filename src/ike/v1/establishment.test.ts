import { describe, expect, it } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { Secret } from '../../base/secret.ts';
import { fqdn, LEFT, RIGHT, tunnelPolicy } from '../../sim/tunnels.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { TestGateway } from '../testing/gateway.ts';
import { converse, pair } from '../testing/pair.ts';

const MODES = ['main', 'aggressive'] as const;

function v1(mode: TunnelPolicy['mode'], changes: Partial<TunnelPolicy> = {}): Partial<TunnelPolicy> {
  return { version: 1, mode, ...changes };
}

describe.each(MODES)('IKEv1, %s mode', (mode) => {
  it('connects, and both ends hold the same Child SA', () => {
    const both = pair({ left: v1(mode), right: v1(mode) });
    both.left.initiate();
    converse(both);
    for (const one of [both.left, both.right]) {
      expect(one.drops()).toEqual([]);
      expect(one.core.views()).toMatchObject([{ version: 1, state: 'established' }]);
    }
    const [ours] = both.left.core.children();
    const [theirs] = both.right.core.children();
    expect(ours?.state).toBe('installed');
    expect(theirs?.state).toBe('installed');
    expect(ours?.inbound).toEqual(theirs?.outbound);
    const [leftIn, leftOut] = installed(both.left);
    const [rightIn, rightOut] = installed(both.right);
    expect(leftIn).toEqual(rightOut);
    expect(rightIn).toEqual(leftOut);
  });

  it('tells a wrong key on both sides', () => {
    const both = pair({ left: v1(mode), right: v1(mode, { psk: new Secret(utf8('other')) }) });
    both.left.initiate();
    converse(both);
    both.left.fire('refused');
    expect(both.left.reasonsOf('ike.failed')).toEqual(['authentication-failed']);
    if (mode === 'main') expect(both.right.reasonsOf('peer.refused')).toEqual(['authentication-failed']);
  });

  it('tells a wrong identity on both sides', () => {
    const stranger = { ...tunnelPolicy(LEFT, RIGHT).local, identity: fqdn('stranger') };
    const both = pair({ left: v1(mode, { local: stranger }), right: v1(mode) });
    both.left.initiate();
    converse(both);
    expect(both.right.reasonsOf('peer.refused')).toEqual(['peer-identity-mismatch']);
    if (mode === 'aggressive') both.left.fire('refused');
    expect(both.left.reasonsOf('ike.failed')).toEqual([
      mode === 'main' ? 'peer-identity-mismatch' : 'authentication-failed',
    ]);
  });
});

/** What of each SA both ends must have alike. */
function installed(one: TestGateway) {
  return one.steps('add-sa').map((step) => {
    if (step.kind !== 'add-sa') throw new Error('only SAs are asked for');
    const { spi, encryption, encryptionKey, integrity, integrityKey } = step.sa;
    return { spi, encryption, encryptionKey, integrity, integrityKey };
  });
}
