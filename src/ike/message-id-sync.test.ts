import { describe, expect, it } from 'vitest';
import { raw, sealed } from './testing/established.ts';
import { alter, forge, read, type Sent, type TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver, halfOpen, type Pair, pair } from './testing/pair.ts';
import { withByte } from './testing/tampering.ts';
import { deleteIke } from './v2/deletes.ts';
import type { IkeSaV2 } from './v2/state.ts';
import { decodeMessageIdSync, encodeMessageIdSync, type MessageIdSync } from './v2/wire/message-id-sync.ts';
import { NOTIFY, notifyPayload } from './v2/wire/notify.ts';
import { encodePayloads, type Payload } from './v2/wire/payload.ts';

const NONCE = Uint8Array.of(7, 7, 7, 7);
const SUPPORTED = NOTIFY.IKEV2_MESSAGE_ID_SYNC_SUPPORTED;

const saysSupported = (payloads: readonly Payload[]) =>
  payloads.some((payload) => payload.type === 'N' && payload.notify === SUPPORTED);

const withoutSupport = (payloads: readonly Payload[]) =>
  payloads.filter((payload) => payload.type !== 'N' || payload.notify !== SUPPORTED);

/** A request of `sender` to go on with these message IDs. */
function sync(sender: TestGateway, sends: number, expects: number, more: readonly Payload[] = []): Sent {
  const payloads = [encodeMessageIdSync({ nonce: NONCE, sends, expects }), ...more];
  return forge(sender, { exchange: 'INFORMATIONAL', messageId: 0, payloads });
}

function syncIn(sender: TestGateway, sent: Sent): MessageIdSync | undefined {
  const [payload, ...more] = read(sender, sent);
  if (payload?.type !== 'N' || more.length > 0) throw new Error('one notify expected');
  return decodeMessageIdSync(payload);
}

/** The message IDs of the next request sent and of the next one expected. */
const idsOf = (gateway: TestGateway) => [gateway.ikeSa().nextRequestId, gateway.ikeSa().expectedRequestId];

/** `right` has answered so many probes of `left` before. */
function probed(times: number, both = connected()): Pair {
  for (let time = 0; time < times; time++) {
    both.left.fire('liveness');
    converse(both);
  }
  return both;
}

describe('who knows the synchronization of message IDs says so in IKE_AUTH (RFC 6311 §5)', () => {
  it('the initiator always, the responder in its answer', () => {
    const both = halfOpen();
    const [auth] = both.left.outbox;
    if (auth === undefined) throw new Error('no IKE_AUTH');
    expect(saysSupported(read(both.left, auth))).toBe(true);
    deliver(both.left, both.right);
    const answer = both.right.takeOne();
    expect(saysSupported(read(both.right, answer))).toBe(true);
    both.left.receive(answer);
    for (const one of [both.left, both.right]) expect(one.ikeSa().idSync).toEqual({ named: undefined });
  });

  it('the responder says nothing of it to an initiator that has not', () => {
    const { left, right } = halfOpen();
    right.receive(alter(left, left.takeOne(), withoutSupport));
    expect(saysSupported(read(right, right.takeOne()))).toBe(false);
    expect(right.ikeSa().idSync).toBeUndefined();
  });

  it('also where the IKE SA begins without a Child SA', () => {
    const both = connected({ left: { childless: true } });
    for (const one of [both.left, both.right]) expect(one.ikeSa().idSync).toBeDefined();
  });

  it('it holds for the successor of an IKE SA, which counts anew', () => {
    const both = connected();
    both.left.fire('rekey');
    converse(both);
    for (const one of [both.left, both.right]) expect(one.ikeSa().idSync).toEqual({ named: undefined });
    both.right.receive(sync(both.left, 9, 9));
    expect(idsOf(both.right)).toEqual([9, 9]);
  });
});

