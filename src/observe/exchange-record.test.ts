import { describe, expect, it } from 'vitest';
import { ExchangeRecord, type MessageEvent } from './exchange-record.ts';

const at = (mono: number) => ({ mono, wall: Date.UTC(2026, 0, 2) + mono });

function message(ikeSa: number, messageId: number, tunnel?: string): MessageEvent {
  return {
    type: 'message.received',
    ...(tunnel === undefined ? {} : { tunnel }),
    ikeSa,
    exchange: 'IKE_SA_INIT',
    messageId,
    kind: 'request',
    payloads: ['SA'],
  };
}

describe('the record of the last exchanges', () => {
  it('has the messages of each tunnel, oldest first, and forgets the eldest', () => {
    const record = new ExchangeRecord(3);
    for (let id = 0; id < 5; id++) record.add(message(1, id, 'idc'), at(id));
    record.add(message(2, 9, 'dc2'), at(9));
    expect(record.of('idc').map(({ messageId }) => messageId)).toEqual([2, 3, 4]);
    expect(record.of('dc2')).toEqual([
      {
        time: '2026-01-02T00:00:00.009Z',
        way: 'received',
        ike: 2,
        exchange: 'IKE_SA_INIT',
        messageId: 9,
        kind: 'request',
        payloads: ['SA'],
      },
    ]);
    expect(record.of('nobody')).toEqual([]);
  });

  it('gives a tunnel what came before it was known whose it was', () => {
    const record = new ExchangeRecord();
    record.add(message(1, 0), at(0));
    record.add(message(2, 0), at(1));
    record.add(message(1, 1, 'idc'), at(2));
    expect(record.of('idc').map(({ messageId }) => messageId)).toEqual([0, 1]);
  });

  it('remembers only so much of peers that never say who they are', () => {
    const record = new ExchangeRecord();
    for (let ike = 1; ike <= 1_000; ike++) for (let id = 0; id < 10; id++) record.add(message(ike, id), at(0));
    record.add(message(1, 10, 'idc'), at(1));
    expect(record.of('idc').map(({ messageId }) => messageId)).toEqual([10]);
    record.add(message(1_000, 10, 'dc2'), at(1));
    expect(record.of('dc2').map(({ messageId }) => messageId)).toEqual([0, 1, 2, 3, 10]);
  });

  it('forgets tunnels that are gone', () => {
    const record = new ExchangeRecord();
    record.add(message(1, 0, 'idc'), at(0));
    record.add(message(2, 0, 'dc2'), at(0));
    record.keepOnly(new Set(['dc2']));
    expect([record.of('idc').length, record.of('dc2').length]).toEqual([0, 1]);
  });
});
