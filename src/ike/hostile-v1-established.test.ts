import { describe, expect, it } from 'vitest';
import { fromHex } from '../base/bytes.ts';
import type { Endpoint } from '../base/net.ts';
import { LEFT, RIGHT } from '../sim/tunnels.ts';
import { type Sent, TestGateway } from './testing/gateway.ts';
import { connectedV1, forgeRaw, forgeV1, ikeSaV1, stateOf } from './testing/ikev1.ts';
import { converse, deliver, type Pair } from './testing/pair.ts';
import { HEADER, withByte } from './testing/tampering.ts';
import { spiBytes } from './v1/child-end.ts';
import { deleteChildren, deleteIke, ikeNotify } from './v1/notifies.ts';
import { dpdNotify } from './v1/wire/dpd.ts';
import { idPayload } from './v1/wire/id.ts';
import { NOTIFY, type NotifyPayload } from './v1/wire/notify.ts';
import type { PayloadV1 } from './v1/wire/payload.ts';
import { saPayload } from './v1/wire/sa.ts';
import { EXCHANGE_V1 } from './wire/header.ts';

const ELSEWHERE: Endpoint = { address: '203.0.113.66', port: 4500 };

/** Both ends behind NAT, as far as `right` knows of the left one: it follows where the peer goes. */
function behindNat(): Pair {
  const both = connectedV1('main');
  const state = both.right.core.snapshot();
  for (const sa of state.ikeSas.values()) sa.nat = { local: false, remote: true };
  const policies = { seed: 3, tunnels: [...both.right.tunnels] };
  const right = new TestGateway(RIGHT.address, { ...policies, state });
  right.mono = both.right.mono;
  for (const [key, at] of both.right.timers) right.timers.set(key, at);
  return { left: both.left, right };
}

function reflected(sent: Sent, from: Endpoint = sent.to): Sent {
  return { from, to: sent.from, datagram: sent.datagram };
}

function probe(gateway: TestGateway, sequence: number): NotifyPayload {
  const { initiatorSpi, responderSpi } = ikeSaV1(gateway);
  return dpdNotify({ kind: 'R-U-THERE', initiatorSpi, responderSpi, sequence });
}

function answer(gateway: TestGateway, sequence: number): NotifyPayload {
  const { initiatorSpi, responderSpi } = ikeSaV1(gateway);
  return dpdNotify({ kind: 'R-U-THERE-ACK', initiatorSpi, responderSpi, sequence });
}

function expectConnected({ right }: Pair): void {
  expect(right.core.views()).toMatchObject([{ state: 'established' }]);
  expect(right.core.children()).toMatchObject([{ state: 'installed' }]);
}

function outboundOf(gateway: TestGateway): Uint8Array {
  return spiBytes(gateway.core.children()[0]?.outbound.spi ?? 0);
}

