import { describe, expect, it } from 'vitest';
import { alter, alterInit, forge, type Sent, type TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver, type Pair, pair } from './testing/pair.ts';
import { proposals } from './testing/proposals.ts';
import { withByte } from './testing/tampering.ts';
import { deleteIke } from './v2/deletes.ts';
import { sealChain } from './v2/encrypted-payload.ts';
import { messageKeys } from './v2/keymat.ts';
import { ivOf } from './v2/testing/protections.ts';
import { NOTIFY, notifyPayload } from './v2/wire/notify.ts';
import type { Payload } from './v2/wire/payload.ts';
import type { WireTransform } from './v2/wire/sa.ts';
import { EXCHANGE, FLAG_INITIATOR } from './wire/header.ts';

const BASE = 'aes256gcm16-prfsha256-x25519';

/** Between the ports 500, where MOBIKE would be between the ports 4500 from IKE_INTERMEDIATE on. */
const both = (text: string): Parameters<typeof pair>[0] => ({
  left: { ikeProposals: proposals(text), mobike: false },
  right: { ikeProposals: proposals(text) },
});

/** IKE_SA_INIT is done, and the first IKE_INTERMEDIATE waits in the outbox of `left`. */
function agreed(text = `${BASE}-ke1_mlkem512-ke2_ecp256`): Pair {
  const two = pair(both(text));
  two.left.initiate();
  deliver(two.left, two.right);
  deliver(two.right, two.left);
  return two;
}

/** The answer to the first IKE_INTERMEDIATE, on its way to `left`. */
function answered(text?: string): Pair & { readonly response: Sent } {
  const two = agreed(text);
  const early = two.right.ikeSa();
  deliver(two.left, two.right);
  const response = two.right.takeOne();
  // `alter` seals with the keys of the sender, which have changed by now.
  two.right.ikeSa = () => early;
  return { ...two, response };
}

const ke = (payload: Payload, change: { method?: number; data?: Uint8Array }): Payload =>
  payload.type === 'KE' ? { ...payload, ...change } : payload;

type Change = (payloads: Payload[], left: TestGateway) => readonly Payload[];

const MALFORMED: readonly (readonly [string, Change])[] = [
  ['P6: no KE', () => []],
  ['P6: two KE', (all) => [...all, ...all]],
  ['K1: the method of another slot', (all) => all.map((one) => ke(one, { method: 19, data: new Uint8Array(64) }))],
  ['K1: a method that was never offered', (all) => all.map((one) => ke(one, { method: 2, data: new Uint8Array(128) }))],
  ['K1: a method that nobody knows', (all) => all.map((one) => ke(one, { method: 1025 }))],
  ['K8: a value of no length', (all) => all.map((one) => ke(one, { data: new Uint8Array(0) }))],
  ['K8: a value that is too long', (all) => all.map((one) => ke(one, { data: new Uint8Array(801) }))],
  ['P4: a critical payload that we do not know', (all) => [...all, UNKNOWN]],
];

const UNKNOWN: Payload = { type: 'unknown', payloadType: 200, critical: true, body: new Uint8Array(4) };

