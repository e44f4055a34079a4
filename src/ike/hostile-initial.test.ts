import { describe, expect, it } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { CHEAP_IKE, LEFT, RIGHT } from '../sim/tunnels.ts';
import { alterInit, messageOf, type Sent, type TestGateway } from './testing/gateway.ts';
import { converse, pair } from './testing/pair.ts';
import { proposals } from './testing/proposals.ts';
import { HEADER, resized, withByte } from './testing/tampering.ts';
import { deleteIke } from './v2/deletes.ts';
import { decodePlainMessage } from './v2/wire/message.ts';
import { NOTIFY, notifyPayload } from './v2/wire/notify.ts';
import type { Payload } from './v2/wire/payload.ts';
import { EXCHANGE, FLAG_INITIATOR, FLAG_RESPONSE } from './wire/header.ts';

/** An IKE_SA_INIT request on its way to `right`. */
function requested() {
  const both = pair();
  both.left.initiate();
  return { ...both, request: both.left.takeOne() };
}

function notifiesIn(sent: readonly Sent[]): number[] {
  return sent.flatMap((one) =>
    decodePlainMessage(messageOf(one)).payloads.flatMap((payload) => (payload.type === 'N' ? [payload.notify] : [])),
  );
}

function expectUntouched(gateway: TestGateway): void {
  expect(gateway.take()).toEqual([]);
  expect(gateway.views()).toEqual([]);
  expect(gateway.timers.size).toBe(0);
  expect(gateway.jobs).toEqual([]);
}

describe('the header of what nobody asked for', () => {
  it('H3: a later major version is told ours, at a limited rate; an earlier one gets nothing', () => {
    const { right, request } = requested();
    right.receive(withByte(request, HEADER.version, 0x00));
    right.receive(withByte(request, HEADER.version, 0x10));
    expect(right.take()).toEqual([]);
    right.receive(withByte(request, HEADER.version, 0x30));
    const answers = right.take();
    expect(notifiesIn(answers)).toEqual([NOTIFY.INVALID_MAJOR_VERSION]);
    for (let n = 0; n < 500; n++) right.receive(withByte(request, HEADER.version, 0xf0));
    expect(right.take().length).toBeLessThan(20);
    right.mono += 60_000;
    right.receive(withByte(request, HEADER.version, 0x30));
    expect(right.take()).toHaveLength(1);
    right.receive(withByte(withByte(request, HEADER.version, 0x30), HEADER.flags, 0x28));
    expectUntouched(right);
  });

  it('H4: a minor version and reserved flags are ignored', () => {
    const { left, right, request } = requested();
    right.receive(withByte(withByte(request, HEADER.version, 0x2f), HEADER.flags, 0xcf & ~FLAG_RESPONSE));
    expect(right.views()).toHaveLength(1);
    expect(left.drops()).toEqual([]);
  });

  it.each([
    ['H5: a responder SPI', 8, 1],
    ['H5: a message ID', HEADER.messageId, 1],
    ['H8: exchange type 0', HEADER.exchange, 0],
    ['H8: exchange type 33', HEADER.exchange, 33],
    ['H8: exchange type 255', HEADER.exchange, 255],
    ['O2: IKE_INTERMEDIATE', HEADER.exchange, EXCHANGE.IKE_INTERMEDIATE],
    ['H7: INFORMATIONAL', HEADER.exchange, EXCHANGE.INFORMATIONAL],
    ['H6: no initiator flag', HEADER.flags, 0],
    ['H6: a response', HEADER.flags, FLAG_RESPONSE],
    ['H6: a response of an initiator', HEADER.flags, FLAG_RESPONSE | FLAG_INITIATOR],
    ['H9: IKEv1', HEADER.version, 0x10],
  ])('%s in the first request: dropped without an answer', (_, at, value) => {
    const { right, request } = requested();
    right.receive(withByte(request, at, value));
    expectUntouched(right);
    expect(right.drops()).toHaveLength(1);
  });

  it.each([
    ['port 0', { address: LEFT.address, port: 0 }],
    ['our own address', { address: RIGHT.address, port: 500 }],
    ['a multicast address', { address: '224.0.0.1', port: 500 }],
    ['the broadcast address', { address: '255.255.255.255', port: 500 }],
    ['no address', { address: '0.0.0.0', port: 500 }],
    ['an IPv6 multicast address', { address: 'ff02::1', port: 500 }],
    ['no IPv6 address', { address: '::', port: 500 }],
  ])('H11: from %s: dropped without an answer', (_, from) => {
    const { right, request } = requested();
    right.receive({ ...request, from });
    expectUntouched(right);
  });

  it('N1, H11: our own request comes back: no IKE SA with ourselves', () => {
    const { left, request } = requested();
    const before = left.ikeSa();
    left.receive({ from: request.to, to: request.from, datagram: request.datagram });
    expect(left.take()).toEqual([]);
    expect(left.views()).toHaveLength(1);
    expect(left.ikeSa()).toEqual(before);
  });

  it('U1: a keepalive is ignored in silence, other garbage on port 4500 is counted', () => {
    const { right } = pair();
    const from = { address: LEFT.address, port: 4500 };
    const to = { address: RIGHT.address, port: 4500 };
    right.receive({ from, to, datagram: Uint8Array.of(0xff) });
    expect(right.drops()).toEqual([]);
    for (const bytes of [[0x00], [0xff, 0xff], [0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0, 255]])
      right.receive({ from, to, datagram: Uint8Array.from(bytes) });
    expect(new Set(right.drops())).toEqual(new Set(['not-ike', 'header-truncated', 'esp-unknown-spi']));
    expectUntouched(right);
  });
});

