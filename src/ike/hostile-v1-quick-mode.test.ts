import { describe, expect, it } from 'vitest';
import { fromHex } from '../base/bytes.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { CHEAP_ESP, LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { marked, TestGateway } from './testing/gateway.ts';
import {
  alterQuickMode2,
  connectedV1,
  converseWith,
  forgeV1,
  ikeSaV1,
  pairV1,
  stateOf,
  tampered,
} from './testing/ikev1.ts';
import { converse, type Pair } from './testing/pair.ts';
import { spiBytes } from './v1/child-end.ts';
import { deleteChildren } from './v1/notifies.ts';
import type { WireAttribute } from './v1/wire/attribute.ts';
import { idPayload } from './v1/wire/id.ts';
import { NOTIFY } from './v1/wire/notify.ts';
import type { PayloadV1 } from './v1/wire/payload.ts';
import { saPayload, type WireProposal } from './v1/wire/sa.ts';
import { EXCHANGE_V1 } from './wire/header.ts';

const PFS = [{ ...CHEAP_ESP, keyExchange: ['curve25519' as const] }];

/** AES-128 with HMAC-SHA-256, tunnel mode, as `right` has it. */
const GOOD: readonly WireAttribute[] = [tv(4, 1), tv(6, 128), tv(5, 5)];
const LIFE = (seconds: Uint8Array): WireAttribute[] => [tv(1, 1), { type: 2, form: 'TLV', value: seconds }];

function tv(type: number, value: number): WireAttribute {
  return { type, form: 'TV', value };
}

function offer(changes: Partial<WireProposal> = {}, attributes: readonly WireAttribute[] = GOOD): WireProposal {
  const spi = fromHex('c1c2c3c4');
  return { number: 1, protocol: 3, spi, transforms: [{ number: 1, id: 12, attributes }], ...changes };
}

function id(idType: number, data: readonly number[], more: { protocol?: number; port?: number } = {}): PayloadV1 {
  return idPayload({ idType, protocol: 0, port: 0, data: Uint8Array.from(data), ...more });
}

const IDCI = id(4, [10, 1, 0, 0, 255, 255, 0, 0]);
const IDCR = id(4, [10, 2, 0, 0, 255, 255, 0, 0]);
const NONCE: PayloadV1 = { type: 'Nonce', data: new Uint8Array(16).fill(3) };

function first(proposals: readonly WireProposal[] = [offer()], rest: readonly PayloadV1[] = [NONCE, IDCI, IDCR]) {
  return [saPayload(proposals), ...rest];
}

/** `right` as it is when the left peer, authenticated, begins a Quick Mode with these payloads. */
function asked(payloads: readonly PayloadV1[], both: Pair = connectedV1('main')) {
  const before = stateOf(both.right);
  const spis = both.right.operations.length;
  both.right.receive(forgeV1(both.left, { exchange: 'QUICK_MODE', messageId: 77, payloads }));
  const children = both.right.core.children();
  return { ...both, before, answers: both.right.take(), begun: both.right.operations.length > spis, children };
}

function expectRefused({ right, answers, begun }: ReturnType<typeof asked>, reason: string): void {
  expect(begun).toBe(false);
  expect(answers).toHaveLength(1);
  expect(right.reasonsOf('child.failed')).toEqual([reason]);
  expect(right.core.children()).toHaveLength(1);
  expect(right.core.views()).toMatchObject([{ state: 'established' }]);
}

