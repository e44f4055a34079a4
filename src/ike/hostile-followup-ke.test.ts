import { describe, expect, it } from 'vitest';
import type { TunnelPolicy } from './common/policy.ts';
import { alter, forge, read, type Sent, type TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver, halfOpen, type Pair } from './testing/pair.ts';
import { parsed, proposals } from './testing/proposals.ts';
import { NOTIFY, notifyPayload } from './v2/wire/notify.ts';
import type { Payload } from './v2/wire/payload.ts';

const POLICY: Partial<TunnelPolicy> = {
  ikeProposals: proposals('aes256gcm16-prfsha256-x25519-ke1_mlkem512-ke2_ecp256'),
  childProposals: parsed(['aes128gcm16-x25519-ke1_mlkem512-ke2_ecp256'], 'esp'),
};

const SUBJECTS = ['Child SA', 'IKE SA'] as const;
type Subject = (typeof SUBJECTS)[number];

/** CREATE_CHILD_SA of the left side waits at its outbox. */
function asked(subject: Subject): Pair {
  const both = connected({ left: POLICY, right: POLICY });
  both.left.fire(subject === 'IKE SA' ? 'rekey' : 'rekey-net#1');
  return both;
}

/** The first IKE_FOLLOWUP_KE of the left side waits at its outbox. */
function atRounds(subject: Subject): Pair {
  const both = asked(subject);
  deliver(both.left, both.right);
  deliver(both.right, both.left);
  return both;
}

function notifies(from: TestGateway, sent: Sent): number[] {
  return read(from, sent).flatMap((payload) => (payload.type === 'N' ? [payload.notify] : []));
}

type Change = (all: Payload[]) => readonly Payload[];

const ke =
  (change: { method?: number; data?: Uint8Array }): Change =>
  (all) =>
    all.map((one) => (one.type === 'KE' ? { ...one, ...change } : one));

const without =
  (type: Payload['type']): Change =>
  (all) =>
    all.filter((one) => one.type !== type);

const doubled =
  (type: Payload['type']): Change =>
  (all) =>
    all.flatMap((one) => (one.type === type ? [one, one] : [one]));

const link = (data: Uint8Array) => notifyPayload('ADDITIONAL_KEY_EXCHANGE', data);

const linked =
  (data: Uint8Array): Change =>
  (all) => [...without('N')(all), link(data)];

/** The old SAs are all that there is, and work. */
function expectUnchanged({ left, right }: Pair): void {
  for (const one of [left, right]) {
    expect(one.views()).toMatchObject([{ state: 'established', children: [{ id: 'net#1', sends: true }] }]);
    expect(one.installedSas()).toBe(2);
  }
}

