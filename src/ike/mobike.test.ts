import { describe, expect, it } from 'vitest';
import type { IpAddress } from '../base/net.ts';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { alter, forge, read, TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver, halfOpen, type Pair, pair } from './testing/pair.ts';
import { proposals } from './testing/proposals.ts';
import { notifyName, notifyPayload } from './v2/wire/notify.ts';

const NEW = '192.0.2.77';
const NEWER = '192.0.2.88';

const LAYERED = { ikeProposals: proposals('aes256gcm16-prfsha256-x25519-ke1_mlkem512') };

const at = (address: IpAddress) => ({ address, port: 4500 });

function moveLeft({ left }: Pair, address = NEW, others: readonly IpAddress[] = []): void {
  left.command({ kind: 'local-address', gateway: 'gw', address, others });
}

/** Where both halves of the Child SA of a gateway lead. */
function outerEnds(gateway: TestGateway): string[] {
  return gateway.core.children().map(({ inbound, outbound }) => `${inbound.destination} > ${outbound.destination}`);
}

/** The notifies of what waits to be delivered. */
function notifiesIn(gateway: TestGateway): string[][] {
  return gateway.outbox.map((sent) =>
    read(gateway, sent).flatMap((payload) => (payload.type === 'N' ? [notifyName(payload.notify)] : [payload.type])),
  );
}

describe('IKE_AUTH between two that know MOBIKE (RFC 4555 §3.2, §3.3)', () => {
  it('goes between the ports 4500 without any NAT, and ESP goes without UDP', () => {
    const { left, right } = connected();
    expect(left.views()[0]).toMatchObject({ local: at(LEFT.address), remote: at(RIGHT.address) });
    expect(right.views()[0]).toMatchObject({ local: at(RIGHT.address), remote: at(LEFT.address) });
    expect(left.core.children()).toMatchObject([{ encap: false }]);
    expect([left.ikeSa().mobike, right.ikeSa().mobike]).not.toContain(undefined);
    expect(left.eventTypes()).not.toContain('nat.detected');
  });

  it('so does IKE_INTERMEDIATE before it (RFC 9242 §3.2)', () => {
    const both = pair({ left: LAYERED, right: LAYERED });
    both.left.initiate();
    expect(deliver(both.left, both.right)).toMatchObject([{ to: { port: 500 } }]);
    expect(deliver(both.right, both.left)).toMatchObject([{ to: { port: 500 } }]);
    expect(both.left.outbox.map(({ from, to }) => [from, to])).toEqual([[at(LEFT.address), at(RIGHT.address)]]);
    converse(both);
    for (const gateway of [both.left, both.right]) {
      expect(gateway.views()).toMatchObject([{ state: 'established', local: { port: 4500 }, remote: { port: 4500 } }]);
      expect(gateway.ikeSa().mobike).toBeDefined();
    }
  });

  it.each([
    ['the initiator', { left: { mobike: false } }, 500],
    ['the responder', { right: { mobike: false } }, 4500],
  ])('switched off by %s it is off', (_, changes, port) => {
    const { left, right } = connected(changes);
    expect(left.views()[0]?.remote.port).toBe(port);
    expect([left.ikeSa().mobike, right.ikeSa().mobike]).toEqual([undefined, undefined]);
  });

  it('tells the further addresses of either end', () => {
    const withOthers = (side: typeof LEFT, peer: typeof LEFT, others: readonly IpAddress[]) => ({
      local: { ...tunnelPolicy(side, peer).local, alternatives: others },
    });
    const { left, right } = connected({
      left: withOthers(LEFT, RIGHT, [NEW, NEWER]),
      right: withOthers(RIGHT, LEFT, ['198.51.100.77']),
    });
    expect(right.ikeSa().mobike?.peerAddresses).toEqual([NEW, NEWER]);
    expect(left.ikeSa().mobike?.peerAddresses).toEqual(['198.51.100.77']);
  });

  it('U4: NO_NATS_ALLOWED that does not fit is answered by UNEXPECTED_NAT_DETECTED, and there is no IKE SA', () => {
    for (const length of [0, 11, 12, 36]) {
      const { left, right } = halfOpen();
      const forbidding = notifyPayload('NO_NATS_ALLOWED', new Uint8Array(length));
      right.receive(alter(left, left.takeOne(), (payloads) => [...payloads, forbidding]));
      expect(right.views()).toEqual([]);
      deliver(right, left);
      expect(left.views()).toEqual([]);
      const failed = left.events.flatMap((event) => (event.type === 'ike.failed' ? [event.reason.text] : []));
      expect(failed).toEqual(['the peer refuses IKE_AUTH with UNEXPECTED_NAT_DETECTED']);
    }
  });
});