describe('another member of a cluster names its message IDs (RFC 6311 §5.1)', () => {
  // What the peer names (sends, expects) where we would send 0 and expect 2, and what we answer.
  it.each([
    [2, 0, { sends: 0, expects: 2 }],
    [3, 0, { sends: 0, expects: 3 }],
    [2, 4, { sends: 4, expects: 2 }],
    [77, 1_000_000, { sends: 1_000_000, expects: 77 }],
    [0xf000_0000, 0xf000_0000, { sends: 0xf000_0000, expects: 0xf000_0000 }],
  ])('%i and %i', (sends, expects, agreed) => {
    const { left, right } = connected();
    right.receive(sync(left, sends, expects));
    expect(syncIn(right, right.takeOne())).toEqual({ nonce: NONCE, ...agreed });
    expect(idsOf(right)).toEqual([agreed.sends, agreed.expects]);
    // The next request is the one that it has named, and no other.
    right.receive(forge(left, { exchange: 'INFORMATIONAL', messageId: sends - 1, payloads: [] }));
    expect(right.take()).toEqual([]);
    right.receive(forge(left, { exchange: 'INFORMATIONAL', messageId: sends, payloads: [] }));
    expect(right.take()).toHaveLength(1);
    right.fire('liveness');
    const probe = right.takeOne();
    expect(new DataView(probe.datagram.buffer, 4).getUint32(20)).toBe(agreed.sends);
    expect(right.eventTypes().filter((type) => type === 'peer.synchronized')).toHaveLength(1);
  });

  it('ours are not lowered by what the peer expects of us', () => {
    const { left, right } = probed(1);
    left.receive(sync(right, 5, 1));
    expect(syncIn(left, left.takeOne())).toEqual({ nonce: NONCE, sends: 3, expects: 5 });
  });

  it('from a peer that has never sent a request message ID 0 is named as well (appendix A.1)', () => {
    const { left, right } = connected();
    left.receive(sync(right, 0, 2));
    expect(syncIn(left, left.takeOne())).toEqual({ nonce: NONCE, sends: 2, expects: 0 });
    // And is then an ordinary one.
    left.receive(forge(right, { exchange: 'INFORMATIONAL', messageId: 0, payloads: [] }));
    expect(read(left, left.takeOne())).toEqual([]);
    expect(idsOf(left)).toEqual([2, 1]);
  });

  it('a request of ours that waits for its answer is made again under the next message ID, once', () => {
    const { left, right } = connected();
    left.fire('rekey-net#1');
    const before = left.takeOne();
    left.receive(sync(right, 6, 0));
    const [answer, again, ...more] = left.take();
    if (answer === undefined || again === undefined) throw new Error('an answer and a request expected');
    expect(more).toEqual([]);
    expect(syncIn(left, answer)).toMatchObject({ sends: 3, expects: 6 });
    expect(read(left, again)).toEqual(read(left, before));
    expect(left.ikeSa()).toMatchObject({ outstanding: { messageId: 3, sent: 1 }, nextRequestId: 4 });
    // The answer to what it was before comes too late.
    const late = forge(right, { exchange: 'CREATE_CHILD_SA', messageId: 2, response: true, payloads: [deleteIke()] });
    left.receive(late);
    expect(left.ikeSa().outstanding?.messageId).toBe(3);
    const refusal = [notifyPayload('TEMPORARY_FAILURE')];
    left.receive(forge(right, { exchange: 'CREATE_CHILD_SA', messageId: 3, response: true, payloads: refusal }));
    expect(left.ikeSa().outstanding).toBeUndefined();
    expect(left.timerNames()).toContain('retry');
  });

  it('our Delete of the IKE SA is made again too', () => {
    const { left, right } = connected();
    left.terminate();
    left.take();
    left.receive(sync(right, 6, 9));
    const [, again] = left.take();
    if (again === undefined) throw new Error('a request expected');
    expect(read(left, again)).toMatchObject([{ type: 'D' }]);
    left.receive(forge(right, { exchange: 'INFORMATIONAL', messageId: 9, response: true, payloads: [] }));
    expect(left.views()).toEqual([]);
    expect(left.timers.size).toBe(0);
  });

  it('while something is being computed it waits for that', () => {
    const { left, right } = connected();
    right.hold = true;
    left.fire('rekey');
    right.receive(left.takeOne());
    right.receive(sync(left, 8, 8));
    expect(right.take()).toEqual([]);
    right.hold = false;
    right.answerHeld();
    const [, answer] = right.take();
    if (answer === undefined) throw new Error('two answers expected');
    expect(syncIn(right, answer)).toMatchObject({ sends: 8, expects: 8 });
  });

  it('what is left of a fragmented request is not waited for (§9)', () => {
    const { left, right } = connected();
    const { firstType, bytes } = encodePayloads([deleteIke()]);
    const fragment = { number: 1, total: 2 };
    right.receive(sealed(left, 2, firstType, bytes.subarray(0, 4), { fragment }));
    expect(right.ikeSa().reassembly).toBeDefined();
    right.receive(sync(left, 5, 0));
    expect(right.ikeSa().reassembly).toBeUndefined();
  });

  it('one that knows nothing of Child SA counters ignores what comes with it about those (§5.2)', () => {
    const { left, right } = connected();
    right.receive(sync(left, 5, 5, [notifyPayload('IPSEC_REPLAY_COUNTER_SYNC', new Uint8Array(4))]));
    expect(syncIn(right, right.takeOne())).toEqual({ nonce: NONCE, sends: 5, expects: 5 });
  });

  it('both messages are told of where messages are', () => {
    const { left, right } = connected({ recordMessages: true });
    const before = right.events.length;
    right.receive(sync(left, 5, 6));
    expect(right.events.slice(before)).toMatchObject([
      { type: 'message.received', messageId: 0, payloads: ['N(IKEV2_MESSAGE_ID_SYNC, sends 5, expects 6)'] },
      { type: 'message.sent', messageId: 0, payloads: ['N(IKEV2_MESSAGE_ID_SYNC, sends 6, expects 5)'] },
      { type: 'peer.synchronized' },
    ]);
  });

  it('it is a sign of life', () => {
    const { left, right } = connected();
    right.mono += 6000;
    right.receive(sync(left, 5, 5));
    expect(right.ikeSa().lastHeardAt).toBe(right.mono);
  });
});

