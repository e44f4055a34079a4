import { describe, expect, it } from 'vitest';
import { CHEAP_IKE, LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { messageOf, type Sent, TestGateway } from './testing/gateway.ts';
import { alterClear, ikeSaV1, type Mode, pairV1, phase1 } from './testing/ikev1.ts';
import { deliver, pair } from './testing/pair.ts';
import { HEADER, withByte } from './testing/tampering.ts';
import { decodeMessage } from './v1/wire/message.ts';
import { NOTIFY } from './v1/wire/notify.ts';
import type { PayloadV1 } from './v1/wire/payload.ts';
import { decodeHeader, EXCHANGE_V1, HEADER_BYTES } from './wire/header.ts';

const MODES: readonly Mode[] = ['main', 'aggressive'];

/** A first message on its way to `right`. */
function requested(mode: Mode) {
  const both = pairV1(mode);
  both.left.initiate();
  return { ...both, request: both.left.takeOne() };
}

function payloadsIn(sent: Sent): PayloadV1[] {
  const message = messageOf(sent);
  return decodeMessage(decodeHeader(message), message.subarray(HEADER_BYTES));
}

function expectUntouched(gateway: TestGateway): void {
  expect(gateway.take()).toEqual([]);
  expect(gateway.core.views()).toEqual([]);
  expect(gateway.timers.size).toBe(0);
  expect(gateway.jobs).toEqual([]);
}

/** The header of a message alone, with an exchange type of one's choice. */
function headerOnly(sent: Sent, exchange: number): Sent {
  const datagram = sent.datagram.slice(0, HEADER_BYTES);
  datagram[16] = 0;
  datagram[HEADER.exchange] = exchange;
  datagram[HEADER.messageId] = exchange === EXCHANGE_V1.QUICK_MODE ? 1 : 0;
  new DataView(datagram.buffer).setUint32(24, HEADER_BYTES);
  return { ...sent, datagram };
}

describe.each(MODES)('the first message of IKEv1, %s mode', (mode) => {
  const FIRST = mode === 'main' ? EXCHANGE_V1.MAIN_MODE : EXCHANGE_V1.AGGRESSIVE_MODE;

  it.each([
    ['H1, H2: a byte short', (sent: Sent) => ({ ...sent, datagram: sent.datagram.slice(0, -1) })],
    ['H1: 27 bytes', (sent: Sent) => ({ ...sent, datagram: sent.datagram.slice(0, 27) })],
    ['H2: a length of 2^32 - 1', (sent: Sent) => withLength(sent, 0xffff_ffff)],
    ['H2: a length of 27', (sent: Sent) => withLength(sent, 27)],
    ['H3: major version 0', (sent: Sent) => withByte(sent, HEADER.version, 0)],
    ['H5: an initiator SPI of zero', (sent: Sent) => zeroed(sent, 0)],
    ['O6, H7: a responder SPI', (sent: Sent) => withByte(sent, 8, 1)],
    ['H5, M4: a message ID', (sent: Sent) => withByte(sent, HEADER.messageId, 1)],
    ['H10: the encryption flag', (sent: Sent) => withByte(sent, HEADER.flags, 1)],
    ...[0, 1, 3, 5, 6, 7, 31, 32, 33, 34, 255].map((type): [string, (sent: Sent) => Sent] => [
      `H8, O6: exchange type ${type}`,
      (sent) => withByte(sent, HEADER.exchange, type),
    ]),
    ['H11: from port 0', (sent: Sent) => ({ ...sent, from: { ...sent.from, port: 0 } })],
    ['H11: from our own address', (sent: Sent) => ({ ...sent, from: sent.to })],
    ['H11: from a multicast address', (sent: Sent) => ({ ...sent, from: { address: '224.0.0.1', port: 500 } })],
    ['P1: a payload of length 0', (sent: Sent) => withByte(withByte(sent, 30, 0), 31, 0)],
    ['P1: a payload of length 3', (sent: Sent) => withByte(withByte(sent, 30, 0), 31, 3)],
    ['P2: a payload past the end', (sent: Sent) => withByte(sent, 30, 0xff)],
    ['H9: a payload type of IKEv2 first', (sent: Sent) => withByte(sent, 16, 33)],
    ['F8: a fragment before there is an IKE SA', (sent: Sent) => withByte(sent, 16, 132)],
    ['S10: another domain of interpretation', (sent: Sent) => withByte(sent, 35, 2)],
    ['S10: another situation', (sent: Sent) => withByte(sent, 39, 3)],
  ])('%s: dropped without an answer, no state', (_, change) => {
    const { right, request } = requested(mode);
    right.receive(change(request));
    expectUntouched(right);
    expect(right.drops()).toHaveLength(1);
  });

  it('H3: a later major version is told ours', () => {
    const { right, request } = requested(mode);
    right.receive(withByte(request, HEADER.version, 0x30));
    expect(right.take()).toHaveLength(1);
    expectUntouched(right);
  });

  it('H4, H10: a minor version, the commit flag and reserved flags are ignored', () => {
    const { right, request } = requested(mode);
    right.receive(withByte(withByte(request, HEADER.version, 0x1f), HEADER.flags, 0xfe));
    expect(right.core.views()).toMatchObject([{ state: 'connecting' }]);
    expect(right.take()).toHaveLength(1);
  });

  const needed = mode === 'main' ? (['SA'] as const) : (['SA', 'KE', 'Nonce', 'ID'] as const);

  it.each(
    needed.flatMap((type): [string, (all: PayloadV1[]) => readonly PayloadV1[]][] => [
      [`P6: no ${type}`, (all) => all.filter((payload) => payload.type !== type)],
      [`P6, S10: ${type} twice`, (all) => [...all, ...all.filter((payload) => payload.type === type)]],
    ]),
  )('%s: dropped without an answer, no state', (_, change) => {
    const { right, request } = requested(mode);
    right.receive(alterClear(request, change));
    expectUntouched(right);
  });

  it('P3: more payloads than anybody sends', () => {
    const { right, request } = requested(mode);
    right.receive(alterClear(request, (all) => [...all, ...Array.from({ length: 60 }, () => vendor(4))]));
    right.receive(alterClear(request, (all) => [...all, ...unknowns(120)]));
    right.receive(alterClear(request, (all) => [...all, vendor(60_000)]));
    expectUntouched(right);
  });

  it('P4, P5, P7, P8: order, unknown types, vendor IDs and payloads of other exchanges do not matter', () => {
    const { right, request } = requested(mode);
    const extra: readonly PayloadV1[] = [
      ...[14, 19, 22, 128, 255].map((payloadType) => ({ ...unknowns(1)[0], payloadType }) as PayloadV1),
      vendor(3),
      { type: 'NAT-D', draft: true, hash: new Uint8Array(3) },
      { type: 'D', doi: 1, protocol: 1, spis: [new Uint8Array(16)] },
      { type: 'N', doi: 1, protocol: 1, spi: new Uint8Array(16), notify: NOTIFY.INITIAL_CONTACT, data: EMPTY },
      { type: 'HASH', data: new Uint8Array(32) },
      { type: 'SIG', body: EMPTY },
    ];
    right.receive(alterClear(request, (all) => [...extra, ...all.reverse()]));
    expect(right.core.views()).toMatchObject([{ state: 'connecting' }]);
    expect(ikeSaV1(right).initialContact).toBe(false);
  });

  it('N1, H11: our own first message comes back: nothing happens', () => {
    const { left, request } = requested(mode);
    const before = ikeSaV1(left);
    left.receive({ from: request.to, to: request.from, datagram: request.datagram });
    expect(left.take()).toEqual([]);
    expect(ikeSaV1(left)).toEqual(before);
  });

  it('without a tunnel of this version for the peer nobody is answered', () => {
    const { request } = requested(mode);
    const other = pair().right;
    other.receive(request);
    expectUntouched(other);
    const { right } = pairV1(mode);
    right.receive({ ...request, from: { address: '203.0.113.9', port: 500 } });
    expectUntouched(right);
    right.command({ kind: 'admit', tunnel: 'net', admit: false });
    right.receive(request);
    expectUntouched(right);
  });

  it('a tunnel of the other mode refuses, keeps nothing, and says why', () => {
    const { request } = requested(mode);
    const { right } = pairV1(mode === 'main' ? 'aggressive' : 'main');
    right.receive(request);
    const answers = right.take();
    expect(answers.map((one) => payloadsIn(one))).toMatchObject([
      [{ type: 'N', notify: NOTIFY.AUTHENTICATION_FAILED }],
    ]);
    expectUntouched(right);
    expect(right.reasonsOf('peer.refused')).toEqual(['mode-mismatch']);
  });

  it('Z6: what is refused gets an answer that is no longer than the message', () => {
    const refusing = [
      pairV1(mode === 'main' ? 'aggressive' : 'main').right,
      pairV1(mode, { right: { ikeProposals: [{ ...CHEAP_IKE, encryption: ['aes256'] }] } }).right,
      pairV1(mode, {
        right: { remote: { ...tunnelPolicy(RIGHT, LEFT).remote, identity: { type: 'fqdn', name: 'x' } } },
      }).right,
    ];
    const { request } = requested(mode);
    const small = (all: PayloadV1[], keep: readonly string[]) => all.filter(({ type }) => keep.includes(type));
    const messages = [
      request,
      headerOnly(request, FIRST),
      alterClear(request, (all) => small(all, ['ID'])),
      alterClear(request, (all) => small(all, ['SA'])),
      alterClear(request, (all) => small(all, ['ID', 'V'])),
    ];
    for (const right of refusing)
      for (const message of messages) {
        right.receive(message);
        const answered = right.take().reduce((sum, { datagram }) => sum + datagram.length, 0);
        if (right.core.views().length === 0) expect(answered).toBeLessThanOrEqual(message.datagram.length);
      }
  });

  it('Z6: the answer is repeated twice at most, and never by a timer', () => {
    const { right, request } = requested(mode);
    for (let n = 0; n < 50; n++) right.receive(request);
    expect(right.take()).toHaveLength(3);
    expect(right.timerNames()).toEqual(['half-open']);
    right.fire('half-open');
    expectUntouchedBut(right);
  });

  it('Z6: whoever does not know our SPI cannot go on, and makes us repeat nothing', () => {
    const { left, right, request } = requested(mode);
    right.receive(request);
    const [answer] = right.take();
    // The second message of the initiator as one would make it that has never seen our answer.
    if (answer !== undefined) left.receive(answer);
    for (const sent of left.take()) right.receive({ ...zeroed(sent, 8), from: request.from });
    for (let n = 0; n < 30; n++) right.receive({ ...headerOnly(request, EXCHANGE_V1.QUICK_MODE), from: request.from });
    expect(right.take()).toEqual([]);
    expect(right.jobs).toHaveLength(mode === 'main' ? 0 : 1);
  });

  it('Z6: a first message of its own lets nobody make us repeat the answer to a third party', () => {
    const { right, request } = requested(mode);
    right.receive(request);
    const [answer] = right.take();
    if (answer === undefined) throw new Error('an answer expected');
    const known = { ...request, datagram: answer.datagram, from: { address: '203.0.113.66', port: 500 } };
    for (let n = 0; n < 30; n++) right.receive(headerOnly(known, EXCHANGE_V1.QUICK_MODE));
    expect(right.take()).toEqual([]);
  });

  it('the same SPI with another content, and the version of it with the other mode, change nothing', () => {
    const { right, request } = requested(mode);
    right.receive(request);
    right.take();
    const before = ikeSaV1(right);
    right.receive(alterClear(request, (all) => [...all, vendor(5)]));
    right.receive(withByte(request, HEADER.exchange, 6 - FIRST));
    right.receive(withByte(request, HEADER.version, 0x20));
    expect(right.take()).toEqual([]);
    expect(ikeSaV1(right)).toEqual(before);
    expect(right.core.views()).toHaveLength(1);
  });

  it('Z1, Z4: a flood from any number of addresses keeps a bounded number of half-open IKE SAs', () => {
    const right = new TestGateway(RIGHT.address, {
      seed: 2,
      tunnels: [
        tunnelPolicy(RIGHT, LEFT, {
          version: 1,
          mode,
          remote: { ...tunnelPolicy(RIGHT, LEFT).remote, address: { kind: 'any' } },
        }),
      ],
    });
    const { request } = requested(mode);
    for (let n = 0; n < 1500; n++) {
      const from = { address: `203.${n >> 8}.113.${n & 255}`, port: 500 };
      right.receive({ ...request, from });
    }
    expect(right.core.views().length).toBeLessThanOrEqual(1000);
    expect(right.take().length).toBeLessThanOrEqual(1000);
    // Under attack nobody has half a minute to show that our answers arrive.
    expect([...right.timers.values()].filter((at) => at > right.mono + 5000).length).toBeLessThan(50);
    const { drops, said, halfOpen } = right.core.snapshot();
    expect(halfOpen.sources.size).toBe(right.core.views().length);
    expect(drops.size).toBeLessThan(5);
    expect(said.size).toBeLessThan(5);
  });

  it('Z4: a flood from one address that is no configured peer is stopped early', () => {
    const { right, request } = requested(mode);
    right.command({
      kind: 'configure',
      tunnels: [
        tunnelPolicy(RIGHT, LEFT, {
          version: 1,
          mode,
          remote: { ...tunnelPolicy(RIGHT, LEFT).remote, address: { kind: 'any' } },
        }),
      ],
    });
    for (let n = 0; n < 200; n++) right.receive(withByte(withByte(request, 0, n), 1, 1));
    expect(right.core.views().length).toBeLessThanOrEqual(5);
  });

  it('a flood that fits no proposal is answered, but does not flood the log', () => {
    const { request } = requested(mode);
    const { right } = pairV1(mode, { right: { ikeProposals: [{ ...CHEAP_IKE, encryption: ['aes256'] }] } });
    for (let n = 0; n < 200; n++) right.receive(request);
    const notifies = right.take().flatMap((one) => payloadsIn(one));
    expect(notifies).toHaveLength(200);
    expect(notifies[0]).toMatchObject({ notify: NOTIFY.NO_PROPOSAL_CHOSEN });
    expect(right.eventTypes()).toEqual(['peer.refused']);
    expectUntouchedBut(right);
  });
});

describe('what a public value costs', () => {
  it.each([
    ['K2: a byte less', new Uint8Array(31).fill(9)],
    ['K2: a byte more', new Uint8Array(33).fill(9)],
    ['K2: of another group', new Uint8Array(256).fill(9)],
  ])('%s: Aggressive Mode computes nothing and keeps nothing', (_, data) => {
    const { right, request } = requested('aggressive');
    right.receive(alterClear(request, (all) => all.map((one) => (one.type === 'KE' ? { ...one, data } : one))));
    expectUntouched(right);
  });

  it.each([7, 257])('N1: a nonce of %i bytes', (length) => {
    const { right, request } = requested('aggressive');
    const data = new Uint8Array(length).fill(1);
    right.receive(alterClear(request, (all) => all.map((one) => (one.type === 'Nonce' ? { ...one, data } : one))));
    expectUntouched(right);
  });

  it.each([0, 1])('K3, K5: a point of small order (%i) gets no answer in Aggressive Mode', (value) => {
    const { right, request } = requested('aggressive');
    const data = new Uint8Array(32);
    data[0] = value;
    right.receive(alterClear(request, (all) => all.map((one) => (one.type === 'KE' ? { ...one, data } : one))));
    expect(right.take()).toEqual([]);
    expectUntouchedBut(right);
  });

  it('I1, I3: an odd identity in Aggressive Mode is refused or dropped, and shown to nobody unescaped', () => {
    const bodies = [
      [1, 0, 0, 0, 1, 2, 3],
      [5, 0, 0, 0, 1, 2, 3, 4],
      [2, 0, 0],
      [2, 0, 0, 0],
      [0, 0, 0, 0, 1],
      [255, 0, 0, 0, 1],
      [2, 0, 0, 0, 0x1b, 0x5b, 0x33, 0x31, 0x6d],
      [2, 0, 0, 0, 0x61, 0x00, 0x0a, 0x25, 0x6e],
      [2, 0, 0, 0, ...new Uint8Array(3000).fill(0x61)],
    ];
    for (const octets of bodies) {
      const { right, request } = requested('aggressive');
      const id = { type: 'unknown', payloadType: 5, body: Uint8Array.from(octets) } as const;
      right.receive(alterClear(request, (all) => all.map((one) => (one.type === 'ID' ? id : one))));
      right.take();
      expectUntouchedBut(right);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
      expect(JSON.stringify(right.events)).not.toMatch(/[\u0000-\u001f]|\\u00|\\n/);
    }
  });

  it('I5, RFC 2407 §4.6.2: protocol and port of the identity may be anything, and the hashes cover them', () => {
    const both = phase1('aggressive', 1);
    const request = both.left.takeOne();
    const odd = alterClear(request, (all) =>
      all.map((one) => {
        if (one.type !== 'ID') return one;
        const body = one.body.slice();
        body.set([17, 1, 0xf4], 1);
        return { ...one, body };
      }),
    );
    both.right.receive(odd);
    expect(both.right.core.views()).toMatchObject([{ state: 'connecting' }]);
    deliver(both.right, both.left);
    deliver(both.left, both.right);
    // Ours sent another one: the hash differs.
    expect(both.right.core.views()).toMatchObject([{ state: 'connecting' }]);
  });
});

describe('fragments (F8)', () => {
  it('of somebody unauthenticated take a bounded amount of memory', () => {
    const { right, left } = phase1('main', 3);
    const header = left.takeOne().datagram.slice(0, HEADER_BYTES);
    for (let id = 0; id < 200; id++)
      for (let number = 1; number < 60; number += 7) {
        const body = new Uint8Array(8 + 3000);
        body.set([0, 0, body.length >> 8, body.length & 255, id >> 8, id & 255, number, 0]);
        const datagram = Uint8Array.from([...header, ...body]);
        datagram[16] = 132;
        new DataView(datagram.buffer).setUint32(24, datagram.length);
        right.receive({ from: { ...LEFT, port: 500 }, to: { ...RIGHT, port: 500 }, datagram });
      }
    const held = ikeSaV1(right).reassembly?.pieces.reduce((sum, piece) => sum + (piece?.length ?? 0), 0) ?? 0;
    expect(held).toBeLessThanOrEqual(10_000);
    expect(right.take()).toEqual([]);
  });
});

const EMPTY = new Uint8Array(0);

function vendor(length: number): PayloadV1 {
  return { type: 'V', data: new Uint8Array(length) };
}

function unknowns(count: number): PayloadV1[] {
  return Array.from({ length: count }, (_, index) => ({
    type: 'unknown',
    payloadType: 128 + (index % 100),
    body: new Uint8Array(4),
  }));
}

function withLength(sent: Sent, length: number): Sent {
  const datagram = sent.datagram.slice();
  new DataView(datagram.buffer).setUint32(24, length);
  return { ...sent, datagram };
}

/** With an SPI of zero at this offset. */
function zeroed(sent: Sent, at: number): Sent {
  const offset = sent.from.port === 4500 ? 4 : 0;
  const datagram = messageOf(sent).slice();
  datagram.fill(0, at, at + 8);
  return offset === 0 ? { ...sent, datagram } : { ...sent, from: { ...sent.from, port: 500 }, datagram };
}

/** Nothing is left, whatever was computed on the way. */
function expectUntouchedBut(gateway: TestGateway): void {
  expect(gateway.core.views()).toEqual([]);
  expect(gateway.timers.size).toBe(0);
  const { ikeSas, spis, initiators, halfOpen, requests } = gateway.core.snapshot();
  expect([ikeSas.size, spis.size, initiators.size, halfOpen.sources.size, requests.size]).toEqual([0, 0, 0, 0, 0]);
}