describe('the initiator has another address (RFC 4555 §3.5)', () => {
  it('moves its Child SA at once and tells the responder, which follows after it has checked the address', () => {
    const both = connected();
    const { left, right } = both;
    moveLeft(both);
    expect(outerEnds(left)).toEqual([`${NEW} > ${RIGHT.address}`]);
    expect(left.steps('move-sa')).toHaveLength(2);
    expect(left.outbox.map(({ from }) => from)).toEqual([at(NEW)]);
    expect(notifiesIn(left)).toEqual([
      [
        'UPDATE_SA_ADDRESSES',
        'NAT_DETECTION_SOURCE_IP',
        'NAT_DETECTION_DESTINATION_IP',
        'NO_ADDITIONAL_ADDRESSES',
        'COOKIE2',
      ],
    ]);
    deliver(left, right);
    // The answer, and the question whether the new address can be reached.
    expect(notifiesIn(right)).toEqual([
      ['NAT_DETECTION_SOURCE_IP', 'NAT_DETECTION_DESTINATION_IP', 'COOKIE2'],
      ['COOKIE2'],
    ]);
    expect(right.views()[0]).toMatchObject({ remote: at(NEW) });
    expect(outerEnds(right)).toEqual([`${RIGHT.address} > ${LEFT.address}`]);
    converse(both);
    expect(outerEnds(right)).toEqual([`${RIGHT.address} > ${NEW}`]);
    expect(right.eventTypes()).toContain('peer.moved');
    expect(left.eventTypes()).toContain('path.changed');
    expect([...left.eventTypes(), ...right.eventTypes()]).not.toContain('child.deleted');
  });

  it('a request under way goes on from the new address, and the update follows its answer', () => {
    const both = connected();
    const { left, right } = both;
    left.fire('liveness');
    const [lost] = left.take();
    moveLeft(both);
    const again = left.takeOne();
    expect(again).toEqual({ ...lost, kind: 'send', from: at(NEW) });
    right.receive(again);
    // RFC 4555 §3.8: not followed for a message that does not say so.
    expect(right.views()[0]).toMatchObject({ remote: at(LEFT.address) });
    expect(right.outbox.map(({ to }) => to)).toEqual([at(NEW)]);
    converse(both);
    expect(right.views()[0]).toMatchObject({ remote: at(NEW) });
    expect(outerEnds(right)).toEqual([`${RIGHT.address} > ${NEW}`]);
  });

  it('and yet another one before the answer: that is ignored, and a second update has the last word', () => {
    const both = connected();
    const { left, right } = both;
    moveLeft(both);
    deliver(left, right);
    moveLeft(both, NEWER);
    // The first update again, from the newest address.
    expect(left.take().map(({ from }) => from)).toEqual([at(NEWER)]);
    converse(both);
    expect(right.views()[0]).toMatchObject({ remote: at(NEWER) });
    expect(outerEnds(right)).toEqual([`${RIGHT.address} > ${NEWER}`]);
    expect(outerEnds(left)).toEqual([`${NEWER} > ${RIGHT.address}`]);
  });

  it('and the old one again before the responder has checked anything: nothing has moved there', () => {
    const both = connected();
    const { left, right } = both;
    moveLeft(both);
    deliver(left, right);
    right.take();
    moveLeft(both, LEFT.address);
    converse(both);
    expect(right.views()[0]).toMatchObject({ remote: at(LEFT.address) });
    expect(outerEnds(right)).toEqual([`${RIGHT.address} > ${LEFT.address}`]);
    expect(outerEnds(left)).toEqual([`${LEFT.address} > ${RIGHT.address}`]);
  });

  it('while an effect is under way: the last of several changes is made when that is over', () => {
    const both = connected();
    const { left, right } = both;
    left.hold = true;
    left.fire('liveness');
    moveLeft(both);
    moveLeft(both, NEWER);
    expect(left.ikeSa().queue).toMatchObject([{ kind: 'own-addresses' }]);
    left.hold = false;
    left.answerHeld();
    converse(both);
    expect(right.views()[0]).toMatchObject({ remote: at(NEWER) });
    expect(outerEnds(right)).toEqual([`${RIGHT.address} > ${NEWER}`]);
  });

  it('a translator on the new path: ESP goes in UDP at both ends, and out of it without one', () => {
    const both = connected();
    const { left, right } = both;
    const outside = { address: '203.0.113.5', port: 61_000 };
    // What left sends from its private address comes from the outside of its translator, and back.
    const translated = () => {
      for (let turn = 0; turn < 4; turn++) {
        for (const sent of left.take()) right.receive({ ...sent, from: outside });
        for (const sent of right.take()) left.receive({ ...sent, to: at('10.9.0.2') });
      }
    };
    moveLeft(both, '10.9.0.2');
    translated();
    expect(left.views()[0]?.nat).toEqual({ local: true, remote: false });
    expect(right.views()[0]).toMatchObject({ remote: outside, nat: { local: false, remote: true } });
    for (const one of [left, right]) expect(one.core.children()).toMatchObject([{ encap: true }]);
    expect(left.timerNames()).toContain('keepalive');
    const moves = right.steps('move-sa').flatMap((step) => (step.kind === 'move-sa' ? [step.to.encap] : []));
    expect(moves).toEqual([
      { sourcePort: 61_000, destinationPort: 4500 },
      { sourcePort: 4500, destinationPort: 61_000 },
    ]);
    moveLeft(both, NEW);
    converse(both);
    for (const one of [left, right]) {
      expect(one.views()[0]?.nat).toEqual({ local: false, remote: false });
      expect(one.core.children()).toMatchObject([{ encap: false }]);
    }
    expect(left.timerNames()).not.toContain('keepalive');
  });

  it('another mapping of its translator: a probe finds out, and an update tells (RFC 4555 §3.8)', () => {
    const both = connected();
    const { left, right } = both;
    let outside = { address: '203.0.113.5', port: 61_000 };
    const translated = () => {
      for (let turn = 0; turn < 4; turn++) {
        for (const sent of left.take()) right.receive({ ...sent, from: outside });
        for (const sent of right.take()) left.receive({ ...sent, to: at('10.9.0.2') });
      }
    };
    moveLeft(both, '10.9.0.2');
    translated();
    left.fire('liveness');
    expect(notifiesIn(left)).toEqual([['NAT_DETECTION_SOURCE_IP', 'NAT_DETECTION_DESTINATION_IP']]);
    translated();
    expect(right.views()[0]).toMatchObject({ remote: outside });
    outside = { address: '203.0.113.5', port: 62_000 };
    left.fire('liveness');
    translated();
    expect(right.views()[0]).toMatchObject({ remote: outside });
    expect(outerEnds(right)).toEqual([`${RIGHT.address} > ${outside.address}`]);
  });

  it('refused by UNACCEPTABLE_ADDRESSES: the tunnel starts over from there', () => {
    const both = connected();
    const { left, right } = both;
    moveLeft(both);
    left.take();
    left.receive(answerOf(right, left, [notifyPayload('UNACCEPTABLE_ADDRESSES'), cookieOf(left)]));
    expect(left.reasonsOf('child.deleted')).toEqual(['address-gone']);
    expect(left.core.children()).toEqual([]);
  });

  it('UNEXPECTED_NAT_DETECTED: tried again a few times, as one who alters single packets shall not keep it away', () => {
    const both = connected();
    const { left, right } = both;
    moveLeft(both);
    for (let refusal = 0; refusal < 4; refusal++) {
      expect(notifiesIn(left)[0]?.[0]).toBe('UPDATE_SA_ADDRESSES');
      left.take();
      left.receive(answerOf(right, left, [notifyPayload('UNEXPECTED_NAT_DETECTED'), cookieOf(left)]));
    }
    expect(left.reasonsOf('child.deleted')).toEqual(['address-gone']);
  });

  it.each([
    ['another', notifyPayload('COOKIE2', new Uint8Array(16))],
    ['a shorter', notifyPayload('COOKIE2', new Uint8Array(8))],
    ['an empty', notifyPayload('COOKIE2')],
    ['no', notifyPayload('MOBIKE_SUPPORTED')],
  ])('U4: answered with %s COOKIE2 it closes the IKE SA (§3.7)', (_, notify) => {
    const both = connected();
    const { left, right } = both;
    moveLeft(both);
    left.take();
    left.receive(answerOf(right, left, [notify]));
    expect(left.reasonsOf('child.deleted')).toEqual(['protocol-error']);
    expect(left.views()).toMatchObject([{ state: 'deleting' }]);
  });
});