describe('T8: a synchronization that must not count: no answer, no change', () => {
  /** Everything of an IKE SA that could be changed by a message. */
  const stateOf = (gateway: TestGateway): IkeSaV2 => gateway.ikeSa();

  function expectIgnored(right: TestGateway, sent: Sent): void {
    const before = stateOf(right);
    const timers = new Map(right.timers);
    const events = right.eventTypes().filter((type) => type !== 'datagram.dropped');
    right.receive(sent);
    expect(right.take()).toEqual([]);
    expect(stateOf(right)).toEqual(before);
    expect(right.timers).toEqual(timers);
    expect(right.eventTypes().filter((type) => type !== 'datagram.dropped')).toEqual(events);
  }

  it('not agreed upon', () => {
    const both = pair();
    both.left.initiate();
    deliver(both.left, both.right);
    deliver(both.right, both.left);
    both.right.receive(alter(both.left, both.left.takeOne(), withoutSupport));
    deliver(both.right, both.left);
    expect(both.left.ikeSa().idSync).toBeUndefined();
    expectIgnored(both.right, sync(both.left, 5, 5));
    // Where message ID 0 is due it is an ordinary request, with a status that means nothing.
    both.left.receive(sync(both.right, 5, 5));
    expect(read(both.left, both.left.takeOne())).toEqual([]);
    expect(idsOf(both.left)).toEqual([2, 1]);
  });

  it.each([0, 1, 2, 4])('what the peer names for itself (%i) lies behind what it has sent', (sends) => {
    const { left, right } = probed(3);
    expectIgnored(right, sync(left, sends, 5));
  });

  it('played back: at once it gets the same answer, and after the next request none', () => {
    const { left, right } = connected();
    const captured = sync(left, 5, 5);
    right.receive(captured);
    const first = right.takeOne();
    const before = stateOf(right);
    right.receive(captured);
    expect(right.takeOne().datagram).toEqual(first.datagram);
    expect(stateOf(right)).toEqual(before);
    right.receive(forge(left, { exchange: 'INFORMATIONAL', messageId: 5, payloads: [] }));
    right.take();
    expectIgnored(right, captured);
  });

  it('named before, in another message: only a higher one counts', () => {
    const { left, right } = connected();
    const older = sync(left, 4, 4);
    right.receive(sync(left, 5, 5));
    right.take();
    expectIgnored(right, older);
    expectIgnored(right, sync(left, 5, 9));
    right.receive(sync(left, 6, 5));
    expect(idsOf(right)).toEqual([5, 6]);
  });

  it.each([
    [0xf000_0001, 5],
    [5, 0xf000_0001],
    [0xffff_ffff, 0xffff_ffff],
  ])('near the end of all message IDs: %i, %i', (sends, expects) => {
    const { left, right } = connected();
    expectIgnored(right, sync(left, sends, expects));
  });

  it('every bit of it flipped, from its own address and from another', () => {
    const { left, right } = connected();
    const request = sync(left, 5, 5);
    const before = stateOf(right);
    for (let bit = 28 * 8; bit < request.datagram.length * 8; bit++) {
      const at = bit >> 3;
      const flipped = withByte(request, at, (request.datagram[at] ?? 0) ^ (1 << (bit & 7)));
      right.receive(flipped);
      right.receive({ ...flipped, from: { address: '203.0.113.5', port: 4500 } });
    }
    expect(right.take()).toEqual([]);
    expect(stateOf(right)).toEqual(before);
  });

  it('our own comes back to us', () => {
    const { left, right } = connected();
    const request = sync(right, 5, 5);
    expectIgnored(right, { from: request.to, to: request.from, datagram: request.datagram });
    expect(left.take()).toEqual([]);
  });

  it.each([
    ['a Delete', [deleteIke()]],
    ['another notify', [notifyPayload('INITIAL_CONTACT')]],
    ['itself', [encodeMessageIdSync({ nonce: NONCE, sends: 9, expects: 9 })]],
    ['a payload that is unknown', [raw(200, [1, 2, 3, 4])]],
    ['one that is called critical', [{ type: 'unknown', payloadType: 200, critical: true, body: new Uint8Array(4) }]],
  ] as [string, Payload[]][])('together with %s', (_, more) => {
    const { left, right } = connected();
    expectIgnored(right, sync(left, 5, 5, more));
    // Also where message ID 0 is due.
    expectIgnored(left, sync(right, 5, 5, more));
  });

  it.each([0, 4, 8, 11, 13, 1000])('U4: of %i octets', (length) => {
    const { left, right } = connected();
    const payloads = [notifyPayload('IKEV2_MESSAGE_ID_SYNC', new Uint8Array(length))];
    expectIgnored(right, forge(left, { exchange: 'INFORMATIONAL', messageId: 0, payloads }));
    expectIgnored(left, forge(right, { exchange: 'INFORMATIONAL', messageId: 0, payloads }));
  });

  it('in fragments', () => {
    const { left, right } = connected();
    const { firstType, bytes } = encodePayloads([encodeMessageIdSync({ nonce: NONCE, sends: 5, expects: 5 })]);
    expectIgnored(right, sealed(left, 0, firstType, bytes, { fragment: { number: 1, total: 1 } }));
  });

  it('as a response, in another exchange, or under the message ID that is due', () => {
    const { left, right } = connected();
    const payloads = [encodeMessageIdSync({ nonce: NONCE, sends: 5, expects: 5 })];
    expectIgnored(right, forge(left, { exchange: 'INFORMATIONAL', messageId: 0, response: true, payloads }));
    expectIgnored(right, forge(left, { exchange: 'CREATE_CHILD_SA', messageId: 0, payloads }));
    right.receive(forge(left, { exchange: 'INFORMATIONAL', messageId: 2, payloads }));
    expect(read(right, right.takeOne())).toEqual([]);
    expect(idsOf(right)).toEqual([0, 3]);
  });

  it('message ID 0 with anything else is not due, though authentic', () => {
    const { left, right } = connected();
    expectIgnored(right, forge(left, { exchange: 'INFORMATIONAL', messageId: 0, payloads: [] }));
    expectIgnored(right, forge(left, { exchange: 'INFORMATIONAL', messageId: 0, payloads: [deleteIke()] }));
    expectIgnored(right, sealed(left, 0, 42, Uint8Array.of(0, 0, 0, 8, 3, 0, 0, 9)));
    expectIgnored(right, sealed(left, 0, 42, Uint8Array.of(1, 2, 3)));
  });

  it('malformed where message ID 0 is due: INVALID_SYNTAX as for any other request', () => {
    const { left, right } = connected();
    left.receive(sealed(right, 0, 42, Uint8Array.of(0, 0, 0, 8, 3, 0, 0, 9)));
    expect(left.take()).toHaveLength(1);
    expect(left.reasonsOf('ike.closed')).toEqual(['protocol-error']);
  });

  it('hundreds of them, each one new: nothing grows', () => {
    const { left, right } = connected();
    left.fire('liveness');
    left.take();
    const timers = left.timers.size;
    for (let time = 0; time < 300; time++) left.receive(sync(right, time, 2 * time));
    expect(left.timers.size).toBe(timers);
    expect(left.ikeSa()).toMatchObject({ queue: [], tasks: [], expectedRequestId: 299 });
    expect(left.take()).toHaveLength(600);
  });
});
