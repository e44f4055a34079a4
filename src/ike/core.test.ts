import { describe, expect, it } from 'vitest';
import { equalBytes } from '../base/bytes.ts';
import { SeededEntropy } from '../base/entropy.ts';
import type { DataPlaneStep } from '../sa/data-plane.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { CHEAP_ESP, CHEAP_IKE, EVERYTHING, LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { IkeCore } from './core.ts';
import { alter, alterInit, messageOf, type Sent, TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver, halfOpen, occupy, pair } from './testing/pair.ts';
import { findNotify } from './v2/payload-set.ts';
import { decodePlainMessage, encodePlainMessage } from './v2/wire/message.ts';
import { notifyPayload } from './v2/wire/notify.ts';
import type { Payload } from './v2/wire/payload.ts';

const GCM_IKE = { ...CHEAP_IKE, encryption: ['aes256gcm16'], integrity: [] } as const;
const CHACHA_IKE = { ...CHEAP_IKE, encryption: ['chacha20poly1305'], integrity: [] } as const;
const GCM_ESP = { ...CHEAP_ESP, encryption: ['aes256gcm16'], integrity: [], esn: [true, false] } as const;
const AH = { ...CHEAP_ESP, protocol: 'ah', encryption: [] } as const;
const ECP256 = { ...CHEAP_IKE, keyExchange: ['ecp256'] } as const;
const EITHER = { ...CHEAP_IKE, keyExchange: ['curve25519', 'ecp256'] } as const;

const segments = (...prefixes: readonly string[]) =>
  prefixes.map((text) => {
    const [address = '', length] = text.split('/');
    return selectorFromPrefix({ address, length: Number(length) });
  });

