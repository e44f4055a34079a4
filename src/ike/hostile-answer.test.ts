import { describe, expect, it } from 'vitest';
import { alterInit, forge, type TestGateway } from './testing/gateway.ts';
import { converse, deliver, halfOpen, pair } from './testing/pair.ts';
import { HEADER, sa, withByte } from './testing/tampering.ts';
import { deleteIke } from './v2/deletes.ts';
import { NOTIFY, type NotifyName, notifyPayload } from './v2/wire/notify.ts';
import type { Payload } from './v2/wire/payload.ts';
import { EXCHANGE, FLAG_INITIATOR, FLAG_RESPONSE } from './wire/header.ts';

/** An IKE_SA_INIT response on its way to `left`. */
function answered(changes: Parameters<typeof pair>[0] = {}) {
  const both = pair(changes);
  both.left.initiate();
  deliver(both.left, both.right);
  return { ...both, response: both.right.takeOne() };
}

describe('the answer to our first request', () => {
  const REFUSALS: readonly NotifyName[] = [
    'NO_PROPOSAL_CHOSEN',
    'INVALID_SYNTAX',
    'AUTHENTICATION_FAILED',
    'INVALID_MAJOR_VERSION',
    'INVALID_KE_PAYLOAD',
  ];

  it.each(REFUSALS)('T4: a forged %s does not end the attempt: the real answer still counts', (name) => {
    const { left, right, response } = answered();
    left.receive(alterInit(response, () => [notifyPayload(name)]));
    expect(left.eventTypes()).not.toContain('ike.failed');
    expect(left.timerNames()).toContain('retransmit');
    left.receive(response);
    converse({ left, right });
    expect(left.views()).toMatchObject([{ state: 'established' }]);
    expect(left.timerNames()).not.toContain('refused');
  });

  it('T4: a cookie after a forged refusal keeps the attempt going', () => {
    const { left, response } = answered();
    left.receive(alterInit(response, () => [notifyPayload('NO_PROPOSAL_CHOSEN')]));
    left.receive(alterInit(response, () => [notifyPayload('COOKIE', new Uint8Array(16).fill(3))]));
    expect(left.timerNames()).not.toContain('refused');
    left.fire('handshake');
    expect(left.reasonsOf('ike.failed')).toEqual(['no-response']);
  });

  const REFUSED: readonly (readonly [string, (payloads: Payload[], left: TestGateway) => readonly Payload[]])[] = [
    ['S7: an algorithm that was not offered', (all) => all.map((payload) => sa(payload, { encryption: 'aes256' }))],
    ['S7: another number', (all) => all.map((payload) => sa(payload, { number: 2 }))],
    ['S7: another protocol', (all) => all.map((payload) => sa(payload, { protocol: 3 }))],
    ['S7: two proposals', (all) => all.map((payload) => sa(payload, { twice: true }))],
    ['S7: a transform twice', (all) => all.map((payload) => sa(payload, { repeat: true }))],
    [
      'K1: another group',
      (all) =>
        all.map((payload) => (payload.type === 'KE' ? { ...payload, method: 19, data: new Uint8Array(64) } : payload)),
    ],
    [
      'N1: our own nonce',
      (all, left) =>
        all.map((payload) =>
          payload.type === 'Nonce' ? { ...payload, data: left.ikeSa().handshake?.ownNonce ?? payload.data } : payload,
        ),
    ],
    [
      'N1: our own public value',
      (all, left) =>
        all.map((payload) =>
          payload.type === 'KE' ? { ...payload, data: left.ikeSa().handshake?.publicValue ?? payload.data } : payload,
        ),
    ],
    [
      'K3: a public value of small order',
      (all) => all.map((payload) => (payload.type === 'KE' ? { ...payload, data: new Uint8Array(32) } : payload)),
    ],
    ['P6: no nonce', (all) => all.filter(({ type }) => type !== 'Nonce')],
    ['P6: two KE', (all) => [...all, ...all.filter(({ type }) => type === 'KE')]],
    [
      'P4: a critical payload that we do not know',
      (all) => [...all, { type: 'unknown', payloadType: 200, critical: true, body: new Uint8Array(4) }],
    ],
  ];

  it.each(REFUSED)('%s: not taken, and a later good answer still is (O4)', (_, change) => {
    const { left, right, response } = answered();
    left.receive(alterInit(response, (all) => change(all, left)));
    expect(left.take()).toEqual([]);
    expect(left.ikeSa()).toMatchObject({ phase: 'init-sent', responderSpi: '0'.repeat(16) });
    expect(left.ikeSa().keys).toBeUndefined();
    left.receive(response);
    converse({ left, right });
    expect(left.views()).toMatchObject([{ state: 'established' }]);
  });

  it('O4: a second good answer while the first is computed changes nothing', () => {
    const { left, right, response } = answered();
    left.hold = true;
    left.receive(response);
    left.receive({ ...response, datagram: withByte(response, 15, 0x77).datagram });
    left.hold = false;
    left.answerHeld();
    converse({ left, right });
    expect(left.views()).toMatchObject([{ state: 'established' }]);
  });

  it('M3: a response to nothing that was asked: wrong message ID, wrong exchange, or the role is not ours', () => {
    const { left, response } = answered();
    const before = left.ikeSa();
    left.receive(withByte(response, HEADER.messageId, 1));
    left.receive(withByte(response, HEADER.exchange, EXCHANGE.IKE_AUTH));
    left.receive(withByte(response, HEADER.flags, FLAG_RESPONSE | FLAG_INITIATOR));
    left.receive(withByte(response, HEADER.flags, 0));
    expect(left.ikeSa()).toEqual(before);
    expect(left.take()).toEqual([]);
  });

  it('no retransmission of IKE_SA_INIT is due once its answer is being computed, nor a spurious one afterwards', () => {
    const { left, response } = answered();
    left.hold = true;
    left.receive(response);
    left.fire('retransmit');
    left.hold = false;
    left.answerHeld();
    expect(left.take()).toHaveLength(1);
    expect(left.eventTypes()).not.toContain('message.retransmitted');
  });

  it('U2: NAT detection of any shape: at worst a NAT, never a failure', () => {
    const hashes = (count: number, length: number): Payload[] =>
      Array.from({ length: count }, () => notifyPayload('NAT_DETECTION_SOURCE_IP', new Uint8Array(length)));
    for (const [count, length] of [
      [1, 0],
      [1, 19],
      [17, 20],
      [1, 500],
    ] as const) {
      const { left, response } = answered();
      const without = (all: Payload[]) =>
        all.filter((payload) => payload.type !== 'N' || payload.notify !== NOTIFY.NAT_DETECTION_SOURCE_IP);
      left.receive(alterInit(response, (all) => [...without(all), ...hashes(count, length)]));
      expect(left.ikeSa().nat).toEqual({ local: false, remote: true });
      expect(left.takeOne().from.port).toBe(4500);
    }
    const { left, response } = answered();
    left.receive(alterInit(response, (all) => all.filter(({ type }) => type !== 'N')));
    expect(left.ikeSa()).toMatchObject({ nat: { local: false, remote: false }, fragmentation: false });
    expect(left.takeOne().from.port).toBe(500);
  });

  it('the policy vanishes meanwhile: the attempt ends, and says why', () => {
    const { left, response } = answered();
    left.command({ kind: 'configure', tunnels: [] });
    left.receive(response);
    left.fire('handshake');
    expect(left.views()).toEqual([]);
    expect(left.take()).toEqual([]);
    expect(left.timers.size).toBe(0);
  });
});