describe('IKE_INTERMEDIATE as responder: authentic in nothing but the keys of IKE_SA_INIT', () => {
  it.each([
    ...MALFORMED,
    ['K8: a ciphertext in the place of a key', (all) => all.map((one) => ke(one, { data: new Uint8Array(768) }))],
    ['K8: a key that is not reduced', (all) => all.map((one) => ke(one, { data: new Uint8Array(800).fill(0xff) }))],
  ] satisfies typeof MALFORMED)('%s: refused, and nothing is left', (_, change) => {
    const { left, right } = agreed();
    right.receive(alter(left, left.takeOne(), (all) => change(all, left)));
    expect(right.views()).toEqual([]);
    expect(right.timers.size).toBe(0);
    expect(right.core.snapshot().halfOpen.sources.size).toBe(0);
    // It goes out with the keys that both have; the initiator ends its attempt.
    left.receive(right.takeOne());
    expect(left.views()).toEqual([]);
    expect(left.reasonsOf('ike.failed')).toEqual(['protocol-error']);
  });

  it.each([
    ['IKE_AUTH', 1],
    ['IKE_INTERMEDIATE', 0],
    ['IKE_INTERMEDIATE', 2],
    ['IKE_INTERMEDIATE', 0xffff_ffff],
    ['IKE_SA_INIT', 1],
    ['CREATE_CHILD_SA', 1],
    ['INFORMATIONAL', 1],
    [EXCHANGE.IKE_FOLLOWUP_KE, 1],
  ] as const)('O1, O2: %s with message ID %i before the rounds are done is not even opened', (exchange, messageId) => {
    const { left, right } = agreed();
    const request = left.takeOne();
    const before = right.ikeSa();
    right.receive(forge(left, { exchange, messageId, payloads: [deleteIke()] }));
    expect(right.take()).toEqual([]);
    expect(right.ikeSa()).toEqual(before);
    right.receive(request);
    expect(right.take()).toHaveLength(1);
  });

  it('O2: not negotiated, one too many, or after IKE_AUTH: dropped', () => {
    const round = (sender: TestGateway, messageId: number) =>
      forge(sender, { exchange: 'IKE_INTERMEDIATE', messageId, payloads: [] });
    const plain = agreed(BASE);
    const auth = plain.left.takeOne();
    const one = agreed(`${BASE}-ke1_mlkem512`);
    deliver(one.left, one.right);
    deliver(one.right, one.left);
    const done = connected(both(`${BASE}-ke1_mlkem512`));
    for (const [{ left, right }, messageId] of [
      [plain, 1],
      [one, 2],
      [done, 3],
    ] as const) {
      const before = right.ikeSa();
      right.receive(round(left, messageId));
      expect(right.ikeSa()).toEqual(before);
      expect(right.drops()).toEqual(['unexpected-message']);
    }
    plain.right.receive(auth);
    converse(one);
    for (const { right } of [plain, one, done]) expect(right.views()).toMatchObject([{ state: 'established' }]);
  });

  it('a second, different request of the same round is dropped, also while the first is computed', () => {
    const { left, right } = agreed();
    const request = left.takeOne();
    const other = alter(left, request, (all) => [...all, notifyPayload('COOKIE')]);
    right.hold = true;
    right.receive(request);
    right.receive(other);
    right.hold = false;
    right.answerHeld();
    left.receive(right.takeOne());
    expect(right.drops()).toEqual(['message-id']);
    const before = right.ikeSa();
    right.receive(other);
    expect(right.ikeSa()).toEqual(before);
    converse({ left, right });
    expect(right.views()).toMatchObject([{ state: 'established' }]);
  });

  it('where it comes from is answered there, and believed only in IKE_AUTH', () => {
    const { left, right } = agreed();
    const request = left.takeOne();
    const before = right.ikeSa();
    const elsewhere = { address: '203.0.113.9', port: 700 };
    right.receive({ ...request, from: elsewhere, to: { ...request.to, address: '203.0.113.1' } });
    expect(right.outbox).toMatchObject([{ to: elsewhere, from: { address: '203.0.113.1' } }]);
    expect(right.ikeSa()).toMatchObject({ local: before.local, remote: before.remote, origin: before.origin });
  });

  it('X4: what is not authentic changes nothing', () => {
    const { left, right } = agreed();
    const request = left.takeOne();
    const before = right.ikeSa();
    right.receive(withByte(request, 100, (request.datagram[100] ?? 0) ^ 1));
    expect(right.ikeSa()).toEqual(before);
    right.receive(request);
    expect(right.take()).toHaveLength(1);
  });

  it('messages by the keys of an earlier round are not authentic any more', () => {
    const { left, right } = agreed();
    const early = left.ikeSa();
    deliver(left, right);
    const before = right.ikeSa();
    const late = forge(Object.assign(Object.create(left) as TestGateway, { ikeSa: () => early }), {
      exchange: 'IKE_INTERMEDIATE',
      messageId: 2,
      payloads: [],
    });
    right.receive(late);
    expect(right.ikeSa()).toEqual(before);
    expect(right.drops()).toEqual(['not-authentic']);
  });

  it('F5: what fragments of somebody unknown make us hold has a limit, and an end', () => {
    const { left, right } = agreed(`${BASE}-ke1_mlkem1024`);
    const genuine = left.take();
    expect(genuine).toHaveLength(2);
    const flood = fragmentsOf(left, 64, 1_200);
    for (const one of flood) right.receive(one);
    expect(right.ikeSa().reassembly?.bytes).toBeLessThanOrEqual(10_000);
    right.receive(fragmentsOf(left, 65, 10)[0] as Sent);
    expect(right.drops()).toContain('too-many-fragments');
    right.fire('half-open');
    expect(right.views()).toEqual([]);
  });
});