describe('what is not authentic (X1, X5, T10)', () => {
  it('every bit of a Delete flipped, from its own address and from another: no reply, no change', () => {
    const { left, right } = connectedV1('main');
    const before = stateOf(right);
    const genuine = forgeV1(left, { payloads: [deleteIke(ikeSaV1(left))] });
    // The commit and the authentication-only flag are not authenticated, and mean nothing.
    const ignored = new Set([HEADER.flags * 8 + 1, HEADER.flags * 8 + 2]);
    for (let bit = 0; bit < genuine.datagram.length * 8; bit++) {
      const at = bit >> 3;
      if (at === HEADER.flags || (at === HEADER.version && (bit & 7) < 4) || ignored.has(bit)) continue;
      const flipped = withByte(genuine, at, (genuine.datagram[at] ?? 0) ^ (1 << (bit & 7)));
      right.receive(flipped);
      right.receive({ ...flipped, from: ELSEWHERE });
    }
    expect(right.take().every(({ to }) => to.port !== 0)).toBe(true);
    expect(stateOf(right)).toEqual(before);
    right.receive(genuine);
    expect(right.core.views()).toEqual([]);
  });

  it('every truncation, with the length put right', () => {
    const { left, right } = connectedV1('aggressive');
    const before = stateOf(right);
    const genuine = forgeV1(left, { payloads: [deleteIke(ikeSaV1(left))] });
    for (let length = 28; length < genuine.datagram.length; length++) {
      const datagram = genuine.datagram.slice(0, length);
      new DataView(datagram.buffer).setUint32(24, length);
      right.receive({ ...genuine, datagram });
    }
    expect(right.take()).toEqual([]);
    expect(stateOf(right)).toEqual(before);
  });

  it.each([
    ['T10: in the clear', { flags: 0 }],
    ['M4: with message ID 0', { messageId: 0 }],
    ['T10: with no HASH', { hash: null }],
    ['T10, A10: with a wrong HASH', { hash: new Uint8Array(32) }],
    ['A10: with a HASH cut short', { hash: new Uint8Array(1) }],
    ['H8: in exchange type 0', { exchange: 0 }],
    ['CP4: in a transaction of XAUTH and Mode Config', { exchange: 'TRANSACTION' }],
    ['O6: in New Group Mode', { exchange: 'NEW_GROUP_MODE' }],
    ['H8: in exchange type 255', { exchange: 255 }],
    ['O6: in Main Mode', { exchange: 'MAIN_MODE' }],
    ['O6: in Aggressive Mode', { exchange: 'AGGRESSIVE_MODE' }],
    ['H9: in INFORMATIONAL of IKEv2', { exchange: 37 }],
  ] as const)('a Delete %s is dropped', (_, change) => {
    const { left, right } = connectedV1('main');
    const before = stateOf(right);
    const { flags, ...forgery } = { flags: undefined, ...change };
    const sent = forgeV1(left, { payloads: [deleteIke(ikeSaV1(left))], ...forgery });
    right.receive(flags === undefined ? sent : withByte(sent, HEADER.flags, flags));
    expect(right.take()).toEqual([]);
    expect(stateOf(right)).toEqual(before);
    expect(right.drops()).toHaveLength(1);
  });

  it('H6, H9: with the SPIs of another IKE SA, or as the other version', () => {
    const { left, right } = connectedV1('main');
    const before = stateOf(right);
    const sent = forgeV1(left, { payloads: [deleteIke(ikeSaV1(left))] });
    right.receive(withByte(sent, 0, (sent.datagram[0] ?? 0) ^ 1));
    right.receive(withByte(sent, 8, (sent.datagram[8] ?? 0) ^ 1));
    right.receive(withByte(sent, HEADER.version, 0x20));
    right.receive({ ...sent, datagram: Uint8Array.from(sent.datagram, (byte, at) => (at >= 8 && at < 16 ? 0 : byte)) });
    expect(right.take()).toEqual([]);
    expect(stateOf(right)).toEqual(before);
  });

  it('H10: the commit flag, the authentication-only flag and a minor version are ignored', () => {
    const { left, right } = connectedV1('main');
    const sent = forgeV1(left, { payloads: [deleteIke(ikeSaV1(left))] });
    right.receive(withByte(withByte(sent, HEADER.flags, 0xff), HEADER.version, 0x1f));
    expect(right.core.views()).toEqual([]);
  });

  it('P1, P2, D1: authentic garbage is dropped as a whole', () => {
    const both = connectedV1('main');
    const before = stateOf(both.right);
    const bodies: readonly (readonly [number, readonly number[]])[] = [
      [12, [0, 0, 0, 3]],
      [12, [0, 0, 0, 0]],
      [12, [0, 0, 255, 255, 1, 2]],
      [12, [12, 0, 0, 4, 12, 0, 0, 4, 0, 0, 0, 0]],
      [12, [0, 0, 0, 12, 0, 0, 0, 1, 3, 4, 0xff, 0xff]],
      [12, [0, 0, 0, 12, 0, 0, 0, 1, 3, 0, 0, 9]],
      [12, [0, 0, 0, 12, 0, 0, 0, 1, 1, 0, 0, 9]],
      [12, [0, 0, 0, 16, 0, 0, 0, 1, 1, 4, 0, 1, 0, 0, 0, 1]],
      [11, [0, 0, 0, 12, 0, 0, 0, 1, 3, 255, 0, 14]],
      [11, [0, 0, 0, 5, 1]],
      [33, [0, 0, 0, 4]],
      [2, [0, 0, 0, 4]],
    ];
    for (const [index, [type, octets]] of bodies.entries())
      both.right.receive(forgeRaw(both.left, 1000 + index, type, Uint8Array.from(octets)));
    expect(both.right.take()).toEqual([]);
    expect(stateOf(both.right)).toEqual(before);
  });

  it('P3: thousands of payloads', () => {
    const both = connectedV1('main');
    const before = stateOf(both.right);
    both.right.receive(
      forgeRaw(
        both.left,
        5,
        12,
        Uint8Array.from({ length: 8000 }, (_, at) => [12, 0, 0, 4][at & 3] ?? 0),
      ),
    );
    both.right.receive(
      forgeRaw(
        both.left,
        6,
        200,
        Uint8Array.from({ length: 60_000 }, (_, at) => [200, 0, 0, 4][at & 3] ?? 0),
      ),
    );
    expect(stateOf(both.right)).toEqual(before);
  });
});

