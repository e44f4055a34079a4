import { describe, expect, it } from 'vitest';
import type { ChildSaView } from '../ike/common/view.ts';
import type { DataPlaneReply, DataPlaneRequest, SaKey } from '../sa/data-plane.ts';
import { Observations } from './observations.ts';

const sa = (spi: number, destination = '192.0.2.1'): SaKey => ({ protocol: 'esp', destination, spi });
const now = { mono: 0, wall: 0 };

/** Observations of a tunnel with one Child SA whose SAs have carried so many packets. */
function observed(packets: number) {
  const child = {
    tunnel: 'idc',
    inbound: sa(1),
    outbound: sa(2, '192.0.2.2'),
    localSelectors: [],
    remoteSelectors: [],
  } as unknown as ChildSaView;
  const observations = new Observations((tunnel, id) => (tunnel === 'idc' && id === 'idc#1' ? child : undefined));
  observations.see({ type: 'child.installed', tunnel: 'idc', ikeSa: 1, child: 'idc#1' }, now);
  const asked: string[] = [];
  const plane = (request: DataPlaneRequest): DataPlaneReply => {
    asked.push(request.kind);
    if (request.kind !== 'query') return { kind: 'done' };
    return { kind: 'counters', counters: request.sas.map((one) => ({ sa: one, packets, bytes: packets * 10 })) };
  };
  return { observations, plane, asked };
}

describe('the observations', () => {
  it('read what an SA has carried before it is removed, and from every look at it', () => {
    const { observations, plane, asked } = observed(7);
    observations.perform({ kind: 'query', sas: [sa(1)] }, plane);
    expect(observations.usage.total('idc')).toMatchObject({ in: { packets: 7 }, out: { packets: 0 } });
    const steps = [sa(1), sa(2, '192.0.2.2')].map((one) => ({ kind: 'remove-sa', sa: one }) as const);
    observations.perform({ kind: 'apply', steps }, plane);
    expect(observations.usage.total('idc')).toMatchObject({ in: { packets: 7 }, out: { packets: 7, bytes: 70 } });
    expect(asked).toEqual(['query', 'query', 'apply']);
  });

  it('ask nothing of SAs that are not counted', () => {
    const { observations, plane, asked } = observed(7);
    observations.perform({ kind: 'apply', steps: [{ kind: 'remove-sa', sa: sa(99) }] }, plane);
    expect(asked).toEqual(['apply']);
  });

  it('go on counting an SA that has moved', () => {
    const { observations, plane } = observed(7);
    const to = { source: '192.0.2.2', destination: '192.0.2.7' };
    observations.perform({ kind: 'apply', steps: [{ kind: 'move-sa', sa: sa(1), to }] }, plane);
    observations.perform({ kind: 'query', sas: [sa(1, '192.0.2.7')] }, plane);
    expect(observations.usage.total('idc').in.packets).toBe(7);
  });

  it('go on under another name of a tunnel, what its SAs carry from then on too', () => {
    const { observations, plane } = observed(7);
    observations.perform({ kind: 'query', sas: [sa(1)] }, plane);
    observations.see({ type: 'peer.unresponsive', tunnel: 'idc', ikeSa: 1 }, now);
    observations.rename(new Map([['idc', 'north']]));
    observations.keepOnly(new Set(['north']));
    expect(observations.usage.total('north').in.packets).toBe(7);
    expect(observations.counts.of('north').deadPeers).toBe(1);
    observations.perform({ kind: 'query', sas: [sa(1)] }, (request) => {
      const reply = plane(request);
      if (reply.kind !== 'counters') return reply;
      return { ...reply, counters: reply.counters.map((one) => ({ ...one, packets: 9 })) };
    });
    expect(observations.usage.total('north').in.packets).toBe(9);
    expect(observations.usage.total('idc').in.packets).toBe(0);
  });

  it('keep messages apart from what is counted, and forget tunnels that are gone', () => {
    const { observations } = observed(7);
    const record = { exchange: 'IKE_AUTH', messageId: 1, kind: 'request', payloads: [] } as const;
    observations.see({ type: 'message.sent', tunnel: 'idc', ikeSa: 1, ...record }, now);
    expect(observations.exchanges.of('idc')).toHaveLength(1);
    observations.keepOnly(new Set());
    expect(observations.exchanges.of('idc')).toHaveLength(0);
  });
});