describe('two gateways', () => {
  it('come up in four messages, with one Child SA each whose keys and SPIs mirror the other', () => {
    const { left, right } = pair();
    left.initiate();
    // IKE_SA_INIT -->
    expect(deliver(left, right)).toHaveLength(1);
    // <-- IKE_SA_INIT
    expect(deliver(right, left)).toHaveLength(1);
    // IKE_AUTH -->
    expect(deliver(left, right)).toHaveLength(1);
    // <-- IKE_AUTH
    expect(deliver(right, left)).toHaveLength(1);
    expect(left.outbox).toEqual([]);
    const [ours] = left.views();
    const [theirs] = right.views();
    expect(ours).toMatchObject({ role: 'initiator', state: 'established', children: [{ state: 'installed' }] });
    expect(theirs).toMatchObject({ role: 'responder', state: 'established', children: [{ state: 'installed' }] });
    expect(ours?.children[0]?.outbound).toEqual(theirs?.children[0]?.inbound);
    expect(ours?.children[0]?.inbound).toEqual(theirs?.children[0]?.outbound);
    const [leftIn, leftOut] = left.steps('add-sa');
    const [rightIn, rightOut] = right.steps('add-sa');
    expect(keysOf(leftOut)).toEqual(keysOf(rightIn));
    expect(keysOf(rightOut)).toEqual(keysOf(leftIn));
    expect(keysOf(leftIn)).not.toEqual(keysOf(leftOut));
  });

  it('the responder answers IKE_AUTH only when its Child SA is installed, and a repetition with the same bytes', () => {
    const { left, right } = halfOpen();
    right.hold = true;
    const request = left.takeOne();
    // IKE_AUTH -->, twice
    right.receive(request);
    right.receive(request);
    expect(right.outbox).toEqual([]);
    right.hold = false;
    right.answerHeld();
    const [answer, again, ...more] = right.take();
    expect(more).toEqual([]);
    expect(answer?.datagram).toEqual(again?.datagram);
    expect(right.steps('add-sa')).toHaveLength(2);
  });

  const SUITES: readonly (readonly [string, Partial<TunnelPolicy>])[] = [
    ['AES-GCM for both', { ikeProposals: [GCM_IKE], childProposals: [GCM_ESP] }],
    ['ChaCha20-Poly1305', { ikeProposals: [CHACHA_IKE], childProposals: [CHEAP_ESP] }],
    ['AH', { childProtocol: 'ah', childProposals: [AH] }],
    ['several proposals, combined-mode ciphers beside others', { ikeProposals: [CHEAP_IKE, GCM_IKE] }],
    ['an elliptic curve of NIST', { ikeProposals: [ECP256] }],
  ];

  it.each(SUITES)('connect with %s', (_, policy) => {
    const { left, right } = connected({ left: policy, right: policy });
    expect(left.views()[0]?.suite).toEqual(right.views()[0]?.suite);
    expect(left.views()[0]?.children[0]?.suite).toEqual(right.views()[0]?.children[0]?.suite);
  });

  it('the responder chooses by its own order, the initiator takes what was chosen', () => {
    const { left } = connected({
      left: { ikeProposals: [CHEAP_IKE, GCM_IKE] },
      right: { ikeProposals: [GCM_IKE, CHEAP_IKE] },
    });
    expect(left.views()[0]?.suite).toMatchObject({ encryption: 'aes256gcm16' });
  });

  it('several selectors on each side are one Child SA, and both sides keep what they have in common', () => {
    const { left, right } = connected({
      left: {
        local: { ...tunnelPolicy(LEFT, RIGHT).local, selectors: segments('10.1.0.0/16', '10.3.0.0/16') },
        remote: { ...tunnelPolicy(LEFT, RIGHT).remote, selectors: segments('10.2.0.0/16', '10.4.0.0/16') },
      },
      right: {
        local: { ...tunnelPolicy(RIGHT, LEFT).local, selectors: segments('10.2.7.0/24', '10.4.0.0/16') },
        remote: { ...tunnelPolicy(RIGHT, LEFT).remote, selectors: segments('10.1.0.0/16', '10.3.1.0/24') },
      },
    });
    const [child] = left.views()[0]?.children ?? [];
    expect(child?.localSelectors).toEqual(segments('10.1.0.0/16', '10.3.1.0/24'));
    expect(child?.remoteSelectors).toEqual(segments('10.2.7.0/24', '10.4.0.0/16'));
    expect(right.views()[0]?.children[0]?.localSelectors).toEqual(child?.remoteSelectors);
  });

  it('between IPv6 addresses', () => {
    const sides = {
      left: { ...LEFT, address: '2001:db8::1' },
      right: { ...RIGHT, address: '2001:db8:1::1' },
    };
    const left = new TestGateway(sides.left.address, { seed: 1, tunnels: [tunnelPolicy(sides.left, sides.right)] });
    const right = new TestGateway(sides.right.address, { seed: 2, tunnels: [tunnelPolicy(sides.right, sides.left)] });
    left.initiate();
    converse({ left, right });
    expect(right.views()[0]).toMatchObject({ state: 'established', remote: { address: '2001:db8::1', port: 4500 } });
    expect(right.views()[0]?.children).toHaveLength(1);
  });
});