describe('payloads of an authenticated peer', () => {
  const informed = (payloads: readonly PayloadV1[], both = connectedV1('main')) => {
    both.right.receive(forgeV1(both.left, { payloads }));
    return both;
  };

  it('T3, P4, P7, P8: unknown notifies and payloads that belong elsewhere run no handler', () => {
    const note = (notify: number, size = 0): PayloadV1 => ({
      type: 'N',
      doi: 1,
      protocol: 0,
      spi: new Uint8Array(0),
      notify,
      data: new Uint8Array(size),
    });
    const both = informed([
      note(9999),
      note(14),
      note(24),
      note(50_000, 20_000),
      note(NOTIFY.CONNECTED),
      note(NOTIFY.RESPONDER_LIFETIME, 7),
      note(NOTIFY.R_U_THERE),
      { type: 'V', data: new Uint8Array(3) },
      { type: 'SIG', body: new Uint8Array(9) },
      { type: 'unknown', payloadType: 14, body: new Uint8Array(4) },
      { type: 'unknown', payloadType: 200, body: new Uint8Array(4) },
    ]);
    expect(both.right.take()).toEqual([]);
    expectConnected(both);
  });

  it('D2: a Delete of what is not the sender’s is ignored', () => {
    const both = connectedV1('main');
    const [child] = both.right.core.children();
    const none = fromHex('00000000');
    const ours = spiBytes(child?.inbound.spi ?? 0);
    informed([deleteChildren('esp', [none, fromHex('deadbeef'), ours])], both);
    both.right.receive(
      forgeV1(both.left, { messageId: 2, payloads: [deleteChildren('ah', [outboundOf(both.right)])] }),
    );
    const foreign = { initiatorSpi: '1122334455667788', responderSpi: '8877665544332211' };
    both.right.receive(forgeV1(both.left, { messageId: 3, payloads: [deleteIke(foreign)] }));
    expect(both.right.take()).toEqual([]);
    expectConnected(both);
  });

  it('D2: the same SPI a thousand times deletes once', () => {
    const both = connectedV1('main');
    const spi = outboundOf(both.right);
    informed(
      [
        deleteChildren(
          'esp',
          Array.from({ length: 1000 }, () => spi),
        ),
      ],
      both,
    );
    expect(both.right.core.children()).toEqual([]);
    expect(both.right.steps('remove-sa')).toHaveLength(2);
    expect(both.right.eventTypes().filter((type) => type === 'child.deleted')).toHaveLength(1);
  });

  it('D3: what stands behind the Delete of the IKE SA does not count', () => {
    const both = connectedV1('main');
    const spi = outboundOf(both.right);
    informed([deleteIke(ikeSaV1(both.left)), deleteChildren('esp', [spi]), probe(both.left, 7)], both);
    expect(both.right.take()).toEqual([]);
    expect(both.right.core.views()).toEqual([]);
    expect(both.right.core.children()).toHaveLength(1);
  });

  it('D3: a Delete of the Child SA and then a notify about it', () => {
    const both = connectedV1('main');
    const spi = outboundOf(both.right);
    const about: PayloadV1 = { type: 'N', doi: 1, protocol: 3, spi, notify: 11, data: new Uint8Array(0) };
    informed([deleteChildren('esp', [spi]), about], both);
    expect(both.right.core.children()).toEqual([]);
    expect(both.right.core.views()).toMatchObject([{ state: 'established' }]);
  });

  it('T5: INITIAL-CONTACT counts for older state, once, and not for this IKE SA', () => {
    const both = connectedV1('main');
    const contact = ikeNotify(ikeSaV1(both.left), 'INITIAL_CONTACT');
    for (let id = 1; id < 4; id++) both.right.receive(forgeV1(both.left, { messageId: id, payloads: [contact] }));
    expectConnected(both);
  });
});

