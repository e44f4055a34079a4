import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import { perform } from './operations.ts';
import { CorePair, countEvents, reasonsOf } from './pair.ts';

function connected(): CorePair {
  const pair = new CorePair({ seed: 1 });
  pair.connect();
  return pair;
}

describe('the watch over outbound SAs', () => {
  it('sees one that is gone though nobody has taken the tunnel down', () => {
    const pair = connected();
    const [child] = pair.left.machine.children();
    if (child === undefined) throw new Error('connected without a Child SA');
    pair.left.kernel.tables.apply({ kind: 'remove-sa', sa: child.outbound }, 0);
    expect(() => pair.world.run(MINUTE)).toThrow('left: nothing can be sent for 10.1.0.0-10.1.255.255');
  });

  it.each(['left', 'right'] as const)('begins anew where the %s end takes the tunnel down', (side) => {
    const pair = connected();
    pair.terminate(pair[side]);
    pair.world.run(SECOND);
    pair.connect();
    const [child] = pair.right.machine.children();
    if (child === undefined) throw new Error('connected without a Child SA');
    pair.right.kernel.tables.apply({ kind: 'remove-sa', sa: child.outbound }, 0);
    expect(() => pair.world.run(MINUTE)).toThrow('right: nothing can be sent');
  });

  it('ends with an SA that expires, a restart and a peer that is gone', () => {
    const pair = connected();
    const [child] = pair.left.machine.children();
    if (child !== undefined) pair.left.kernel.expire(child.inbound);
    pair.world.run(SECOND);
    const other = connected();
    other.left.restart();
    other.configure(other.left);
    other.world.run(MINUTE);
    const third = connected();
    third.world.network.partition(third.left.address, third.right.address);
    third.world.run(MINUTE);
    expect([other, third].map(({ left }) => left.machine.children())).toEqual([[], []]);
    expect(pair.left.machine.children()).not.toContainEqual(child);
  });

  it('ends where an end moves that has just answered a new IKE SA, which it cannot take along', () => {
    const pair = new CorePair({ seed: 1, right: { policy: { reauthenticate: true } } });
    pair.connect();
    perform(pair, 'rekey the IKE SA', pair.right);
    pair.world.runUntil('gone over to', () => countEvents(pair.right, 'child.rekeyed') === 1, MINUTE);
    pair.move(pair.left, '192.0.2.2');
    pair.world.run(10 * SECOND);
    expect(reasonsOf(pair.right, 'ike.closed')).toContain('peer-closed');
  });
});