/** What `from` could answer to the request that waits at `to`. */
function answerOf(from: TestGateway, to: TestGateway, payloads: Parameters<typeof forge>[1]['payloads']) {
  const messageId = to.ikeSa().outstanding?.messageId ?? -1;
  const sent = forge(from, { exchange: 'INFORMATIONAL', messageId, payloads, response: true });
  return { ...sent, to: to.ikeSa().local };
}

function cookieOf(gateway: TestGateway) {
  const task = gateway.ikeSa().outstanding?.task;
  if (task === undefined || !('cookie' in task)) throw new Error('no COOKIE2 is out');
  return notifyPayload('COOKIE2', task.cookie);
}

const UPDATE = notifyPayload('UPDATE_SA_ADDRESSES');
const VICTIM = { address: '203.0.113.66', port: 4500 };

describe('U4: a responder and a hostile initiator', () => {
  function updated(both: Pair, payloads = [UPDATE], from = VICTIM, to = at(RIGHT.address)): void {
    const messageId = both.right.ikeSa().expectedRequestId;
    both.right.receive({ ...forge(both.left, { exchange: 'INFORMATIONAL', messageId, payloads }), from, to });
  }

  it('that says it is at the address of a victim: no packet goes there, and a few questions at most', () => {
    const both = connected();
    const { right } = both;
    updated(both);
    const [, ...questions] = right.take();
    expect(questions.map(({ to }) => to)).toEqual([VICTIM]);
    expect(right.steps('move-sa')).toEqual([]);
    let asked = 1;
    while (right.views()[0]?.state === 'established') {
      right.fire('retransmit');
      asked += right.take().length;
    }
    expect(asked).toBeLessThan(12);
    expect(right.steps('move-sa')).toEqual([]);
    expect(right.reasonsOf('child.deleted')).toEqual(['peer-unresponsive']);
  });

  it('that answers the question without having read it: the IKE SA ends', () => {
    const both = connected();
    const { left, right } = both;
    updated(both);
    right.take();
    right.receive({ ...answerOf(left, right, [notifyPayload('COOKIE2', new Uint8Array(16))]), from: VICTIM });
    expect(right.reasonsOf('child.deleted')).toEqual(['protocol-error']);
    expect(right.steps('move-sa')).toEqual([]);
  });

  it('that names many further addresses, or nonsense: a few are kept', () => {
    const both = connected();
    const many = Array.from({ length: 19 }, (_, n) =>
      notifyPayload('ADDITIONAL_IP4_ADDRESS', Uint8Array.of(10, 0, n >> 8, n & 0xff)),
    );
    updated(both, many, at(LEFT.address));
    expect(both.right.ikeSa().mobike?.peerAddresses).toHaveLength(16);
    const nonsense = [0, 1, 5, 64].map((length) => notifyPayload('ADDITIONAL_IP6_ADDRESS', new Uint8Array(length)));
    updated(both, nonsense, at(LEFT.address));
    expect(both.right.ikeSa().mobike?.peerAddresses).toHaveLength(16);
    updated(both, [notifyPayload('NO_ADDITIONAL_ADDRESSES')], at(LEFT.address));
    expect(both.right.ikeSa().mobike?.peerAddresses).toEqual([]);
    expect(both.right.views()).toMatchObject([{ state: 'established', remote: at(LEFT.address) }]);
  });

  it('that names thousands of them: no message has that many notifies', () => {
    const both = connected();
    const many = Array.from({ length: 4_000 }, () =>
      notifyPayload('ADDITIONAL_IP4_ADDRESS', Uint8Array.of(10, 0, 0, 1)),
    );
    updated(both, many);
    expect(both.right.reasonsOf('child.deleted')).toEqual(['protocol-error']);
  });

  it.each([0, 11, 12, 13, 36, 4_000])('NO_NATS_ALLOWED of %i octets that do not fit: nothing moves', (length) => {
    const both = connected();
    const { right } = both;
    updated(both, [UPDATE, notifyPayload('NO_NATS_ALLOWED', new Uint8Array(length))]);
    expect(notifiesIn(right)).toEqual([['UNEXPECTED_NAT_DETECTED']]);
    expect(right.views()[0]).toMatchObject({ remote: at(LEFT.address) });
  });

  it('to an address that is not ours: UNACCEPTABLE_ADDRESSES', () => {
    const both = connected();
    const { right } = both;
    updated(both, [UPDATE], VICTIM, at('198.51.100.99'));
    expect(notifiesIn(right)).toEqual([['UNACCEPTABLE_ADDRESSES']]);
    expect(right.views()[0]).toMatchObject({ local: at(RIGHT.address), remote: at(LEFT.address) });
  });

  it('COOKIE2 comes back as it is, and of a size that is not allowed does not', () => {
    const both = connected();
    const { right } = both;
    for (const [length, returned] of [
      [8, 1],
      [64, 1],
      [7, 0],
      [65, 0],
    ] as const) {
      updated(both, [notifyPayload('COOKIE2', new Uint8Array(length).fill(length))], at(LEFT.address));
      const answer = read(right, right.takeOne());
      expect(answer).toEqual(returned === 0 ? [] : [notifyPayload('COOKIE2', new Uint8Array(length).fill(length))]);
    }
  });

  it('a responder that says it has moved is not believed: the initiator decides', () => {
    const { left, right } = connected();
    left.receive({
      ...forge(right, { exchange: 'INFORMATIONAL', messageId: 0, payloads: [UPDATE] }),
      from: VICTIM,
      to: at(LEFT.address),
    });
    expect(left.views()[0]).toMatchObject({ remote: at(RIGHT.address) });
    expect(left.steps('move-sa')).toEqual([]);
  });

  it('without MOBIKE agreed upon an update means nothing', () => {
    const both = connected({ left: { mobike: false } });
    updated(both, [UPDATE], VICTIM, { address: RIGHT.address, port: 500 });
    expect(both.right.views()[0]?.remote.address).toBe(LEFT.address);
    expect(both.right.outbox).toHaveLength(1);
  });
});