describe('replays and reflections', () => {
  it('M4: an informational message that comes again does nothing, from wherever', () => {
    const { left, right } = behindNat();
    const refusal: PayloadV1 = {
      ...ikeNotify(ikeSaV1(left), 'NO_PROPOSAL_CHOSEN'),
      protocol: 3,
      spi: new Uint8Array(4),
    };
    const recorded = forgeV1(left, { payloads: [refusal] });
    right.receive(recorded);
    // A Quick Mode of ours is under way now, which the old refusal has nothing to do with.
    const child = right.core.children()[0]?.id;
    right.mono += 60_000;
    right.input({ kind: 'timer', key: `sas:net:rekey-${child}` });
    const [first] = right.take();
    expect(first).toBeDefined();
    right.receive(recorded);
    right.receive({ ...recorded, from: ELSEWHERE });
    expect(right.reasonsOf('child.failed')).toEqual([]);
    expect([...ikeSaV1(right).quickModes.values()].map(({ phase }) => phase)).toContain('qm1-sent');
  });

  it('Y1: our own probe comes back: it proves no life, moves nothing, and the peer’s own numbers still count', () => {
    const { left, right } = behindNat();
    right.fire('liveness');
    const [ours] = right.take();
    if (ours === undefined) throw new Error('a probe expected');
    const before = ikeSaV1(right);
    expect(before.dpd.asking).toBeDefined();
    right.receive(reflected(ours));
    right.receive(reflected(ours, ELSEWHERE));
    expect(right.take()).toEqual([]);
    expect(ikeSaV1(right)).toEqual(before);
    right.receive(forgeV1(left, { payloads: [probe(left, before.dpd.nextSequence - 1000)] }));
    expect(right.take()).toHaveLength(1);
  });

  it('our own answer to a probe, our own Delete and our own refusal come back', () => {
    const { left, right } = behindNat();
    right.receive(forgeV1(left, { payloads: [probe(left, 7)] }));
    right.receive(forgeV1(left, { exchange: 'QUICK_MODE', messageId: 77, payloads: quickMode1() }));
    const said = right.take();
    expect(said).toHaveLength(2);
    const before = stateOf(right);
    for (const sent of said) {
      right.receive(reflected(sent));
      right.receive(reflected(sent, ELSEWHERE));
    }
    expect(right.take()).toEqual([]);
    expect(stateOf(right)).toEqual(before);
  });

  it('M4: our own first message of Quick Mode comes back when that is long over: nothing begins', () => {
    const both = connectedV1('main');
    const child = both.left.core.children()[0]?.id;
    both.left.mono += 60_000;
    both.left.input({ kind: 'timer', key: `sas:net:rekey-${child}` });
    const [ours] = both.left.outbox;
    if (ours === undefined) throw new Error('a Quick Mode expected');
    converse(both);
    for (let n = 0; n < 4; n++) {
      const name = both.left.timerNames().find((one) => one.startsWith('quick-mode-'));
      if (name !== undefined) both.left.fire(name);
    }
    both.left.take();
    expect(ikeSaV1(both.left).quickModes.size).toBe(0);
    const before = stateOf(both.left);
    both.left.receive(reflected(ours));
    expect(both.left.take()).toEqual([]);
    expect(stateOf(both.left)).toEqual(before);
    expect(both.left.reasonsOf('child.failed')).toEqual([]);
  });

  it('M4: every message of phase 1 and of the first Quick Mode comes again, from its own address and from another', () => {
    const both = connectedV1('main');
    const recorded: Sent[] = [];
    const again = connectedRecorded(recorded);
    const before = stateOf(again.right);
    const left = stateOf(again.left);
    for (const sent of recorded)
      for (const from of [sent.from, ELSEWHERE]) {
        again.right.receive({ ...sent, from });
        again.left.receive({ ...sent, from });
      }
    for (const gateway of [again.left, again.right])
      expect(gateway.core.views()).toMatchObject([{ state: 'established', remote: { port: 500 } }]);
    expect(again.right.take().length + again.left.take().length).toBeLessThanOrEqual(12);
    expect(withoutRepeated(stateOf(again.right))).toEqual(withoutRepeated(before));
    expect(withoutRepeated(stateOf(again.left))).toEqual(withoutRepeated(left));
    expectConnected(both);
  });

  it('M4: a refused Quick Mode that comes again is answered from memory, a limited number of times, and told once', () => {
    const { left, right } = behindNat();
    const asked = forgeV1(left, { exchange: 'QUICK_MODE', messageId: 77, payloads: quickMode1() });
    for (let n = 0; n < 100; n++) right.receive(asked);
    const answers = right.take();
    expect(new Set(answers.map(({ datagram }) => datagram.join())).size).toBe(1);
    expect(answers.length).toBeLessThan(25);
    expect(right.reasonsOf('child.failed')).toHaveLength(1);
    const quickModes = ikeSaV1(right).quickModes.size;
    for (let id = 100; id < 200; id++)
      right.receive(forgeV1(left, { exchange: 'QUICK_MODE', messageId: id, payloads: quickMode1() }));
    expect(right.take()).toHaveLength(100);
    right.receive(asked);
    expect(right.take()).toEqual([]);
    expect(ikeSaV1(right).quickModes.size).toBe(quickModes);
    expect(ikeSaV1(right).refusals.size).toBeLessThan(50);
    expect(ikeSaV1(right).ivs?.exchanges.size).toBe(quickModes);
  });
});

