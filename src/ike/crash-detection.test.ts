import { describe, expect, it } from 'vitest';
import { fqdn, LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { alter, forge, marked, messageOf, read, type Sent, TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver, type Pair, pair, secretOf } from './testing/pair.ts';
import { HEADER, withByte } from './testing/tampering.ts';
import { announceToken, tokenPayloads } from './v2/crash-token.ts';
import { deleteIke } from './v2/deletes.ts';
import { findNotify, notifies } from './v2/payload-set.ts';
import { decodePlainMessage, encodePlainMessage } from './v2/wire/message.ts';
import { notifyName, notifyPayload } from './v2/wire/notify.ts';
import type { Payload } from './v2/wire/payload.ts';
import { EXCHANGE, FLAG_INITIATOR, FLAG_RESPONSE } from './wire/header.ts';

const ELSEWHERE = { address: '203.0.113.77', port: 4500 };

/** Between the ports 500, so that the header begins the datagram. */
const PLAIN_PORTS = { left: { mobike: false } } as const;

function watched(): Pair {
  return connected({ ...PLAIN_PORTS, detectable: ['left', 'right'] });
}

/** `right` has crashed and is there again; `left` does not know and asks it something. */
function crashed(both = watched()) {
  const right = both.right.restarted(9);
  both.left.fire('liveness');
  return { left: both.left, right, probe: both.left.takeOne() };
}

/** What the crashed `right` answers to a probe of `left`. */
function answer() {
  const { left, right, probe } = crashed();
  right.receive(probe);
  return { left, right, probe, answer: right.takeOne() };
}

/** The same answer with other payloads. */
function altered(sent: Sent, change: (payloads: Payload[]) => readonly Payload[]): Sent {
  const { header, payloads } = decodePlainMessage(messageOf(sent));
  return { ...sent, datagram: marked(sent.from, encodePlainMessage(header, change(payloads))) };
}

function changedData(payload: Payload, change: (data: Uint8Array) => Uint8Array): Payload {
  return payload.type === 'N' ? { ...payload, data: change(payload.data) } : payload;
}

function expectUnchanged(gateway: TestGateway): void {
  expect(gateway.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed' }] }]);
  expect(gateway.take()).toEqual([]);
}

describe('the token in IKE_AUTH (RFC 6290 §4.2)', () => {
  it('each side keeps that of the other; it follows AUTH and comes before the Child SA', () => {
    const { left, right } = watched();
    expect(left.ikeSa().peerToken).toHaveLength(32);
    expect(right.ikeSa().peerToken).toHaveLength(32);
    expect(left.ikeSa().peerToken).not.toEqual(right.ikeSa().peerToken);
    const again = pair({ ...PLAIN_PORTS, detectable: ['left'] });
    again.left.initiate();
    deliver(again.left, again.right);
    deliver(again.right, again.left);
    const types: string[] = [];
    alter(again.left, again.left.takeOne(), (payloads) => {
      types.push(...payloads.map((payload) => (payload.type === 'N' ? notifyName(payload.notify) : payload.type)));
      return payloads;
    });
    expect(types.slice(types.indexOf('AUTH'), -1)).toEqual(['AUTH', 'QUICK_CRASH_DETECTION', 'SA', 'TSi', 'TSr']);
  });

  it('without a secret none is sent, and that of the other side is kept all the same', () => {
    const { left, right } = connected({ detectable: ['right'] });
    expect(left.ikeSa().peerToken).toHaveLength(32);
    expect(right.ikeSa().peerToken).toBeUndefined();
  });

  it('no view shows it', () => {
    const { left } = watched();
    const text = JSON.stringify(left.views());
    expect(text).not.toContain('oken');
  });
});

describe('a gateway that has crashed (RFC 6290 §4.5)', () => {
  it('answers with the SPIs, the message ID and the exchange of the request, as a response of its own role', () => {
    const { left, probe, answer: sent } = answer();
    const asked = decodePlainMessage(messageOf(probe)).header;
    const { header, payloads } = decodePlainMessage(messageOf(sent));
    expect(header).toMatchObject({
      initiatorSpi: asked.initiatorSpi,
      responderSpi: asked.responderSpi,
      messageId: asked.messageId,
      exchangeType: EXCHANGE.INFORMATIONAL,
      flags: FLAG_RESPONSE,
    });
    expect(notifies(payloads).map(({ notify }) => notifyName(notify))).toEqual([
      'INVALID_IKE_SPI',
      'QUICK_CRASH_DETECTION',
    ]);
    expect(findNotify(payloads, 'QUICK_CRASH_DETECTION')).toMatchObject({
      protocol: 1,
      spi: new Uint8Array(0),
      data: left.ikeSa().peerToken,
    });
    expect(sent).toMatchObject({ from: probe.to, to: probe.from });
  });

  it('as the former initiator, too', () => {
    const both = watched();
    const left = both.left.restarted(9);
    both.right.fire('liveness');
    left.receive(both.right.takeOne());
    const sent = left.takeOne();
    expect(decodePlainMessage(messageOf(sent)).header.flags).toBe(FLAG_RESPONSE | FLAG_INITIATOR);
    both.right.receive(sent);
    expect(both.right.views()).toEqual([]);
  });

  it.each(['CREATE_CHILD_SA', 'IKE_AUTH', 'INFORMATIONAL'] as const)('answers %s', (exchange) => {
    const { left, right } = crashed();
    right.receive(forge(left, { exchange, messageId: 2, payloads: [] }));
    expect(decodePlainMessage(messageOf(right.takeOne())).header.exchangeType).toBe(EXCHANGE[exchange]);
  });

  it('answers a fragment, which is protected as well', () => {
    const { right, probe } = crashed();
    right.receive(withByte(probe, 16, 53));
    expect(right.take()).toHaveLength(1);
  });

  const UNANSWERED: readonly (readonly [string, (probe: Sent) => Sent])[] = [
    ['a response', (probe) => withByte(probe, HEADER.flags, FLAG_INITIATOR | FLAG_RESPONSE)],
    ['a message that is not protected', (probe) => withByte(probe, 16, 41)],
    ['a message without payloads', (probe) => withByte(probe, 16, 0)],
    ['IKE_SA_INIT', (probe) => withByte(probe, HEADER.exchange, EXCHANGE.IKE_SA_INIT)],
    ['a message of IKEv1', (probe) => withByte(probe, HEADER.version, 0x10)],
    ['somebody whom no tunnel is for', (probe) => ({ ...probe, from: ELSEWHERE })],
  ];

  it.each(UNANSWERED)('does not answer %s', (_, change) => {
    const { right, probe } = crashed();
    right.receive(change(probe));
    expect(right.take()).toEqual([]);
    right.receive(probe);
    expect(right.take()).toHaveLength(1);
  });

  it('does not answer its own answer, nor does anybody else', () => {
    const { left, right, answer: sent } = answer();
    right.receive({ from: sent.to, to: sent.from, datagram: sent.datagram });
    expect(right.take()).toEqual([]);
    const stranger = left.restarted(10);
    stranger.receive(sent);
    expect(stranger.take()).toEqual([]);
  });

  it('says nothing without a secret', () => {
    const { right, probe } = crashed(connected(PLAIN_PORTS));
    right.receive(probe);
    expect(right.take()).toEqual([]);
  });

  it('H7: a flood costs it a few answers a second, and one source does not use up what another may have', () => {
    const other = { ...LEFT, address: '192.0.2.2', identity: fqdn('other') };
    const both = watched();
    const tunnels = [...both.right.tunnels, { ...tunnelPolicy(RIGHT, other), name: 'other' }];
    const right = new TestGateway(RIGHT.address, { seed: 9, tunnels, ...secretOf('right') });
    both.left.fire('liveness');
    const probe = both.left.takeOne();
    for (let n = 0; n < 1000; n++) right.receive(withByte(probe, 0, n & 0xff || 1));
    expect(right.take()).toHaveLength(8);
    right.receive({ ...probe, from: { ...probe.from, address: other.address } });
    expect(right.take()).toHaveLength(1);
    right.mono += 1_000;
    right.receive(probe);
    expect(right.take()).toHaveLength(1);
    expect(right.core.snapshot().allowances.size).toBe(2);
  });

  it('H7: peers of any address share one limit, whatever addresses they claim', () => {
    const both = watched();
    const anyone = tunnelPolicy(RIGHT, LEFT, {
      remote: { ...tunnelPolicy(RIGHT, LEFT).remote, address: { kind: 'any' } },
    });
    const right = new TestGateway(RIGHT.address, { seed: 9, tunnels: [anyone], ...secretOf('right') });
    both.left.fire('liveness');
    const probe = both.left.takeOne();
    for (let n = 0; n < 1000; n++)
      right.receive({ ...probe, from: { address: `203.0.${n >> 8}.${n & 255}`, port: 9 } });
    expect(right.take()).toHaveLength(64);
    expect(right.core.snapshot().allowances.size).toBe(1);
  });
});

describe('a token is never seen while its IKE SA lives (RFC 6290 §9.2)', () => {
  it.each(['left', 'right'] as const)('whatever of the header is forged: the IKE SA of %s', (side) => {
    const both = watched();
    const victim = both[side];
    const sender = side === 'left' ? both.right : both.left;
    const request = forge(sender, { exchange: 'INFORMATIONAL', messageId: 7, payloads: [deleteIke()] });
    const flags = [0, FLAG_INITIATOR, FLAG_RESPONSE, FLAG_INITIATOR | FLAG_RESPONSE, 0xff];
    for (const flag of flags)
      for (const exchange of Object.values(EXCHANGE))
        for (const version of [0x20, 0x2f, 0x10]) {
          const bent = withByte(withByte(request, HEADER.flags, flag), HEADER.exchange, exchange);
          victim.receive(withByte(bent, HEADER.version, version));
          victim.receive({ ...withByte(bent, HEADER.version, version), from: ELSEWHERE });
        }
    expectUnchanged(victim);
  });

  it('with one of its SPIs altered, from either side', () => {
    const both = watched();
    for (const [victim, sender] of [
      [both.left, both.right],
      [both.right, both.left],
    ] as const) {
      const request = forge(sender, { exchange: 'INFORMATIONAL', messageId: 7, payloads: [] });
      const own = victim === both.left ? 0 : 8;
      // The SPI of the peer is altered, so that no IKE SA fits; ours is one that lives.
      const bent = withByte(request, own === 0 ? 8 : 0, 0xee);
      victim.receive(bent);
      victim.receive(withByte(bent, HEADER.flags, own === 0 ? FLAG_INITIATOR : 0));
      expectUnchanged(victim);
    }
  });

  it('nor for an IKE SA that is half-open', () => {
    const both = pair({ ...PLAIN_PORTS, detectable: ['left', 'right'] });
    both.left.initiate();
    deliver(both.left, both.right);
    deliver(both.right, both.left);
    const request = both.left.takeOne();
    both.right.receive(withByte(request, HEADER.flags, 0));
    both.right.receive(withByte(request, HEADER.exchange, EXCHANGE.INFORMATIONAL));
    expect(both.right.take()).toEqual([]);
  });
});

describe('who is shown the token', () => {
  it('gives up the IKE SA and its Child SA at once, without a word, and says why', () => {
    const { left, answer: sent } = answer();
    left.receive(sent);
    expect(left.views()).toEqual([]);
    expect(left.core.children()).toEqual([]);
    expect(left.steps('remove-sa')).toHaveLength(2);
    expect(left.timers.size).toBe(0);
    expect(left.take()).toEqual([]);
    expect(left.reasonsOf('ike.closed')).toEqual(['peer-restarted']);
    expect(left.reasonsOf('child.deleted')).toEqual(['peer-restarted']);
  });

  it('believes it from any address, with other message IDs and exchanges, and without INVALID_IKE_SPI (§3)', () => {
    const variants: readonly ((sent: Sent) => Sent)[] = [
      (sent) => ({ ...sent, from: ELSEWHERE }),
      (sent) => withByte(sent, HEADER.messageId, 77),
      (sent) => withByte(sent, HEADER.exchange, EXCHANGE.CREATE_CHILD_SA),
      (sent) => altered(sent, (payloads) => payloads.slice(1)),
      (sent) => altered(sent, (payloads) => [...payloads].reverse()),
    ];
    for (const variant of variants) {
      const { left, answer: sent } = answer();
      left.receive(variant(sent));
      expect(left.views()).toEqual([]);
    }
  });

  it('believes it also while it takes the tunnel down, which then is the reason', () => {
    const both = watched();
    const right = both.right.restarted(9);
    both.left.terminate();
    deliver(both.left, right);
    deliver(right, both.left);
    expect(both.left.views()).toEqual([]);
    expect(both.left.reasonsOf('ike.closed')).toEqual(['terminated']);
  });

  const WORTHLESS: readonly (readonly [string, (sent: Sent, both: Pair) => Sent])[] = [
    ['INVALID_IKE_SPI alone', (sent) => altered(sent, ([first]) => (first === undefined ? [] : [first]))],
    ['no payload but an unknown notify', (sent) => altered(sent, () => [notifyPayload('REDIRECT', new Uint8Array(6))])],
    [
      'a token with one bit flipped',
      (sent) =>
        altered(sent, (payloads) =>
          payloads.map((payload) =>
            changedData(payload, (data) => data.map((byte, n) => (n === 31 ? byte ^ 1 : byte))),
          ),
        ),
    ],
    [
      'a token cut short',
      (sent) =>
        altered(sent, (payloads) => payloads.map((payload) => changedData(payload, (data) => data.slice(0, 16)))),
    ],
    ['a token of nothing', (sent) => altered(sent, () => [notifyPayload('QUICK_CRASH_DETECTION')])],
    [
      'our own token',
      (sent, { right }) =>
        altered(sent, () => [notifyPayload('QUICK_CRASH_DETECTION', right.ikeSa().peerToken ?? new Uint8Array(0))]),
    ],
    ['the right token as a request', (sent) => withByte(sent, HEADER.flags, 0)],
    ['the right token of the wrong role', (sent) => withByte(sent, HEADER.flags, FLAG_RESPONSE | FLAG_INITIATOR)],
    ['the right token for another IKE SA of the peer', (sent) => withByte(sent, 8, (messageOf(sent)[8] ?? 0) ^ 1)],
    ['a chain of payloads that is cut', (sent) => withByte(sent, 31, 200)],
  ];

  it.each(WORTHLESS)('changes nothing for %s', (_, change) => {
    const both = watched();
    const { left, right, probe } = crashed(both);
    right.receive(probe);
    const sent = right.takeOne();
    const before = left.ikeSa();
    left.receive(change(sent, both));
    expectUnchanged(left);
    expect(left.ikeSa()).toEqual(before);
    left.receive(sent);
    expect(left.views()).toEqual([]);
  });

  it('changes nothing where the peer has given none', () => {
    const { answer: sent } = answer();
    const plain = connected(PLAIN_PORTS);
    const { initiatorSpi, responderSpi } = plain.left.ikeSa();
    const header = { initiatorSpi, responderSpi, exchangeType: EXCHANGE.INFORMATIONAL, flags: FLAG_RESPONSE };
    const { payloads } = decodePlainMessage(messageOf(sent));
    plain.left.receive({ ...sent, datagram: encodePlainMessage({ ...header, messageId: 0 }, payloads) });
    expectUnchanged(plain.left);
  });

  it('our own request comes back', () => {
    const { left, probe } = crashed();
    const before = left.ikeSa();
    left.receive({ from: probe.to, to: probe.from, datagram: probe.datagram });
    expect(left.ikeSa()).toEqual(before);
    expectUnchanged(left);
  });

  it('verifies a few a second, and a flood from elsewhere does not keep the true one out', () => {
    const { left, answer: sent } = answer();
    const wrong = altered(sent, (payloads) =>
      payloads.map((payload) => changedData(payload, (data) => data.map(() => 1))),
    );
    for (let n = 0; n < 1000; n++) left.receive({ ...wrong, from: { ...ELSEWHERE, port: 1024 + n } });
    left.receive({ ...sent, from: ELSEWHERE });
    expectUnchanged(left);
    expect(new Set(left.drops())).toEqual(new Set(['no-token', 'too-many-tokens']));
    expect(left.core.snapshot().allowances.size).toBe(1);
    left.receive(sent);
    expect(left.views()).toEqual([]);
  });
});

describe('a new token (RFC 6290 §4.3, §4.4)', () => {
  it('is taken from any protected INFORMATIONAL request, and from none that is not authentic', () => {
    const both = watched();
    const token = new Uint8Array(20).fill(5);
    const payloads = [notifyPayload('QUICK_CRASH_DETECTION', token)];
    const request = forge(both.left, { exchange: 'INFORMATIONAL', messageId: 2, payloads });
    both.right.receive(withByte(request, request.datagram.length - 1, 0));
    expect(both.right.ikeSa().peerToken).not.toEqual(token);
    both.right.receive(request);
    expect(both.right.take()).toHaveLength(1);
    expect(both.right.ikeSa().peerToken).toEqual(token);
  });

  it.each([['left'], ['right'], ['left', 'right']] as const)(
    'comes with a new IKE SA, rekeyed by %s %s',
    (...sides) => {
      const both = watched();
      const before = both.left.ikeSa();
      for (const side of sides) both[side].fire('rekey');
      converse(both);
      for (const [own, peer, side] of [
        [both.left, both.right, 'right'],
        [both.right, both.left, 'left'],
      ] as const) {
        const sa = own.ikeSa();
        expect(own.views()).toMatchObject([{ state: 'established' }]);
        expect(sa.initiatorSpi).not.toBe(before.initiatorSpi);
        expect(sa.peerToken).toEqual(tokenPayloads(secretOf(side), peer.ikeSa())[0]?.data);
      }
      const { left, right, probe } = crashed(both);
      right.receive(probe);
      deliver(right, left);
      expect(left.reasonsOf('ike.closed')).toContain('peer-restarted');
      expect(left.core.children()).toEqual([]);
    },
  );

  it('is announced in an exchange of its own', () => {
    const both = watched();
    const state = both.left.core.snapshot();
    const [sa] = state.ikeSas.values();
    if (sa?.version !== 2) throw new Error('an IKE SA of IKEv2 expected');
    const ctx = secretOf('left');
    announceToken(ctx, sa);
    const left = new TestGateway(LEFT.address, { seed: 5, tunnels: both.left.tunnels, state, ...ctx });
    // Whatever happens next to the IKE SA, the task is sent with it.
    left.receive(forge(both.right, { exchange: 'INFORMATIONAL', messageId: 0, payloads: [] }));
    const [, announcement] = left.take();
    if (announcement === undefined) throw new Error('an answer and a request expected');
    expect(read(left, announcement)).toEqual(tokenPayloads(ctx, sa));
    both.right.receive(announcement);
    converse({ left, right: both.right });
    expect(left.ikeSa().outstanding).toBeUndefined();
    expect(both.right.ikeSa().peerToken).toEqual(tokenPayloads(ctx, sa)[0]?.data);
  });
});