describe('AH, which passes no translator', () => {
  const AH = {
    childProtocol: 'ah',
    childProposals: [{ protocol: 'ah', encryption: [], integrity: ['sha256'], prf: [], keyExchange: [], esn: [false] }],
  } as const;

  it('the responder does not follow behind one, and the tunnel starts over', () => {
    const both = connected({ left: AH, right: AH });
    const { left, right } = both;
    moveLeft(both, '10.9.0.2');
    right.receive({ ...left.takeOne(), from: { address: '203.0.113.5', port: 61_000 } });
    expect(notifiesIn(right)[0]?.[0]).toBe('UNACCEPTABLE_ADDRESSES');
    left.receive({ ...right.takeOne(), to: at('10.9.0.2') });
    expect(left.reasonsOf('child.deleted')).toEqual(['address-gone']);
  });
});

describe('the addresses of the responder (RFC 4555 §3.6)', () => {
  const moveRight = ({ right }: Pair, address: IpAddress, others: readonly IpAddress[]) =>
    right.command({ kind: 'local-address', gateway: 'gw', address, others });
  const ELSEWHERE = '198.51.100.77';

  it('are told when they change; the one in use stays in use as long as it is there', () => {
    const both = connected();
    const { left, right } = both;
    moveRight(both, ELSEWHERE, [RIGHT.address]);
    expect(notifiesIn(right)).toEqual([['ADDITIONAL_IP4_ADDRESS']]);
    converse(both);
    expect(left.ikeSa().mobike?.peerAddresses).toEqual([ELSEWHERE]);
    moveRight(both, ELSEWHERE, [RIGHT.address]);
    expect(right.outbox).toEqual([]);
    moveRight(both, RIGHT.address, []);
    expect(notifiesIn(right)).toEqual([['NO_ADDITIONAL_ADDRESSES']]);
    converse(both);
    expect(left.ikeSa().mobike?.peerAddresses).toEqual([]);
    expect(outerEnds(right)).toEqual([`${RIGHT.address} > ${LEFT.address}`]);
  });

  it('told from a new one without the one in use: the initiator goes there once the responder answers from it', () => {
    const both = connected();
    const { left, right } = both;
    const sent = forge(right, {
      exchange: 'INFORMATIONAL',
      messageId: 0,
      payloads: [notifyPayload('NO_ADDITIONAL_ADDRESSES')],
    });
    left.receive({ ...sent, from: at(ELSEWHERE), to: at(LEFT.address) });
    expect(left.views()[0]).toMatchObject({ remote: at(ELSEWHERE) });
    expect(outerEnds(left)).toEqual([`${LEFT.address} > ${RIGHT.address}`]);
    const [, update] = left.take();
    expect(update?.to).toEqual(at(ELSEWHERE));
    left.receive(answerOf(right, left, [cookieOf(left)]));
    expect(outerEnds(left)).toEqual([`${LEFT.address} > ${ELSEWHERE}`]);
  });

  it('gone: the tunnel starts over, with a farewell from the new one', () => {
    const both = connected();
    const { left, right } = both;
    moveRight(both, ELSEWHERE, []);
    expect(right.reasonsOf('child.deleted')).toEqual(['address-gone']);
    expect(right.outbox.map(({ from }) => from)).toEqual([at(ELSEWHERE)]);
    converse(both);
    expect([left.views(), right.views()]).toEqual([[], []]);
  });
});