describe('the first message of Quick Mode', () => {
  it('as it should be: answered', () => {
    const { answers, children } = asked(first());
    expect(answers).toHaveLength(1);
    expect(children).toHaveLength(2);
  });

  it('P5: the order behind HASH and SA does not matter, nor do payloads that nobody knows', () => {
    const extra: PayloadV1 = { type: 'unknown', payloadType: 200, body: new Uint8Array(3) };
    const { answers } = asked([extra, IDCI, NONCE, IDCR, saPayload([offer()])]);
    expect(answers).toHaveLength(1);
  });

  it.each([
    ['P6: no SA', [NONCE, IDCI, IDCR]],
    ['P6: no nonce', [saPayload([offer()]), IDCI, IDCR]],
    ['P6, S10: two SA', [...first(), saPayload([offer()])]],
    ['P6: two nonces', [...first(), NONCE]],
    ['N1: a nonce of 7 bytes', first([offer()], [{ type: 'Nonce', data: new Uint8Array(7) }, IDCI, IDCR])],
    ['N1: a nonce of 257 bytes', first([offer()], [{ type: 'Nonce', data: new Uint8Array(257) }, IDCI, IDCR])],
    ['I1: an address of 3 bytes', first([offer()], [NONCE, id(1, [10, 1, 0]), IDCR])],
    ['I1: an identity of 3 KB', first([offer()], [NONCE, id(2, [...new Uint8Array(3000).fill(97)]), IDCR])],
    ['K2: a public value longer than any', [...first(), { type: 'KE', data: new Uint8Array(5000) }]],
    ['P6: two KE', [...first(), ke(32), ke(32)]],
  ] as const)('%s: dropped', (_, payloads) => {
    const { right, before, answers } = asked(payloads);
    expect(answers).toEqual([]);
    expect(stateOf(right)).toEqual(before);
  });

  it.each([
    ['only one of two', [IDCI]],
    ['three', [IDCI, IDCR, IDCR]],
    ['a name', [id(2, [97]), IDCR]],
    ['a key ID', [IDCI, id(11, [1, 2])]],
    ['a mask with a hole', [id(4, [10, 1, 0, 0, 255, 0, 255, 0]), IDCR]],
    ['a range that ends before it begins', [id(7, [10, 1, 0, 9, 10, 1, 0, 1]), IDCR]],
    ['a port without a protocol', [id(1, [10, 1, 0, 1], { port: 80 }), IDCR]],
    ['type 0', [id(0, [1]), IDCR]],
    ['type 255', [id(255, [1]), IDCR]],
    ['wider than configured', [id(4, [10, 0, 0, 0, 255, 0, 0, 0]), IDCR]],
    ['all addresses', [id(4, [0, 0, 0, 0, 0, 0, 0, 0]), id(4, [0, 0, 0, 0, 0, 0, 0, 0])]],
    ['the wrong way round', [IDCR, IDCI]],
    ['of the other family', [id(6, [...new Uint8Array(32)]), IDCR]],
    ['none, where the gateways themselves are no segments', []],
  ] as const)('I4: client identities: %s: INVALID-ID-INFORMATION, nothing is kept', (_, ids) => {
    expectRefused(asked(first([offer()], [NONCE, ...ids])), 'traffic-selectors-unacceptable');
  });

  it('I4: one address of each family is no pair, even where both are configured', () => {
    const prefixes = (v4: string, v6: string) => [
      selectorFromPrefix({ address: v4, length: 16 }),
      selectorFromPrefix({ address: v6, length: 64 }),
    ];
    const [ours, theirs] = [prefixes('10.2.0.0', '2001:db8:2::'), prefixes('10.1.0.0', '2001:db8:1::')];
    const both = pairV1('main', {
      right: {
        local: { ...tunnelPolicy(RIGHT, LEFT).local, selectors: ours },
        remote: { ...tunnelPolicy(RIGHT, LEFT).remote, selectors: theirs },
      },
    });
    both.left.initiate();
    converse(both);
    const v6 = id(6, [
      0x20,
      1,
      0x0d,
      0xb8,
      0,
      1,
      0,
      0,
      ...new Uint8Array(8),
      ...new Uint8Array(8).fill(255),
      ...new Uint8Array(8),
    ]);
    expectRefused(asked(first([offer()], [NONCE, v6, IDCR]), both), 'traffic-selectors-unacceptable');
  });

  it.each([
    ['S2: an SPI of 3 bytes', [offer({ spi: new Uint8Array(3) })]],
    ['S2: an SPI of 8 bytes', [offer({ spi: new Uint8Array(8).fill(9) })]],
    ['S2: an SPI of 255', [offer({ spi: fromHex('000000ff') })]],
    ['S1: no transform', [offer({ transforms: [] })]],
    ['S3: an unknown protocol', [offer({ protocol: 9 })]],
    ['S3: an unknown cipher', [offer({ transforms: [{ number: 1, id: 250, attributes: GOOD }] })]],
    ['S3: an unknown attribute', [offer({}, [...GOOD, tv(99, 1)])]],
    ['S4: no key length', [offer({}, [tv(4, 1), tv(5, 5)])]],
    ['S4: a key length of 0', [offer({}, [tv(4, 1), tv(6, 0), tv(5, 5)])]],
    ['S4: a key length of 65535', [offer({}, [tv(4, 1), tv(6, 65_535), tv(5, 5)])]],
    ['S4: two key lengths', [offer({}, [...GOOD, tv(6, 128)])]],
    ['S6: no integrity', [offer({}, [tv(4, 1), tv(6, 128)])]],
    ['S6: NULL encryption', [offer({ transforms: [{ number: 1, id: 11, attributes: [tv(4, 1), tv(5, 5)] }] })]],
    ['S6: ESP and AH of one number', [offer(), offer({ protocol: 2 })]],
    ['S10: UDP encapsulation where there is no NAT', [offer({}, [tv(4, 3), tv(6, 128), tv(5, 5)])]],
    ['S10: a lifetime of 0', [offer({}, [...GOOD, ...LIFE(new Uint8Array(4))])]],
    ['S10: a lifetime of 2^64', [offer({}, [...GOOD, ...LIFE(new Uint8Array(9).fill(1))])]],
    ['S10: a lifetime of no bytes', [offer({}, [...GOOD, ...LIFE(new Uint8Array(0))])]],
    ['S10: AES-GMAC', [offer({ transforms: [{ number: 1, id: 23, attributes: [tv(4, 1), tv(6, 128)] }] })]],
    ['K1: a group that is not configured', [offer({}, [...GOOD, tv(3, 14)])]],
    ['K1: group 0', [offer({}, [...GOOD, tv(3, 0)])]],
    ['K1: group 1025', [offer({}, [...GOOD, tv(3, 1025)])]],
  ])('%s: NO-PROPOSAL-CHOSEN, nothing is kept', (_, proposals) => {
    expectRefused(asked(first(proposals)), 'no-proposal-chosen');
  });

  it('S10: transport mode: NO-PROPOSAL-CHOSEN, nothing is kept', () => {
    expectRefused(asked(first([offer({}, [tv(4, 2), tv(6, 128), tv(5, 5)])])), 'mode-mismatch');
  });

  it('S5: as many transforms as fit', () => {
    const transforms = Array.from({ length: 255 }, (_, number) => ({ number, id: 3, attributes: GOOD }));
    expectRefused(asked(first([offer({ transforms })])), 'no-proposal-chosen');
    const { answers } = asked(
      first([offer({ transforms }), offer({ number: 2, transforms }), offer({ number: 3, transforms })]),
    );
    expect(answers).toEqual([]);
  });

  it('K7, O7: no public value under PFS, or one of another length: INVALID-KEY-INFORMATION', () => {
    for (const more of [[], [ke(31)], [ke(33)]]) {
      const both = connectedV1('main', { left: { childProposals: PFS }, right: { childProposals: PFS } });
      expectRefused(asked([...first([offer({}, [...GOOD, tv(3, 31)])]), ...more], both), 'protocol-error');
    }
  });

  it('K7: a public value without PFS is ignored', () => {
    expect(asked([...first(), ke(32)]).answers).toHaveLength(1);
  });

  it('K3, K5: a point of small order under PFS: refused, and nothing stays', () => {
    const both = connectedV1('main', { left: { childProposals: PFS }, right: { childProposals: PFS } });
    const { right } = asked(
      [...first([offer({}, [...GOOD, tv(3, 31)])]), { type: 'KE', data: new Uint8Array(32) }],
      both,
    );
    expect(right.reasonsOf('child.failed')).toEqual(['protocol-error']);
    expect(right.core.children()).toHaveLength(1);
    expect(right.steps('remove-sa')).toHaveLength(1);
    expect(ikeSaV1(right).quickModes.has(77)).toBe(false);
  });

  it('S10: lifetimes of a second and of an eternity are put into bounds', () => {
    for (const seconds of [fromHex('01'), fromHex('001fffffffffffff')]) {
      const { right, children } = asked(first([offer({}, [...GOOD, ...LIFE(seconds)])]));
      expect(children).toHaveLength(2);
      const [spec] = right.steps('add-sa').slice(-1);
      const { hardLifetime } = spec?.kind === 'add-sa' ? spec.sa : { hardLifetime: 0 };
      expect(hardLifetime).toBeGreaterThanOrEqual(10_000);
      expect(hardLifetime).toBeLessThanOrEqual(24 * 3600 * 1000);
    }
  });

  it('S10: so are kilobytes', () => {
    for (const kilobytes of [fromHex('01'), fromHex('001fffffffffffff')]) {
      const life: WireAttribute[] = [tv(1, 2), { type: 2, form: 'TLV', value: kilobytes }];
      const { right } = asked(first([offer({}, [...GOOD, ...life])]));
      const [spec] = right.steps('add-sa').slice(-1);
      const bytes = spec?.kind === 'add-sa' ? spec.sa.bytes : undefined;
      expect(bytes?.soft).toBeGreaterThan(500_000);
      expect(bytes?.hard).toBeGreaterThan(bytes?.soft ?? 0);
      expect(BigInt(bytes?.hard ?? 0)).toBeLessThan(2n ** 64n);
    }
  });
});