describe('the IKE_SA_INIT retries (RFC 7296 §2.6.1)', () => {
  it('another group: the second request has it, and the same SPI and nonce', () => {
    const { left, right } = pair({ left: { ikeProposals: [EITHER] }, right: { ikeProposals: [ECP256] } });
    left.initiate();
    // IKE_SA_INIT { KE: curve25519 } -->, <-- IKE_SA_INIT { INVALID_KE_PAYLOAD: 19 }
    deliver(left, right);
    expect(right.views()).toEqual([]);
    deliver(right, left);
    expect(left.jobs).toEqual(['ke.generate curve25519', 'ke.generate ecp256']);
    converse({ left, right });
    expect(left.views()[0]?.suite).toMatchObject({ keyExchange: 'ecp256' });
    expect(left.views()[0]?.children).toHaveLength(1);
  });

  it('a cookie, then another group: the cookie goes along', () => {
    const { left, right } = pair({ left: { ikeProposals: [EITHER] }, right: { ikeProposals: [ECP256] } });
    occupy(right, [ECP256]);
    left.initiate();
    // IKE_SA_INIT -->, <-- IKE_SA_INIT { COOKIE }
    deliver(left, right);
    deliver(right, left);
    // IKE_SA_INIT { COOKIE, KE: curve25519 } -->, <-- IKE_SA_INIT { INVALID_KE_PAYLOAD: 19 }
    const second = left.outbox[0];
    deliver(left, right);
    deliver(right, left);
    // IKE_SA_INIT { COOKIE, KE: ecp256 } -->
    const third = left.outbox[0];
    expect(second && third && equalBytes(cookieOf(second), cookieOf(third))).toBe(true);
    converse({ left, right });
    expect(left.views()[0]?.children).toHaveLength(1);
  });

  it('another group, then a cookie', () => {
    const { left, right } = pair({ left: { ikeProposals: [EITHER] }, right: { ikeProposals: [ECP256] } });
    left.initiate();
    // IKE_SA_INIT { KE: curve25519 } -->, <-- IKE_SA_INIT { INVALID_KE_PAYLOAD: 19 }
    deliver(left, right);
    const answer = right.takeOne();
    occupy(right, [ECP256]);
    left.receive(answer);
    // IKE_SA_INIT { KE: ecp256 } -->, <-- IKE_SA_INIT { COOKIE }, and so on
    converse({ left, right });
    expect(left.views()[0]?.children).toHaveLength(1);
    expect(left.jobs.filter((job) => job.startsWith('ke.generate'))).toHaveLength(2);
  });

  it('a responder that demands cookies, or groups, for ever: three tries each, then silence until the attempt ends', () => {
    const { left } = pair({ left: { ikeProposals: [EITHER] } });
    left.initiate();
    const first = left.takeOne();
    const answer = (...payloads: readonly Parameters<typeof encodePlainMessage>[1][number][]) => {
      const header = { initiatorSpi: left.ikeSa().initiatorSpi, responderSpi: '0'.repeat(16) };
      const message = encodePlainMessage({ ...header, exchangeType: 34, flags: 0x20, messageId: 0 }, payloads);
      left.receive({ from: first.to, to: first.from, datagram: message });
      return left.take().length;
    };
    const cookies = [1, 2, 3, 4, 5].map((value) => answer(notifyPayload('COOKIE', new Uint8Array(16).fill(value))));
    expect(cookies).toEqual([1, 1, 1, 0, 0]);
    const groups = [19, 31, 19, 31, 19].map((group) =>
      answer(notifyPayload('INVALID_KE_PAYLOAD', Uint8Array.of(0, group))),
    );
    expect(groups).toEqual([1, 1, 1, 0, 0]);
    // Neither an offered group nor one at all: nothing goes out, and that is the reason in the end.
    for (const data of [[0, 14], [0, 0], [4, 1], [0xff, 0xff], [31], []])
      expect(answer(notifyPayload('INVALID_KE_PAYLOAD', Uint8Array.from(data)))).toBe(0);
    left.fire('handshake');
    expect(left.reasonsOf('ike.failed')).toEqual(['key-exchange-mismatch']);
  });
});

describe('a childless IKE SA (RFC 6023)', () => {
  it('is offered by the responder, with protocol 1, and the initiator keeps that in mind', () => {
    const { left, right } = pair();
    left.initiate();
    const request = left.takeOne();
    right.receive(request);
    const answer = right.takeOne();
    const offer = (sent: Sent) => findNotify(decodePlainMessage(messageOf(sent)).payloads, 'CHILDLESS_IKEV2_SUPPORTED');
    expect(offer(request)).toBeUndefined();
    expect(offer(answer)).toMatchObject({ protocol: 1, spi: new Uint8Array(0), data: new Uint8Array(0) });
    left.receive(answer);
    expect([left.ikeSa().childless, right.ikeSa().childless]).toEqual([true, false]);
  });

  it('a responder that does not offer it is known not to', () => {
    const { left, right } = pair();
    left.initiate();
    deliver(left, right);
    const named = (payload: Payload) => findNotify([payload], 'CHILDLESS_IKEV2_SUPPORTED') !== undefined;
    left.receive(alterInit(right.takeOne(), (payloads) => payloads.filter((payload) => !named(payload))));
    expect(left.ikeSa()).toMatchObject({ phase: 'auth-sent', childless: false });
  });

  it('IKE_AUTH without SA and selectors is answered without them', () => {
    const { left, right } = halfOpen();
    const request = left.takeOne();
    // The same IKE_AUTH without its last three payloads.
    right.receive(alter(left, request, (all) => all.filter(({ type }) => !['SA', 'TSi', 'TSr'].includes(type))));
    expect(right.views()[0]).toMatchObject({ state: 'established', children: [] });
    expect(right.operations).toEqual([]);
    expect(right.take()).toHaveLength(1);
  });
});

