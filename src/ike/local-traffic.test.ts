import { describe, expect, it } from 'vitest';
import { formatSelector, parseSelector } from '../sa/traffic-selector.ts';
import { planBlocks } from './block-policies.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { localTraffic } from './local-traffic.ts';
import { tunnelOf } from './testing/sharing.ts';

function selectors(...texts: readonly string[]) {
  return texts.map((text) => parseSelector(text) ?? expect.unreachable());
}

function tunnel(local: readonly string[], remote: readonly string[]): TunnelPolicy {
  const policy = tunnelOf(0);
  return {
    ...policy,
    local: { ...policy.local, selectors: selectors(...local) },
    remote: { ...policy.remote, selectors: selectors(...remote) },
  };
}

const texts = (policy: TunnelPolicy) =>
  localTraffic(policy).map(
    ({ direction, source, destination }) => `${direction} ${formatSelector(source)} ${formatSelector(destination)}`,
  );

describe('the traffic between local segments', () => {
  it.each([
    [['10.0.0.0/16'], ['10.1.0.0/16']],
    [['10.0.0.0/8'], ['10.1.0.0/16']],
    [['0.0.0.0/0'], ['0.0.0.0/0']],
    [['2001:db8::/32'], ['0.0.0.0/0']],
  ])('%j and %j: is none that the tunnel could take', (local, remote) => {
    expect(texts(tunnel(local, remote))).toEqual([]);
  });

  it('passes where a peer segment takes in a local one, in every direction', () => {
    expect(texts(tunnel(['10.0.0.0/16'], ['0.0.0.0/0', '10.9.0.0/16']))).toEqual([
      'out 10.0.0.0/16 10.0.0.0/16',
      'in 10.0.0.0/16 10.0.0.0/16',
      'fwd 10.0.0.0/16 10.0.0.0/16',
    ]);
  });

  it('passes from each local segment to each other', () => {
    const out = texts(tunnel(['10.0.0.0/16', '192.168.0.0/24'], ['0.0.0.0/0'])).filter((text) => /^out/.test(text));
    expect(out).toEqual([
      'out 10.0.0.0/16 10.0.0.0/16',
      'out 10.0.0.0/16 192.168.0.0/24',
      'out 192.168.0.0/24 10.0.0.0/16',
      'out 192.168.0.0/24 192.168.0.0/24',
    ]);
  });

  it('is of the protocol and ports that the tunnel would take', () => {
    expect(texts(tunnel(['10.0.0.0/16'], ['0.0.0.0/0[tcp/443]']))[0]).toBe('out 10.0.0.0/16 10.0.0.0/16[tcp/443]');
  });

  it('passes as long as the tunnel is configured, whether it blocks or not', () => {
    const full = { ...tunnel(['10.0.0.0/16'], ['0.0.0.0/0']), blockClearText: false };
    const present = new Map([[full.name, full]]);
    const kinds = (steps: ReturnType<typeof planBlocks>) => steps.map(({ kind }) => kind);
    expect(kinds(planBlocks(new Map(), present))).toEqual(['add-policy', 'add-policy', 'add-policy']);
    expect(planBlocks(present, new Map([[full.name, { ...full, start: 'respond' }]]))).toEqual([]);
    expect(planBlocks(present, present)).toEqual([]);
    expect(kinds(planBlocks(present, new Map()))).toEqual(['remove-policy', 'remove-policy', 'remove-policy']);
  });
});