describe('a Quick Mode under way', () => {
  it('X1, X5: every bit of each of its messages flipped changes nothing, and the genuine one works afterwards', () => {
    const both = pairV1('main');
    both.left.initiate();
    let quick = 0;
    converseWith(both, (to, sent, exchange) => {
      if (exchange !== EXCHANGE_V1.QUICK_MODE) return;
      quick++;
      const before = stateOf(to);
      const waiting = to.take();
      for (const one of tampered(sent)) to.receive(one);
      expect(to.take()).toEqual([]);
      to.outbox.push(...waiting);
      expect(stateOf(to)).toEqual(before);
    });
    expect(quick).toBe(3);
    for (const gateway of [both.left, both.right])
      expect(gateway.core.children()).toMatchObject([{ state: 'installed' }]);
  });

  it('M4: a message ID of 0, and a third message before there is a first', () => {
    const both = connectedV1('main');
    const before = stateOf(both.right);
    both.right.receive(forgeV1(both.left, { exchange: 'QUICK_MODE', messageId: 0, payloads: first() }));
    both.right.receive(forgeV1(both.left, { exchange: 'QUICK_MODE', messageId: 5, payloads: [] }));
    expect(both.right.take()).toEqual([]);
    expect(stateOf(both.right)).toEqual(before);
  });

  it('D2, O7: the peer deletes the Child SA before it is whole: nothing stays of it, and nothing comes after', () => {
    const { right, left } = asked(first());
    expect(right.core.children()).toHaveLength(2);
    const kept = right.steps('add-sa').length;
    right.receive(forgeV1(left, { payloads: [deleteChildren('esp', [fromHex('c1c2c3c4')])] }));
    expect(right.core.children()).toHaveLength(1);
    right.packets = 1;
    right.fire('quick-mode-77');
    expect(right.steps('add-sa')).toHaveLength(kept);
    expect(right.core.children()).toMatchObject([{ state: 'installed' }]);
    expect(ikeSaV1(right).quickModes.has(77)).toBe(false);
  });

  it('D2: it does so while the data plane is at work on the inbound half', () => {
    const both = connectedV1('main');
    both.right.hold = true;
    asked(first(), both);
    // The SPI is allocated, the inbound half asked for.
    const [allocation] = both.right.held.splice(0, 1);
    if (allocation?.kind !== 'dataplane') throw new Error('an SPI asked for');
    both.right.input({ kind: 'dataplane.reply', request: allocation.request, reply: { kind: 'spi', spi: 0xc9000001 } });
    both.right.receive(forgeV1(both.left, { payloads: [deleteChildren('esp', [fromHex('c1c2c3c4')])] }));
    both.right.hold = false;
    both.right.answerHeld();
    expect(both.right.take()).toEqual([]);
    expect(both.right.core.children()).toMatchObject([{ state: 'installed' }]);
    expect(ikeSaV1(both.right).quickModes.has(77)).toBe(false);
  });

  it('U3: the third message shows that the peer has moved: packets go out to where it is now', () => {
    let seen = 0;
    const both = pairV1('main');
    both.left.initiate();
    converseWith(both, (to, sent, exchange) => {
      if (to !== both.right || exchange !== EXCHANGE_V1.QUICK_MODE) return;
      if (both.right.core.children().length === 0) return;
      const state = both.right.core.snapshot();
      for (const one of state.ikeSas.values())
        Object.assign(one, { nat: { local: false, remote: true }, local: { ...one.local, port: 4500 } });
      for (const child of [...state.children.values()].flat()) Object.assign(child, { encap: true });
      const right = new TestGateway(RIGHT.address, { seed: 3, tunnels: both.right.tunnels, state });
      const moved = { address: '203.0.113.66', port: 4500 };
      const floated = { ...sent.to, port: 4500 };
      right.receive({ from: moved, to: floated, datagram: marked(moved, sent.datagram) });
      const out = right.steps('add-sa').flatMap((step) => (step.kind === 'add-sa' ? [step.sa.destination] : []));
      expect(out).toEqual([moved.address]);
      // What is not there yet cannot be moved, and the rest would not be either.
      expect(right.steps('move-sa')).toHaveLength(1);
      seen++;
    });
    expect(seen).toBe(1);
  });

  it('O7: the SPI of an outbound SA that is in use already: that one is not touched when this comes to nothing', () => {
    const both = connectedV1('main');
    const inUse = both.right.core.children()[0]?.outbound;
    const { right } = asked(first([offer({ spi: spiBytes(inUse?.spi ?? 0) })]), both);
    for (let n = 0; n < 20 && right.timerNames().includes('quick-mode-77'); n++) right.fire('quick-mode-77');
    expect(right.core.children()).toMatchObject([{ state: 'installed' }]);
    expect(right.steps('remove-sa')).not.toContainEqual({ kind: 'remove-sa', sa: inUse });
  });

  it('an authenticated peer begins thousands: a bounded number is kept, and all of it goes with the IKE SA', () => {
    const both = connectedV1('main');
    both.right.hold = true;
    for (let messageId = 1; messageId < 700; messageId++)
      both.right.receive(forgeV1(both.left, { exchange: 'QUICK_MODE', messageId, payloads: first() }));
    const { quickModes, usedMessageIds, ivs } = ikeSaV1(both.right);
    expect(quickModes.size).toBeLessThanOrEqual(512);
    expect(usedMessageIds.length).toBeLessThanOrEqual(1024);
    expect(ivs?.exchanges.size).toBeLessThanOrEqual(512);
    both.right.terminate();
    both.right.hold = false;
    both.right.answerHeld();
    expect(both.right.core.views()).toEqual([]);
    expect(both.right.core.children()).toEqual([]);
    expect(both.right.timers.size).toBe(0);
    expect(both.right.core.snapshot().requests.size).toBe(0);
  });
});

