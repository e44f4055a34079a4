import { describe, expect, it } from 'vitest';
import { connectedV1, pairV1 } from './testing/ikev1.ts';
import { connected, converse, deliver, pair } from './testing/pair.ts';

describe('what an IKE SA is at', () => {
  it('is the initial exchanges, of whichever end, and then nothing', () => {
    const both = pair();
    both.left.initiate();
    deliver(both.left, both.right);
    expect(both.left.core.views()[0]?.tasks).toEqual({ active: ['initial-exchanges'], passive: [], queued: [] });
    expect(both.right.core.views()[0]?.tasks).toEqual({ active: [], passive: ['initial-exchanges'], queued: [] });
    converse(both);
    for (const { core } of [both.left, both.right]) expect(core.views()[0]?.tasks).toBeUndefined();
  });

  it('is one task, and what waits behind it', () => {
    const both = connected();
    both.left.command({ kind: 'rekey', tunnel: 'net', what: 'child' });
    both.left.command({ kind: 'rekey', tunnel: 'net', what: 'ike' });
    expect(both.left.core.views()[0]?.tasks).toEqual({ active: ['rekey-child'], passive: [], queued: ['rekey-ike'] });
    both.right.hold = true;
    deliver(both.left, both.right);
    expect(both.right.core.views()[0]?.tasks).toEqual({ active: [], passive: ['rekey-child'], queued: [] });
  });

  it('is phase 1 by its mode, and then a Quick Mode, in IKEv1', () => {
    const both = pairV1('aggressive');
    both.left.initiate();
    deliver(both.left, both.right);
    expect(both.left.core.views()[0]?.tasks?.active).toEqual(['aggressive-mode']);
    expect(both.right.core.views()[0]?.tasks?.passive).toEqual(['aggressive-mode']);
    const up = connectedV1('main');
    up.left.mono += 60_000;
    up.left.command({ kind: 'rekey', tunnel: 'net', what: 'child' });
    deliver(up.left, up.right);
    expect(up.left.core.views()[0]?.tasks?.active).toEqual(['rekey-child']);
    expect(up.right.core.views()[0]?.tasks?.passive).toEqual(['create-child']);
  });
});