describe('IKE_INTERMEDIATE as initiator', () => {
  it.each([
    ...MALFORMED,
    ['K8: a key in the place of a ciphertext', (all) => all.map((one) => ke(one, { data: new Uint8Array(800) }))],
    ['N: an error', () => [notifyPayload('INVALID_SYNTAX')]],
    ['N: an error beside the value', (all) => [...all, notifyPayload('NO_PROPOSAL_CHOSEN')]],
  ] satisfies typeof MALFORMED)('%s: the attempt ends, and says why', (_, change) => {
    const { left, right, response } = answered();
    left.receive(alter(right, response, (all) => change(all, left)));
    expect(left.reasonsOf('ike.failed')).toEqual(['protocol-error']);
    expect(left.views()).toEqual([]);
    expect(left.timers.size).toBe(0);
    expect(left.core.children()).toEqual([]);
  });

  it('N1: our own value coming back is no answer, though a ciphertext may be as long', () => {
    const { left, right } = agreed(`${BASE}-ke1_mlkem1024`);
    left.take();
    const own = left.ikeSa().handshake?.publicValue ?? new Uint8Array(0);
    const payloads: Payload[] = [{ type: 'KE', method: 37, data: own }];
    left.receive(forge(right, { exchange: 'IKE_INTERMEDIATE', messageId: 1, response: true, payloads }));
    expect(left.events.at(-1)).toMatchObject({ reason: { text: 'the peer sent our own key exchange value back' } });
    expect(left.views()).toEqual([]);
  });

  it('N1: our own request coming back is dropped', () => {
    const { left, right } = agreed();
    const request = left.takeOne();
    const before = left.ikeSa();
    left.receive({ from: request.to, to: request.from, datagram: request.datagram });
    expect(left.ikeSa()).toEqual(before);
    right.receive(request);
    converse({ left, right });
    expect(left.views()).toMatchObject([{ state: 'established' }]);
  });

  it('a ciphertext that was exchanged for another is found out by the keys: nothing more is understood', () => {
    const { left, right, response } = answered(`${BASE}-ke1_mlkem512`);
    left.receive(alter(right, response, (all) => all.map((one) => ke(one, { data: new Uint8Array(768).fill(5) }))));
    // It cannot know yet: FIPS 203 §6.3 gives a secret for any ciphertext. The responder cannot open what follows.
    for (const sent of left.take()) right.receive(sent);
    expect(right.drops()).toEqual(['not-authentic']);
    left.fire('handshake');
    expect(left.reasonsOf('ike.failed')).toEqual(['no-response']);
    right.fire('half-open');
    expect(right.core.views()).toEqual([]);
  });

  it('O3: an initiator takes no request of IKE_INTERMEDIATE, and no answer of another exchange', () => {
    const { left, right } = agreed();
    left.take();
    const before = left.ikeSa();
    for (const forgery of [
      { exchange: 'IKE_INTERMEDIATE', messageId: 1 },
      { exchange: 'IKE_AUTH', messageId: 1, response: true },
      { exchange: 'IKE_INTERMEDIATE', messageId: 2, response: true },
    ] as const)
      left.receive(forge(right, { ...forgery, payloads: [] }));
    expect(left.ikeSa()).toEqual(before);
    expect(left.take()).toEqual([]);
  });
});