describe('who cannot move', () => {
  it.each([
    ['without MOBIKE', { mobike: false }],
    ['with IKEv1', { version: 1 as const, mobike: false }],
  ])('%s: starts over where its address is gone, and only then', (_, changes) => {
    const both = connected({ left: changes, right: changes });
    const { left, right } = both;
    moveLeft(both, NEW, [LEFT.address]);
    expect(left.core.children()).toHaveLength(1);
    moveLeft(both, NEW);
    expect(left.reasonsOf('child.deleted')).toEqual(['address-gone']);
    expect(left.outbox.map(({ from }) => from.address)).toContain(NEW);
    converse(both);
    expect([left.core.children(), right.core.children()]).toEqual([[], []]);
    left.initiate();
    expect(left.takeOne().from.address).toBe(NEW);
  });

  it.each(['init-sent', 'auth-sent'])('in the middle of %s: the attempt is over', (phase) => {
    const both = phase === 'auth-sent' ? halfOpen() : pair();
    if (phase === 'init-sent') both.left.initiate();
    expect(both.left.ikeSa().phase).toBe(phase);
    moveLeft(both);
    expect(both.left.reasonsOf('ike.failed')).toEqual(['address-gone']);
    expect(both.left.views()).toEqual([]);
  });

  it('on the way out: the farewell comes from the new address', () => {
    const both = connected();
    const { left, right } = both;
    left.terminate();
    left.take();
    moveLeft(both);
    expect(left.outbox.map(({ from }) => from)).toEqual([at(NEW)]);
    converse(both);
    expect([left.views(), right.views()]).toEqual([[], []]);
  });

  it('a peer may call at each address that is there', () => {
    const { left, right } = pair({
      left: { remote: { ...tunnelPolicy(LEFT, RIGHT).remote, address: { kind: 'address', address: '198.51.100.77' } } },
    });
    right.command({ kind: 'local-address', gateway: 'gw', address: RIGHT.address, others: ['198.51.100.77'] });
    left.initiate();
    converse({ left, right });
    expect(right.views()).toMatchObject([{ state: 'established', local: at('198.51.100.77') }]);
  });
});