/** Whatever went wrong: both can still go through with it. */
function expectSuccess(both: Pair): void {
  converse(both);
  for (const one of [both.left, both.right]) {
    one.endDrains();
    expect(one.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed' }] }]);
    expect(one.installedSas()).toBe(2);
    expect(one.ikeSa().followUps).toEqual([]);
  }
}

describe.each(SUBJECTS)('IKE_FOLLOWUP_KE as responder, for the %s', (subject) => {
  it.each<[string, Change]>([
    ['P6: no KE', without('KE')],
    ['P6: two KE', doubled('KE')],
    ['no link', without('N')],
    ['K1: the method of another slot', ke({ method: 19, data: new Uint8Array(64) })],
    ['K1: a method that was never offered', ke({ method: 2, data: new Uint8Array(128) })],
    ['K1: a method that nobody knows', ke({ method: 1025 })],
    ['K8: a value of no length', ke({ data: new Uint8Array(0) })],
    ['K8: a value that is too long', ke({ data: new Uint8Array(801) })],
    ['K8: a ciphertext in the place of a key', ke({ data: new Uint8Array(768) })],
    ['K8: a key that is not reduced', ke({ data: new Uint8Array(800).fill(0xff) })],
  ])('%s is no message of an honest peer: the IKE SA ends, and nothing is left', (_, change) => {
    const { left, right } = atRounds(subject);
    right.receive(alter(left, left.takeOne(), change));
    expect(right.take()).toHaveLength(1);
    expect(right.reasonsOf('ike.closed')).toEqual(['protocol-error']);
    expect(right.views()).toEqual([]);
    expect(right.installedSas()).toBe(0);
    expect([...right.timers.keys()].filter((key) => key.startsWith('ike:'))).toEqual([]);
  });

  it.each<[string, (right: TestGateway) => Uint8Array]>([
    ['empty', () => new Uint8Array(0)],
    ['too short', (right) => linkOf(right).slice(1)],
    ['too long', (right) => Uint8Array.of(...linkOf(right), 0)],
    ['of 60 KB', () => new Uint8Array(60_000)],
    ['almost right', (right) => linkOf(right).map((octet, index) => (index === 0 ? octet ^ 1 : octet))],
  ])('a link that is %s: STATE_NOT_FOUND, and what there is can go on', (_, make) => {
    const both = atRounds(subject);
    const request = both.left.takeOne();
    const before = both.right.ikeSa().followUps;
    both.right.receive(alter(both.left, request, linked(make(both.right))));
    expect(notifies(both.right, both.right.takeOne())).toEqual([NOTIFY.STATE_NOT_FOUND]);
    expect(both.right.ikeSa().followUps).toEqual(before);
    expectUnchanged(both);
    // The next message ID is due by now.
    const next = read(both.left, request);
    both.right.receive(
      forge(both.left, {
        exchange: 'IKE_FOLLOWUP_KE',
        messageId: both.right.ikeSa().expectedRequestId,
        payloads: next,
      }),
    );
    expect(read(both.right, both.right.takeOne()).map(({ type }) => type)).toEqual(['KE', 'N']);
  });

  it('a round that is over is not done again: its link is spent', () => {
    const both = atRounds(subject);
    const [request] = deliver(both.left, both.right);
    const payloads = request === undefined ? [] : read(both.left, request);
    both.right.take();
    const left = both.right.ikeSa().followUps[0]?.left;
    const messageId = both.right.ikeSa().expectedRequestId;
    both.right.receive(forge(both.left, { exchange: 'IKE_FOLLOWUP_KE', messageId, payloads }));
    expect(notifies(both.right, both.right.takeOne())).toEqual([NOTIFY.STATE_NOT_FOUND]);
    expect(both.right.ikeSa().followUps).toMatchObject([{ left }]);
  });

  it('after the last round there is nothing to go on with', () => {
    const both = atRounds(subject);
    deliver(both.left, both.right);
    deliver(both.right, both.left);
    const [request] = deliver(both.left, both.right);
    const payloads = request === undefined ? [] : read(both.left, request);
    both.right.take();
    const children = both.right.core.children();
    const { phase, expectedRequestId: messageId } = both.right.ikeSa();
    both.right.receive(forge(both.left, { exchange: 'IKE_FOLLOWUP_KE', messageId, payloads }));
    const refusal = phase === 'established' ? NOTIFY.STATE_NOT_FOUND : NOTIFY.TEMPORARY_FAILURE;
    expect(notifies(both.right, both.right.takeOne())).toEqual([refusal]);
    expect(both.right.core.children()).toEqual(children);
  });

  it('a second, different request of the same round is dropped, also while the first is computed', () => {
    const both = atRounds(subject);
    const request = both.left.takeOne();
    const other = alter(both.left, request, (all) => [...all, notifyPayload('COOKIE')]);
    both.right.hold = true;
    both.right.receive(request);
    both.right.receive(other);
    both.right.hold = false;
    both.right.answerHeld();
    expect(both.right.drops()).toEqual(['message-id']);
    both.left.receive(both.right.takeOne());
    expectSuccess(both);
  });

  it('while the IKE SA is about to end: TEMPORARY_FAILURE, and nothing is made', () => {
    const both = atRounds(subject);
    both.right.terminate();
    both.right.take();
    deliver(both.left, both.right);
    expect(notifies(both.right, both.right.takeOne())).toEqual([NOTIFY.TEMPORARY_FAILURE]);
    expect(both.right.installedSas()).toBe(0);
  });
});

describe('IKE_FOLLOWUP_KE as responder', () => {
  it('before IKE_AUTH it is not even opened', () => {
    const { left, right } = halfOpen();
    const auth = left.takeOne();
    const before = right.ikeSa();
    right.receive(forge(left, { exchange: 'IKE_FOLLOWUP_KE', messageId: 1, payloads: [link(new Uint8Array(16))] }));
    expect(right.take()).toEqual([]);
    expect(right.ikeSa()).toEqual(before);
    right.receive(auth);
    expect(right.views()).toMatchObject([{ state: 'established' }]);
  });

  it('what was to be replaced is gone: STATE_NOT_FOUND, and no SPI is held any more', () => {
    const both = atRounds('Child SA');
    const request = both.left.takeOne();
    const spi = both.right.ikeSa().followUps[0]?.made;
    const sa = both.right.core.children()[0]?.inbound;
    if (sa === undefined || spi?.kind !== 'child') throw new Error('no Child SA');
    both.right.input({ kind: 'dataplane.event', event: { kind: 'expire', sa, hard: true } });
    expect(both.right.ikeSa().followUps).toEqual([]);
    expect(both.right.steps('remove-sa')).toContainEqual({ kind: 'remove-sa', sa: spi.reservedSpi });
    both.right.take();
    both.right.receive(request);
    expect(notifies(both.right, both.right.takeOne())).toEqual([NOTIFY.STATE_NOT_FOUND]);
  });

  it('the peer deletes what it was about to make: that is forgotten, and the old one carries on', () => {
    const both = atRounds('Child SA');
    const made = both.right.ikeSa().followUps[0]?.made;
    const spi = made?.kind === 'child' ? made.answer.negotiation.peerSpi : 0;
    const bytes = Uint8Array.of(spi >>> 24, spi >>> 16, spi >>> 8, spi);
    const messageId = both.right.ikeSa().expectedRequestId;
    const payloads: Payload[] = [{ type: 'D', protocol: 3, spis: [bytes] }];
    both.right.receive(forge(both.left, { exchange: 'INFORMATIONAL', messageId, payloads }));
    expect(both.right.ikeSa().followUps).toEqual([]);
    expect(both.right.core.children()).toMatchObject([{ id: 'net#1', state: 'installed', sends: true }]);
  });

  it('Z7: an authenticated peer has no more than four under way, and in the end none', () => {
    const both = asked('Child SA');
    const template = read(both.left, both.left.takeOne()).filter(({ type }) => type !== 'N');
    const first = both.right.ikeSa().expectedRequestId;
    const answers: string[] = [];
    for (let n = 0; n < 40; n++) {
      const spi = Uint8Array.of(0xcc, 0, 0, n);
      const payloads = template.map((one) =>
        one.type === 'SA' ? { ...one, proposals: one.proposals.map((proposal) => ({ ...proposal, spi })) } : one,
      );
      both.right.receive(forge(both.left, { exchange: 'CREATE_CHILD_SA', messageId: first + n, payloads }));
      answers.push(notifies(both.right, both.right.takeOne()).join());
    }
    expect(answers.filter((notify) => notify === `${NOTIFY.ADDITIONAL_KEY_EXCHANGE}`)).toHaveLength(4);
    expect(new Set(answers.slice(4))).toEqual(new Set([`${NOTIFY.TEMPORARY_FAILURE}`]));
    both.right.fire('follow-up');
    expect(both.right.ikeSa().followUps).toEqual([]);
    expect(both.right.steps('remove-sa')).toHaveLength(4);
    expect(both.right.timerNames()).not.toContain('follow-up');
    expect(both.right.core.children()).toMatchObject([{ id: 'net#1', state: 'installed', sends: true }]);
  });
});

describe.each(SUBJECTS)('what an initiator does not take, for the %s', (subject) => {
  /** A Child SA is given up and the old one carries on; of an IKE SA the peer may have another than we have. */
  function expectGivenUp({ left }: Pair): void {
    expect(left.ikeSa().creation).toBeUndefined();
    if (subject === 'IKE SA') return expect(left.views()).toMatchObject([{ state: 'deleting' }]);
    expect(left.reasonsOf('child.failed')).toEqual(['protocol-error']);
    expect(left.core.children()).toMatchObject([{ id: 'net#1', state: 'installed', sends: true }]);
    expect(left.installedSas()).toBe(2);
  }

  it.each<[string, Change]>([
    ['no link', (all) => all.filter((one) => one.type !== 'N')],
    ['a link of 2 KB', linked(new Uint8Array(2_000))],
  ])('an answer to CREATE_CHILD_SA with %s', (_, change) => {
    const both = asked(subject);
    deliver(both.left, both.right);
    both.left.receive(alter(both.right, both.right.takeOne(), change));
    expectGivenUp(both);
  });

  it.each<[string, Change]>([
    ['K1: the method of another slot', ke({ method: 19, data: new Uint8Array(64).fill(1) })],
    ['K8: a key in the place of a ciphertext', ke({ data: new Uint8Array(800) })],
    ['no link, as though it were the last one', without('N')],
    ['a link of 2 KB', linked(new Uint8Array(2_000))],
  ])('an answer with %s', (_, change) => {
    const both = atRounds(subject);
    deliver(both.left, both.right);
    both.left.receive(alter(both.right, both.right.takeOne(), change));
    expectGivenUp(both);
  });

  it('a last answer that has a link all the same', () => {
    const both = atRounds(subject);
    deliver(both.left, both.right);
    deliver(both.right, both.left);
    const { expectedRequestId: messageId } = both.right.ikeSa();
    const { rounds } = both.left.ikeSa().creation ?? {};
    expect(rounds?.left).toEqual([]);
    both.left.take();
    const payloads: Payload[] = [
      { type: 'KE', method: 19, data: new Uint8Array(64).fill(1) },
      link(new Uint8Array(16)),
    ];
    both.left.receive(forge(both.right, { exchange: 'IKE_FOLLOWUP_KE', messageId, response: true, payloads }));
    expectGivenUp(both);
  });

  it('N1: our own value coming back', () => {
    const both = atRounds(subject);
    deliver(both.left, both.right);
    deliver(both.right, both.left);
    const { expectedRequestId: messageId } = both.right.ikeSa();
    const data = both.left.ikeSa().creation?.rounds?.publicValue ?? new Uint8Array(0);
    both.left.take();
    const payloads: Payload[] = [{ type: 'KE', method: 19, data }];
    both.left.receive(forge(both.right, { exchange: 'IKE_FOLLOWUP_KE', messageId, response: true, payloads }));
    expectGivenUp(both);
  });

  it.each<[string, Change]>([
    ['no KE', without('KE')],
    ['two KE', doubled('KE')],
    ['a value of no length', ke({ data: new Uint8Array(0) })],
    ['a value that is too short', ke({ data: new Uint8Array(767).fill(1) })],
  ])('P6: an answer with %s is no message of an honest peer: the IKE SA ends', (_, change) => {
    const both = atRounds(subject);
    deliver(both.left, both.right);
    both.left.receive(alter(both.right, both.right.takeOne(), change));
    expect(both.left.views()).toMatchObject([{ state: 'deleting' }]);
    expect(both.left.installedSas()).toBe(0);
  });

  it('O3: an answer that was not asked for, and one of another exchange, are dropped', () => {
    const both = atRounds(subject);
    const request = both.left.takeOne();
    const before = both.left.ikeSa();
    const { expectedRequestId: messageId } = both.right.ikeSa();
    for (const forgery of [
      { exchange: 'IKE_FOLLOWUP_KE', messageId: messageId + 1 },
      { exchange: 'IKE_FOLLOWUP_KE', messageId: messageId - 1 },
      { exchange: 'CREATE_CHILD_SA', messageId },
      { exchange: 'INFORMATIONAL', messageId },
    ] as const)
      both.left.receive(forge(both.right, { ...forgery, response: true, payloads: [] }));
    expect(both.left.ikeSa()).toEqual(before);
    both.right.receive(request);
    expectSuccess(both);
  });

  it('TEMPORARY_FAILURE between two rounds: later again, from the beginning', () => {
    const both = atRounds(subject);
    both.right.receive(both.left.takeOne());
    both.left.receive(alter(both.right, both.right.takeOne(), () => [notifyPayload('TEMPORARY_FAILURE')]));
    expectUnchanged(both);
    expect(both.left.take()).toEqual([]);
    both.left.fire('retry');
    expectSuccess(both);
  });
});

function linkOf(gateway: TestGateway): Uint8Array {
  return gateway.ikeSa().followUps[0]?.link ?? new Uint8Array(0);
}