describe('a snapshot', () => {
  it('another core goes on with it as the first one would have: liveness, then a delete', () => {
    const { left, right } = connected();
    const policy = tunnelPolicy(LEFT, RIGHT);
    const twins = [1, 2].map(
      () =>
        new IkeCore({
          entropy: new SeededEntropy(7),
          capabilities: EVERYTHING,
          tunnels: [policy],
          state: left.core.snapshot(),
        }),
    );
    const play = (core: IkeCore) => {
      const now = { mono: left.mono + 60_000, wall: 0 };
      const effects = [...core.handle({ kind: 'timer', key: 'ike:1:liveness' }, now)];
      const asked = effects.find((effect) => effect.kind === 'dataplane');
      const reply = { kind: 'counters', counters: [] } as const;
      if (asked !== undefined)
        effects.push(...core.handle({ kind: 'dataplane.reply', request: asked.request, reply }, now));
      const reason = { code: 'terminated', text: 'asked to' } as const;
      effects.push(...core.handle({ kind: 'command', command: { kind: 'terminate', tunnel: 'net', reason } }, now));
      return effects;
    };
    const [one, other] = twins.map(play);
    expect(one).toEqual(other);
    const probe = one?.find((effect) => effect.kind === 'send');
    expect(probe).toBeDefined();
    // INFORMATIONAL { } -->, <-- INFORMATIONAL { }
    if (probe !== undefined) right.receive(probe);
    const [answer] = right.take();
    const [core] = twins;
    if (answer === undefined || core === undefined) throw new Error('the probe was not answered');
    const input = { kind: 'datagram', local: answer.to, remote: answer.from, bytes: answer.datagram } as const;
    const next = core.handle(input, { mono: left.mono + 60_001, wall: 0 });
    // INFORMATIONAL { D } -->, <-- INFORMATIONAL { }
    const goodbye = next.find((effect) => effect.kind === 'send');
    if (goodbye !== undefined) right.receive(goodbye);
    expect(right.views()).toEqual([]);
    expect(right.timers.size).toBe(0);
  });

  it('brings its timers along', () => {
    const { left } = connected();
    const state = left.core.snapshot();
    const core = new IkeCore({ entropy: new SeededEntropy(7), capabilities: EVERYTHING, tunnels: [], state });
    const set = core.resume().flatMap((effect) => (effect.kind === 'timer.set' ? [[effect.key, effect.at]] : []));
    expect(set.length).toBeGreaterThan(1);
    expect(new Map(set as [string, number][])).toEqual(new Map(left.timers));
  });

  it('is a copy: what happens afterwards does not change it', () => {
    const { left, right } = connected();
    const state = left.core.snapshot();
    left.terminate();
    converse({ left, right });
    expect([...state.ikeSas.values()][0]).toMatchObject({ phase: 'established' });
    expect([...state.children.values()]).toMatchObject([[{ state: 'installed' }]]);
  });
});

function keysOf(step: DataPlaneStep | undefined) {
  if (step?.kind !== 'add-sa') throw new Error('an SA is missing');
  const { spi, encryption, encryptionKey, integrity, integrityKey } = step.sa;
  expect(encryptionKey).toBeDefined();
  return { spi, encryption, encryptionKey, integrity, integrityKey };
}

function cookieOf(sent: Sent): Uint8Array {
  const cookie = findNotify(decodePlainMessage(messageOf(sent)).payloads, 'COOKIE');
  if (cookie === undefined) throw new Error('no cookie');
  return cookie.data;
}