describe('the first request', () => {
  const BROKEN: readonly (readonly [string, (payloads: Payload[]) => readonly Payload[]])[] = [
    ...(['SA', 'KE', 'Nonce'] as const).flatMap((type) => [
      [`P6: no ${type}`, (all: Payload[]) => all.filter((payload) => payload.type !== type)] as const,
      [`P6: ${type} twice`, (all: Payload[]) => [...all, ...all.filter((payload) => payload.type === type)]] as const,
    ]),
    ['K2: a public value of a byte less', (all) => all.map((payload) => resized(payload, 'KE', 31))],
    ['K2: no public value', (all) => all.map((payload) => resized(payload, 'KE', 0))],
    ['N1: a nonce of 15 bytes', (all) => all.map((payload) => resized(payload, 'Nonce', 15))],
    ['N1: a nonce of 257 bytes', (all) => all.map((payload) => resized(payload, 'Nonce', 257))],
  ];

  it.each(BROKEN)('%s: dropped without an answer, no state', (_, change) => {
    const { right, request } = requested();
    right.receive(alterInit(request, change));
    expectUntouched(right);
  });

  it('N1: a nonce of 16 bytes is enough, whatever the prf: its size is the duty of its sender', () => {
    const ikeProposals = proposals('aes256-sha512-curve25519');
    const { left, right } = pair({ left: { ikeProposals }, right: { ikeProposals } });
    left.initiate();
    right.receive(alterInit(left.takeOne(), (all) => all.map((payload) => resized(payload, 'Nonce', 16))));
    expect(decodePlainMessage(messageOf(right.takeOne())).payloads.map(({ type }) => type)).toContain('Nonce');
  });

  it.each([
    ['K3: 0', 0],
    ['K5: 1, a point of small order', 1],
  ])('a public value of %s: dropped without an answer and without a word about the tunnel', (_, value) => {
    const { right, request } = requested();
    const data = new Uint8Array(32);
    data[0] = value;
    right.receive(
      alterInit(request, (all) => all.map((payload) => (payload.type === 'KE' ? { ...payload, data } : payload))),
    );
    expect(right.take()).toEqual([]);
    expect(right.views()).toEqual([]);
    expect(right.timers.size).toBe(0);
    expect(right.eventTypes()).toEqual(['datagram.dropped']);
  });

  it.each([0, 14, 1025, 65535])(
    'K1: group %i, not our choice: INVALID_KE_PAYLOAD with our group, no state',
    (method) => {
      const { right, request } = requested();
      const data = new Uint8Array(method === 14 ? 256 : 32);
      right.receive(
        alterInit(request, (all) =>
          all.map((payload) => (payload.type === 'KE' ? { ...payload, method, data } : payload)),
        ),
      );
      const [answer] = right.take();
      const { payloads } = decodePlainMessage(messageOf(answer as Sent));
      expect(payloads).toEqual([notifyPayload('INVALID_KE_PAYLOAD', Uint8Array.of(0, 31))]);
      expectUntouched(right);
    },
  );

  it('P4: an unknown payload is skipped; a critical one is named and the request refused', () => {
    const { right, request } = requested();
    const unknown = { type: 'unknown', payloadType: 200, body: utf8('?') } as const;
    right.receive(alterInit(request, (all) => [{ ...unknown, critical: true }, ...all]));
    const [answer] = right.take();
    expect(decodePlainMessage(messageOf(answer as Sent)).payloads).toEqual([
      notifyPayload('UNSUPPORTED_CRITICAL_PAYLOAD', Uint8Array.of(200)),
    ]);
    expect(right.views()).toEqual([]);
    right.receive(alterInit(request, (all) => [...all, { ...unknown, critical: false }]));
    expect(right.views()).toHaveLength(1);
  });

  it('P7, T5: EAP, AUTH, Delete and INITIAL_CONTACT do nothing in IKE_SA_INIT', () => {
    const { left, right, request } = requested();
    const established = pair();
    established.left.initiate();
    converse(established);
    const extra: readonly Payload[] = [
      { type: 'EAP', body: utf8('\u0003\u0000\u0000\u0004') },
      { type: 'AUTH', method: 2, data: utf8('x') },
      deleteIke(),
      notifyPayload('INITIAL_CONTACT'),
    ];
    right.receive(alterInit(request, (all) => [...all, ...extra]));
    expect(right.views()).toMatchObject([{ state: 'connecting' }]);
    expect(left.drops()).toEqual([]);
  });

  it('a flood of requests that fit no proposal is answered, but does not flood the log', () => {
    const both = pair({ left: { ikeProposals: [{ ...CHEAP_IKE, encryption: ['aes256'] }] } });
    both.left.initiate();
    const request = both.left.takeOne();
    for (let n = 0; n < 200; n++) both.right.receive(request);
    const said = both.right.eventTypes().filter((type) => type === 'peer.refused');
    expect(said.length).toBeLessThan(5);
    both.right.mono += 60_000;
    both.right.receive(request);
    expect(both.right.eventTypes().filter((type) => type === 'peer.refused')).toHaveLength(said.length + 1);
  });

  it('one of 60 KB, which would be kept until the peer is authenticated, is dropped', () => {
    const { right, request } = requested();
    right.receive(alterInit(request, (all) => [...all, { type: 'V', data: new Uint8Array(60_000) }]));
    expectUntouched(right);
  });

  it('O2: repeated to the letter it gets the same answer; with the same SPI and other content none', () => {
    const { right, request } = requested();
    right.receive(request);
    right.receive(request);
    const [first, second, ...more] = right.take();
    expect(more).toEqual([]);
    expect(first?.datagram).toEqual(second?.datagram);
    right.receive(alterInit(request, (all) => [...all, notifyPayload('INITIAL_CONTACT')]));
    expect(right.take()).toEqual([]);
    expect(right.views()).toHaveLength(1);
    expect(right.jobs).toHaveLength(1);
  });

  it('O5: what comes while the key exchange is computed waits, and no more than a few of it', () => {
    const { right, request } = requested();
    right.hold = true;
    for (let n = 0; n < 100; n++) right.receive(request);
    expect(right.ikeSa().queue.length).toBeLessThanOrEqual(8);
    right.hold = false;
    right.answerHeld();
    expect(right.jobs).toHaveLength(1);
    expect(right.take().length).toBeLessThanOrEqual(9);
  });

  it('O5: the IKE SA is gone when its key exchange is done: nothing happens', () => {
    const { right, request } = requested();
    right.hold = true;
    right.receive(request);
    right.terminate();
    right.command({ kind: 'configure', tunnels: [] });
    right.hold = false;
    right.answerHeld();
    expect(right.views()).toEqual([]);
    expect(right.timers.size).toBe(0);
    expect(right.core.snapshot().requests.size).toBe(0);
  });

  it('the state of a half-open IKE SA ends by itself, without a word to anybody', () => {
    const { right, request } = requested();
    right.receive(request);
    right.take();
    right.fire('half-open');
    expect(right.views()).toEqual([]);
    expect(right.take()).toEqual([]);
    expect(right.timers.size).toBe(0);
    expect(right.core.snapshot().initiators.size).toBe(0);
    expect(right.core.snapshot().halfOpen.bySource.size).toBe(0);
  });
});