describe('S9: the choice of additional key exchanges', () => {
  const TWO = `${BASE}-ke1_mlkem512-ke1_mlkem768-ke2_mlkem768-ke2_ecp256`;
  const slots = (payloads: readonly Payload[], ...chosen: WireTransform[]): Payload[] =>
    payloads.map((payload) =>
      payload.type === 'SA'
        ? {
            ...payload,
            proposals: payload.proposals.map((proposal) => ({
              ...proposal,
              transforms: [...proposal.transforms.filter(({ type }) => type < 6), ...chosen],
            })),
          }
        : payload,
    );
  const NOT_TAKEN: readonly (readonly [string, (all: Payload[]) => readonly Payload[]])[] = [
    ['the same method in two slots', (all) => slots(all, { type: 6, id: 36 }, { type: 7, id: 36 })],
    ['one slot dropped', (all) => slots(all, { type: 6, id: 35 })],
    ['all slots dropped', (all) => slots(all)],
    ['NONE where it was not offered', (all) => slots(all, { type: 6, id: 0 }, { type: 7, id: 36 })],
    ['a slot that was not offered', (all) => slots(all, { type: 6, id: 35 }, { type: 7, id: 36 }, { type: 8, id: 37 })],
    ['a method that was not offered for the slot', (all) => slots(all, { type: 6, id: 19 }, { type: 7, id: 36 })],
    ['two methods in a slot', (all) => slots(all, { type: 6, id: 35 }, { type: 6, id: 36 }, { type: 7, id: 19 })],
    [
      'no word of IKE_INTERMEDIATE',
      (all) => all.filter((one) => one.type !== 'N' || one.notify !== NOTIFY.INTERMEDIATE_EXCHANGE_SUPPORTED),
    ],
  ];

  it.each(NOT_TAKEN)('%s: not taken, and a later good answer still is', (_, change) => {
    const two = pair(both(TWO));
    two.left.initiate();
    deliver(two.left, two.right);
    const response = two.right.takeOne();
    two.left.receive(alterInit(response, change));
    expect(two.left.take()).toEqual([]);
    expect(two.left.ikeSa()).toMatchObject({ phase: 'init-sent', keys: undefined });
    two.left.receive(response);
    converse(two);
    expect(two.left.views()).toMatchObject([{ state: 'established' }]);
  });

  it.each<[string, WireTransform[]]>([
    [
      'the same method in both slots',
      [
        { type: 6, id: 36 },
        { type: 7, id: 36 },
      ],
    ],
    ['one of our slots only', [{ type: 6, id: 35 }]],
    [
      'NONE in one of our slots',
      [
        { type: 6, id: 35 },
        { type: 7, id: 0 },
      ],
    ],
    [
      'a slot more than ours',
      [
        { type: 6, id: 35 },
        { type: 7, id: 36 },
        { type: 12, id: 37 },
      ],
    ],
  ])('an initiator that offers %s gets NO_PROPOSAL_CHOSEN', (_, offered) => {
    const two = pair(both(TWO));
    two.left.initiate();
    two.right.receive(alterInit(two.left.takeOne(), (all) => slots(all, ...offered)));
    expect(two.right.views()).toEqual([]);
    expect(two.right.reasonsOf('peer.refused')).toEqual(['no-proposal-chosen']);
    expect(two.right.take()).toHaveLength(1);
  });
});

/** Fragments of an IKE_INTERMEDIATE request of `sender`, all but the last one of so many. */
function fragmentsOf(sender: TestGateway, total: number, bytes: number): Sent[] {
  const { suite, keys, initiatorSpi, responderSpi, local, remote } = sender.ikeSa();
  if (suite === undefined || keys === undefined) throw new Error('no keys yet');
  const protection = { suite, keys: messageKeys(keys, 'initiator') };
  const exchangeType = EXCHANGE.IKE_INTERMEDIATE;
  const header = { initiatorSpi, responderSpi, exchangeType, flags: FLAG_INITIATOR, messageId: 1 };
  return Array.from({ length: total - 1 }, (_, index) => {
    const fragment = { number: index + 1, total };
    const parts = { ...protection, header, innerType: index === 0 ? 34 : 0, chain: new Uint8Array(bytes) };
    return { from: local, to: remote, datagram: sealChain({ ...parts, iv: ivOf(protection), fragment }) };
  });
}