describe('dead peer detection (Y1, RFC 3706)', () => {
  it('a probe is answered with its number, in the order that the peer has', () => {
    const { left, right } = connectedV1('main');
    right.receive(forgeV1(left, { payloads: [probe(left, 7)] }));
    right.receive(forgeV1(left, { messageId: 2, payloads: [probe(left, 8)], hashLast: true }));
    const before = ikeSaV1(left);
    expect(before.dpd.hashLast).toBe(false);
    expect(ikeSaV1(right).dpd).toMatchObject({ peerSequence: 8, hashLast: true });
    expect(right.take()).toHaveLength(2);
  });

  it('an earlier number is dropped, the same again is answered and proves no life', () => {
    const { left, right } = behindNat();
    right.receive(forgeV1(left, { messageId: 1, payloads: [probe(left, 100)] }));
    right.take();
    const { lastHeardAt, remote } = ikeSaV1(right);
    right.mono += 5000;
    for (const [id, sequence] of [99, 1, 0, 0xffff_fff0].entries())
      right.receive({ ...forgeV1(left, { messageId: 10 + id, payloads: [probe(left, sequence)] }), from: ELSEWHERE });
    expect(right.take()).toEqual([]);
    right.receive({ ...forgeV1(left, { messageId: 1, payloads: [probe(left, 100)] }), from: ELSEWHERE });
    expect(right.take().map(({ to }) => to)).toEqual([remote]);
    expect(ikeSaV1(right)).toMatchObject({ lastHeardAt, remote });
  });

  it('with the SPIs of another IKE SA, a wrong size, or as an answer that nobody asked for', () => {
    const { left, right } = connectedV1('main');
    const before = stateOf(right);
    const other = { initiatorSpi: '1122334455667788', responderSpi: '8877665544332211' };
    const good = probe(left, 5);
    const odd: PayloadV1[] = [
      dpdNotify({ kind: 'R-U-THERE', ...other, sequence: 5 }),
      { ...good, data: new Uint8Array(3) },
      { ...good, data: new Uint8Array(5) },
      { ...good, spi: good.spi.slice(0, 15) },
      { ...good, protocol: 3 },
      { ...good, doi: 0 },
      answer(left, 5),
      answer(left, ikeSaV1(right).dpd.nextSequence),
    ];
    for (const [index, payload] of odd.entries())
      right.receive(forgeV1(left, { messageId: 100 + index, payloads: [payload] }));
    expect(right.take()).toEqual([]);
    const { ikeSas, ...rest } = stateOf(right);
    const { ikeSas: sasBefore, ...restBefore } = before;
    expect(rest).toEqual(restBefore);
    expect([...ikeSas.values()].map(({ lastHeardAt }) => lastHeardAt)).toEqual(
      [...sasBefore.values()].map(({ lastHeardAt }) => lastHeardAt),
    );
  });

  it('only the answer to a probe of this series counts, and where it comes from is where the peer is', () => {
    const { left, right } = behindNat();
    right.fire('liveness');
    right.fire('liveness');
    right.take();
    const { nextSequence } = ikeSaV1(right).dpd;
    for (const [index, sequence] of [nextSequence, nextSequence + 1, nextSequence - 3].entries())
      right.receive({
        ...forgeV1(left, { messageId: 200 + index, payloads: [answer(left, sequence)] }),
        from: ELSEWHERE,
      });
    expect(ikeSaV1(right).dpd.asking).toBeDefined();
    expect(ikeSaV1(right).remote).toEqual({ address: LEFT.address, port: 500 });
    const genuine = forgeV1(left, { messageId: 300, payloads: [answer(left, nextSequence - 1)] });
    right.receive({ ...genuine, from: ELSEWHERE });
    expect(ikeSaV1(right).dpd.asking).toBeUndefined();
    expect(ikeSaV1(right).remote).toEqual(ELSEWHERE);
    // The same once more, from somewhere else: it is old now.
    right.receive({ ...genuine, from: { address: '203.0.113.99', port: 1 } });
    expect(ikeSaV1(right).remote).toEqual(ELSEWHERE);
  });

  it('U3: a peer that is not behind a NAT is never followed', () => {
    const { left, right } = connectedV1('main');
    right.receive({ ...forgeV1(left, { payloads: [probe(left, 7)] }), from: ELSEWHERE });
    expect(ikeSaV1(right).remote).toEqual({ address: LEFT.address, port: 500 });
    expect(right.take().map(({ to }) => to.address)).toEqual([LEFT.address]);
  });
});