it('a kernel that hides the keys cannot follow: the tunnel starts over', () => {
  const both = connected();
  both.left.refuses = 'move-sa';
  moveLeft(both);
  expect(both.left.reasonsOf('child.deleted')).toEqual(['kernel-refused']);
});

it('a restored process goes on with the addresses that the machine has', () => {
  const both = connected();
  moveLeft(both);
  both.left.terminate();
  converse(both);
  both.left.terminate();
  converse(both);
  const { tunnels } = both.left;
  const restored = new TestGateway(NEW, { seed: 9, tunnels, state: both.left.core.snapshot() });
  restored.initiate();
  expect(restored.take().map(({ from }) => from.address)).toContain(NEW);
});

describe('after the IKE SA is rekeyed', () => {
  it.each(['left', 'right'] as const)('by the %s side, the one that has initiated the first still decides', (side) => {
    const both = connected();
    const { left, right } = both;
    both[side].fire('rekey');
    converse(both);
    expect(both[side].eventTypes()).toContain('ike.rekeyed');
    moveLeft(both);
    converse(both);
    expect(outerEnds(left)).toEqual([`${NEW} > ${RIGHT.address}`]);
    expect(outerEnds(right)).toEqual([`${RIGHT.address} > ${NEW}`]);
    for (const one of [left, right]) expect(one.eventTypes()).not.toContain('child.deleted');
  });

  it.each(['left', 'right'] as const)('by the %s side while the initiator moves: both are done', (side) => {
    const both = connected();
    const { left, right } = both;
    both[side].fire('rekey');
    // The request is lost, and sent again by the new way.
    expect(both[side].take()).toHaveLength(1);
    moveLeft(both);
    converse(both);
    for (const one of [left, right]) {
      expect(one.eventTypes()).toContain('ike.rekeyed');
      expect(one.eventTypes()).not.toContain('child.deleted');
    }
    expect(outerEnds(left)).toEqual([`${NEW} > ${RIGHT.address}`]);
    expect(outerEnds(right)).toEqual([`${RIGHT.address} > ${NEW}`]);
  });

  it('and the Child SA is rekeyed in the new place', () => {
    const both = connected();
    const { left, right } = both;
    moveLeft(both);
    converse(both);
    left.fire(`rekey-${left.core.children()[0]?.id}`);
    converse(both);
    const installed = left.core.children().filter(({ state }) => state === 'installed');
    expect(installed.map(({ inbound }) => inbound.destination)).toEqual([NEW]);
    expect(right.eventTypes()).toContain('child.rekeyed');
  });
});