describe('the answer to our Quick Mode', () => {
  /** `left` has sent its first message; `right` answers with what `change` makes of its policy. */
  const answered = (change: Parameters<typeof pairV1>[1]) => {
    const both = pairV1('main', change);
    both.left.initiate();
    converse(both);
    return both;
  };

  it('S7, TS3: what is not as it was offered ends that Quick Mode, and no more', () => {
    const both = connectedV1('main');
    const child = both.left.core.children()[0]?.id;
    both.left.mono += 60_000;
    both.left.input({ kind: 'timer', key: `sas:net:rekey-${child}` });
    both.left.take();
    const [messageId] = [...ikeSaV1(both.left).quickModes.values()].flatMap((one) =>
      one.phase === 'qm1-sent' ? [one.messageId] : [],
    );
    // HASH(1) in place of HASH(2): the right keys alone do not make an answer.
    both.left.receive(forgeV1(both.right, { exchange: 'QUICK_MODE', messageId: messageId ?? 0, payloads: first() }));
    expect(ikeSaV1(both.left).quickModes.get(messageId ?? 0)?.phase).toBe('qm1-sent');
  });

  /** The successor of the Child SA is under way, and `change` is what comes of the genuine answer. */
  const answeredWith = (change: (payloads: PayloadV1[]) => readonly PayloadV1[]) => {
    const both = connectedV1('main');
    const child = both.left.core.children()[0]?.id;
    both.left.mono += 60_000;
    both.left.input({ kind: 'timer', key: `sas:net:rekey-${child}` });
    const request = both.left.takeOne();
    both.right.receive(request);
    both.left.receive(alterQuickMode2(both.right, request, both.right.takeOne(), change));
    return both;
  };

  it.each([
    ['S7: another cipher', (all) => swap(all, saPayload([offer({}, [tv(4, 1), tv(6, 256), tv(5, 5)])]))],
    ['S7: two proposals', (all) => swap(all, saPayload([offer(), offer({ number: 2 })]))],
    ['S7: two transforms', (all) => swap(all, saPayload([twice(offer())]))],
    ['S7: another protocol', (all) => swap(all, saPayload([offer({ protocol: 2 })]))],
    ['S2: a reserved SPI', (all) => swap(all, saPayload([offer({ spi: fromHex('00000001') })]))],
    ['S7: transport mode', (all) => swap(all, saPayload([offer({}, [tv(4, 2), tv(6, 128), tv(5, 5)])]))],
    ['S7: a group that was not offered', (all) => swap(all, saPayload([offer({}, [...GOOD, tv(3, 31)])]))],
    [
      'TS3: wider segments',
      (all) => [...all.filter(({ type }) => type !== 'ID'), id(4, [10, 0, 0, 0, 255, 0, 0, 0]), IDCI],
    ],
    ['TS3: one segment', (all) => [...all.filter(({ type }) => type !== 'ID'), IDCR]],
    ['P6: no SA', (all) => all.filter(({ type }) => type !== 'SA')],
    ['P6: no nonce', (all) => all.filter(({ type }) => type !== 'Nonce')],
    ['P6: two nonces', (all) => [...all, NONCE]],
    [
      'N1: a nonce of 7 bytes',
      (all) => [...all.filter(({ type }) => type !== 'Nonce'), { type: 'Nonce', data: new Uint8Array(7) }],
    ],
    ['D1: a malformed Delete', (all) => [...all, { type: 'unknown', payloadType: 12, body: new Uint8Array(8) }]],
  ] as readonly (readonly [string, (all: PayloadV1[]) => readonly PayloadV1[]])[])(
    'authentic, with %s: that Quick Mode has failed, at once, and nothing else',
    (_, change) => {
      const { left } = answeredWith(change);
      expect(left.reasonsOf('child.failed')).toHaveLength(1);
      expect([...ikeSaV1(left).quickModes.values()].filter(({ phase }) => phase !== 'done')).toEqual([]);
      expect(left.core.children()).toMatchObject([{ state: 'installed' }]);
      expect(left.core.views()).toMatchObject([{ state: 'established' }]);
      expect(left.take()).toEqual([]);
    },
  );

  it.each([
    ['of nothing', []],
    ['cut short', [0x80]],
    ['past its end', [0, 2, 0, 99, 1]],
    ['of 0', [0x80, 1, 0, 1, 0x80, 2, 0, 0]],
    ['of 2^64', [0x80, 1, 0, 1, 0, 2, 0, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['of many attributes', [...new Uint8Array(400).fill(0x80)]],
    ['of a second', [0x80, 1, 0, 1, 0x80, 2, 0, 1]],
  ])('S10: RESPONDER-LIFETIME %s: the Child SA comes up, and not for less than ten seconds', (_, data) => {
    const lifetime: PayloadV1 = {
      type: 'N',
      doi: 1,
      protocol: 3,
      spi: new Uint8Array(4),
      notify: NOTIFY.RESPONDER_LIFETIME,
      data: Uint8Array.from(data),
    };
    const { left } = answeredWith((all) => [...all, lifetime]);
    expect(left.reasonsOf('child.failed')).toEqual([]);
    expect(left.core.children()).toHaveLength(2);
    const [spec] = left.steps('add-sa').slice(-1);
    expect(spec?.kind === 'add-sa' ? spec.sa.hardLifetime : 0).toBeGreaterThanOrEqual(10_000);
  });

  it('a lifetime that the responder tells is taken where it is lower, and put into bounds', () => {
    const both = answered({ right: { childLifetime: 3600 * 1000 } });
    const specs = both.left.steps('add-sa').flatMap((step) => (step.kind === 'add-sa' ? [step.sa.hardLifetime] : []));
    expect(specs).toEqual([3600 * 1000, 3600 * 1000]);
  });
});

function swap(all: PayloadV1[], payload: PayloadV1): PayloadV1[] {
  return all.map((one) => (one.type === payload.type ? payload : one));
}

function twice(proposal: WireProposal): WireProposal {
  return { ...proposal, transforms: [...proposal.transforms, ...proposal.transforms] };
}

function ke(length: number): PayloadV1 {
  return { type: 'KE', data: new Uint8Array(length).fill(9) };
}