describe('before anybody is authenticated', () => {
  it.each([
    ['CREATE_CHILD_SA', 1],
    ['INFORMATIONAL', 1],
    ['IKE_SA_INIT', 1],
    [EXCHANGE.IKE_FOLLOWUP_KE, 1],
    [EXCHANGE.IKE_INTERMEDIATE, 1],
    ['IKE_AUTH', 0],
    ['IKE_AUTH', 2],
    ['IKE_AUTH', 0xffff_ffff],
  ] as const)('O1: %s with message ID %i and correct keys is not even opened', (exchange, messageId) => {
    const { left, right } = halfOpen();
    const auth = left.takeOne();
    const before = right.ikeSa();
    right.receive(forge(left, { exchange, messageId, payloads: [deleteIke()] }));
    expect(right.take()).toEqual([]);
    expect(right.ikeSa()).toEqual(before);
    right.receive(auth);
    expect(right.views()).toMatchObject([{ state: 'established' }]);
  });

  it('O3: an initiator takes no request, authentic or not, on a half-open IKE SA', () => {
    const { left, right } = halfOpen();
    left.take();
    const before = left.ikeSa();
    for (const exchange of ['INFORMATIONAL', 'IKE_AUTH', 'CREATE_CHILD_SA'] as const)
      for (const messageId of [0, 1]) left.receive(forge(right, { exchange, messageId, payloads: [deleteIke()] }));
    expect(left.ikeSa()).toEqual(before);
    expect(left.take()).toEqual([]);
  });

  it('X4: protected messages where there are no keys are dropped without any attempt', () => {
    const { left, right } = halfOpen();
    const auth = left.takeOne();
    const third = pair();
    third.left.initiate();
    const sa = third.left.ikeSa();
    // An answer of IKE_AUTH, with the SPI of an IKE SA that has only sent its IKE_SA_INIT.
    const stolen = right.receive(auth) && right.takeOne();
    const datagram = stolen.datagram.slice();
    datagram.set(Uint8Array.from(sa.initiatorSpi.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16)));
    third.left.take();
    third.left.receive({ ...stolen, datagram });
    expect(third.left.ikeSa()).toEqual(sa);
    expect(third.left.take()).toEqual([]);
  });
});