describe('O6: messages of phase 1 on an established IKE SA', () => {
  it.each([EXCHANGE_V1.MAIN_MODE, EXCHANGE_V1.AGGRESSIVE_MODE])('exchange %i', (exchange) => {
    const both = connectedV1('main');
    const before = stateOf(both.right);
    for (const messageId of [0, 1])
      both.right.receive(forgeV1(both.left, { exchange, messageId, payloads: [deleteIke(ikeSaV1(both.left))] }));
    expect(both.right.take()).toEqual([]);
    expect(stateOf(both.right)).toEqual(before);
  });
});

/** A first message of Quick Mode that asks for segments that are not configured. */
function quickMode1(): PayloadV1[] {
  const id = (last: number) => idPayload({ idType: 1, protocol: 0, port: 0, data: Uint8Array.of(172, 16, 0, last) });
  const transforms = [{ number: 1, id: 12, attributes: [] }];
  return [
    saPayload([{ number: 1, protocol: 3, spi: fromHex('11223344'), transforms }]),
    { type: 'Nonce', data: new Uint8Array(16).fill(3) },
    id(1),
    id(2),
  ];
}

/** The tunnel is up; `recorded` holds all that was said. */
function connectedRecorded(recorded: Sent[]): Pair {
  const made = connectedV1('main');
  const state = { left: made.left.tunnels, right: made.right.tunnels };
  const both = {
    left: new TestGateway(LEFT.address, { seed: 1, tunnels: state.left }),
    right: new TestGateway(RIGHT.address, { seed: 2, tunnels: state.right }),
  };
  both.left.initiate();
  while (both.left.outbox.length + both.right.outbox.length > 0)
    recorded.push(...deliver(both.left, both.right), ...deliver(both.right, both.left));
  return both;
}

function withoutRepeated(state: ReturnType<typeof stateOf>) {
  const clean = structuredClone(state);
  for (const sa of clean.ikeSas.values()) {
    if (sa.version !== 1) continue;
    if (sa.last !== undefined) sa.last.repeated = 0;
    for (const { last } of sa.quickModes.values()) if (last !== undefined) last.repeated = 0;
  }
  return clean;
}
