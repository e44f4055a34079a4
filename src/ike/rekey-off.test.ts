import { describe, expect, it } from 'vitest';
import { connected, converse } from './testing/pair.ts';

const WITHOUT = { childRekey: 'never' } as const;

describe.each([
  ['IKEv2', {}],
  ['IKEv1', { version: 1 }],
] as const)('a Child SA without rekeying, %s', (_, version) => {
  it('has no timer and no time for it', () => {
    const { left } = connected({ left: { ...version, ...WITHOUT }, right: version });
    expect(left.core.children()[0]?.rekeyAt).toBeUndefined();
    expect(left.timerNames().filter((name) => name.startsWith('rekey-'))).toEqual([]);
  });

  it.each([
    [WITHOUT, 0],
    [{}, 1],
  ])('with %j: when its lifetime ends, the peer is told, and %i follow', (rekey, count) => {
    const both = connected({ left: { ...version, ...rekey }, right: version });
    const old = both.left.core.children()[0];
    const sa = old?.inbound;
    if (sa === undefined) throw new Error('no Child SA');
    both.left.input({ kind: 'dataplane.event', event: { kind: 'expire', sa, hard: true } });
    converse(both);
    const left = ({ core }: typeof both.left) => core.children().filter(({ id }) => id !== old?.id).length;
    expect([left(both.left), left(both.right)]).toEqual([count, count]);
  });
});
