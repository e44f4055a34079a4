import { describe, expect, it } from 'vitest';
import type { GatewayEvent } from '../ike/common/event.ts';
import { EventCounts, HANDSHAKE_BUCKETS } from './event-counts.ts';

const at = (mono: number) => ({ mono, wall: 1_800_000_000_000 + mono });
const remote = { address: '192.0.2.1', port: 500 };
const reason = { code: 'no-response', text: 'no answer' } as const;

function counted(...events: readonly (readonly [number, GatewayEvent])[]): EventCounts {
  const counts = new EventCounts();
  for (const [mono, event] of events) counts.add(event, at(mono));
  return counts;
}

describe('the counts of events', () => {
  it('are kept for each tunnel', () => {
    const ref = { tunnel: 'idc', ikeSa: 1 };
    const counts = counted(
      [0, { type: 'ike.established', ...ref }],
      [1, { type: 'ike.rekeyed', ...ref, successor: 2 }],
      [2, { type: 'child.rekeyed', ...ref, child: 'idc#1', successor: 'idc#2' }],
      [3, { type: 'message.retransmitted', ...ref, attempt: 2 }],
      [4, { type: 'message.retransmitted', ...ref, attempt: 3 }],
      [5, { type: 'peer.unresponsive', ...ref }],
      [6, { type: 'ike.failed', ...ref, stage: 1, reason }],
      [7, { type: 'ike.failed', ...ref, stage: 1, reason }],
      [8, { type: 'child.failed', ...ref, reason }],
      [9, { type: 'peer.refused', tunnel: 'idc', remote, reason: { ...reason, code: 'no-proposal-chosen' } }],
      [9, { type: 'ike.established', tunnel: 'dc2', ikeSa: 9 }],
    );
    expect(counts.of('idc')).toEqual({
      ikeRekeys: 1,
      childRekeys: 1,
      retransmits: 2,
      deadPeers: 1,
      connects: 1,
      failures: new Map([
        ['1 no-response', 2],
        ['2 no-response', 1],
        ['1 no-proposal-chosen', 1],
      ]),
    });
    expect(counts.of('dc2').connects).toBe(1);
    counts.keepOnly(new Set(['dc2']));
    expect(counts.of('idc').connects).toBe(0);
  });

  it('sort handshakes of ours by how long they took, and leave out those of the peer and those that failed', () => {
    const begun = (ikeSa: number): GatewayEvent => ({ type: 'ike.initiated', tunnel: 'idc', ikeSa, remote });
    const up = (ikeSa: number): GatewayEvent => ({ type: 'ike.established', tunnel: 'idc', ikeSa });
    const { handshakes } = counted(
      [0, begun(1)],
      [10, up(1)],
      [20, begun(2)],
      [60, up(2)],
      [60, up(3)],
      [100, begun(4)],
      [5_000, { type: 'ike.failed', tunnel: 'idc', ikeSa: 4, stage: 1, reason }],
      [6_000, up(4)],
      [7_000, begun(5)],
      [27_000, up(5)],
    );
    expect(handshakes).toMatchObject({ count: 3, sum: 20.05 });
    expect(handshakes.buckets).toHaveLength(HANDSHAKE_BUCKETS.length + 1);
    expect([handshakes.buckets[0], handshakes.buckets[2], handshakes.buckets.at(-1)]).toEqual([1, 1, 1]);
  });

  it('have what belongs to no tunnel', () => {
    const counts = counted(
      [0, { type: 'datagram.dropped', remote, why: 'not-ike', count: 3 }],
      [1, { type: 'datagram.dropped', remote, why: 'not-ike', count: 4 }],
      [2, { type: 'kernel.failed', operation: 'add ESP SA', code: 'ENOSYS' }],
    );
    expect([...counts.drops]).toEqual([['not-ike', 7]]);
    expect(counts.kernelFailures).toBe(1);
  });
});
