import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../base/bytes.ts';
import { Secret } from '../base/secret.ts';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import type { PostQuantumKey } from './common/policy.ts';
import { alter, alterInit, messageOf, read, type Sent, TestGateway } from './testing/gateway.ts';
import { converse, deliver, halfOpen, type Pair, pair } from './testing/pair.ts';
import { auth } from './testing/tampering.ts';
import { deriveChildKeys, type IkeKeys } from './v2/keymat.ts';
import { findNotify } from './v2/payload-set.ts';
import { decodePlainMessage } from './v2/wire/message.ts';
import { type NotifyName, notifyPayload } from './v2/wire/notify.ts';
import type { Payload } from './v2/wire/payload.ts';

const PPK = 'thirty-two octets of a quantum..';

function key(id: string, required: boolean, secret = PPK): { readonly ppk: PostQuantumKey } {
  return { ppk: { id, required, secret: new Secret(utf8(secret)) } };
}

const NONE = {};
const OPTIONAL = key('qkd-1', false);
const REQUIRED = key('qkd-1', true);
const OTHER_OPTIONAL = key('qkd-2', false);
const OTHER_REQUIRED = key('qkd-2', true);

/** HMAC-SHA-256, which is the prf of these tunnels, by another way than the code goes. */
function hmac(secret: Uint8Array, ...data: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(
    createHmac('sha256', secret)
      .update(concatBytes(...data))
      .digest(),
  );
}

/** RFC 8784 §3, written out: with a prf whose output is as long as its key, one block of prf+. */
function mixed(secret: Uint8Array): Uint8Array {
  return hmac(utf8(PPK), secret, Uint8Array.of(1));
}

function keysOf(gateway: TestGateway): IkeKeys {
  const { keys } = gateway.ikeSa();
  if (keys === undefined) throw new Error('no keys yet');
  return keys;
}

/** Lets both sides end, with the grace that an initiator gives to a better answer. */
function settle(both: Pair): Pair {
  converse(both);
  if (both.left.timerNames().includes('refused')) both.left.fire('refused');
  converse(both);
  return both;
}

type Outcome = 'ppk' | 'plain' | { readonly left: readonly string[]; readonly right: readonly string[] };

/** Refused by the responder, whose peer learns nothing more than that. */
const REFUSED: Outcome = { left: ['authentication-failed'], right: ['ppk-mismatch'] };
/** Given up by the initiator after IKE_SA_INIT; the responder never learns who it was. */
const GIVEN_UP: Outcome = { left: ['ppk-mismatch'], right: [] };

// biome-ignore format: one row, one pair of configurations
const OUTCOMES: readonly (readonly [left: string, right: string, outcome: Outcome])[] = [
  ['NONE', 'NONE', 'plain'],
  ['NONE', 'OPTIONAL', 'plain'],
  ['NONE', 'REQUIRED', REFUSED],
  ['OPTIONAL', 'NONE', 'plain'],
  ['OPTIONAL', 'OPTIONAL', 'ppk'],
  ['OPTIONAL', 'REQUIRED', 'ppk'],
  ['OPTIONAL', 'OTHER_OPTIONAL', 'plain'],
  ['OPTIONAL', 'OTHER_REQUIRED', REFUSED],
  ['REQUIRED', 'NONE', GIVEN_UP],
  ['REQUIRED', 'OPTIONAL', 'ppk'],
  ['REQUIRED', 'REQUIRED', 'ppk'],
  ['REQUIRED', 'OTHER_OPTIONAL', REFUSED],
  ['REQUIRED', 'OTHER_REQUIRED', REFUSED],
];

const CONFIGURED: Readonly<Record<string, { readonly ppk?: PostQuantumKey }>> = {
  NONE,
  OPTIONAL,
  REQUIRED,
  OTHER_OPTIONAL,
  OTHER_REQUIRED,
};

describe('who has which post-quantum key (RFC 8784 §3)', () => {
  it.each(OUTCOMES)('initiator %s, responder %s: %o', (left, right, outcome) => {
    const both = pair({ left: CONFIGURED[left] ?? {}, right: CONFIGURED[right] ?? {} });
    both.left.initiate();
    deliver(both.left, both.right);
    const before = keysOf(both.right);
    settle(both);
    if (typeof outcome === 'object') {
      expect(both.left.reasonsOf('ike.failed')).toEqual(outcome.left);
      expect(both.right.reasonsOf('ike.failed')).toEqual(outcome.right);
      expect([both.left, both.right].flatMap((gateway) => gateway.core.children())).toEqual([]);
      return;
    }
    const expected = outcome === 'plain' ? before.skD : mixed(before.skD);
    for (const gateway of [both.left, both.right]) {
      expect(keysOf(gateway).skD).toEqual(expected);
      expect(gateway.views()).toMatchObject([
        { state: 'established', ppk: outcome === 'ppk', children: [{ state: 'installed' }] },
      ]);
    }
  });

  it('says in plain words what differs, and never the key', () => {
    const texts = [
      [REQUIRED, NONE, 'the peer does not use the post-quantum key "qkd-1", which this tunnel requires (ppk.required)'],
      [NONE, REQUIRED, 'the peer does not offer post-quantum keys; this tunnel requires "qkd-1" (ppk.required)'],
      [REQUIRED, OTHER_OPTIONAL, 'the peer uses the post-quantum key "qkd-1", this tunnel has "qkd-2" (ppk.id)'],
      [OPTIONAL, OTHER_REQUIRED, 'the peer uses the post-quantum key "qkd-1", this tunnel requires "qkd-2" (ppk.id)'],
      [
        REQUIRED,
        key('qkd-1', true, 'another'),
        'the keys differ: either the pre-shared key or the post-quantum key "qkd-1" of the peer is another one than here',
      ],
    ] as const;
    for (const [left, right, text] of texts) {
      const both = pair({ left, right });
      both.left.initiate();
      settle(both);
      const events = JSON.stringify([...both.left.events, ...both.right.events]);
      expect(events).toContain(JSON.stringify(text).slice(1, -1));
      expect(events).not.toContain(PPK);
    }
  });

  it('another key of the same name is an authentication that fails, even where neither requires it', () => {
    const both = pair({ left: OPTIONAL, right: key('qkd-1', false, 'another') });
    both.left.initiate();
    settle(both);
    expect(both.right.reasonsOf('ike.failed')).toEqual(['authentication-failed']);
    expect(both.left.reasonsOf('ike.failed')).toEqual(['authentication-failed']);
    expect(JSON.stringify(both.left.events)).toContain(
      'the pre-shared keys or the post-quantum keys \\"qkd-1\\" differ',
    );
  });
});

describe('the keys', () => {
  it('SK_d, SK_pi and SK_pr are mixed, those of the messages are not; both ends come to the same', () => {
    const both = halfOpen({ left: REQUIRED, right: REQUIRED });
    const before = keysOf(both.left);
    converse(both);
    const after = keysOf(both.left);
    expect(after).toEqual({
      ...before,
      skD: mixed(before.skD),
      skPi: mixed(before.skPi),
      skPr: mixed(before.skPr),
    });
    expect(keysOf(both.right)).toEqual(after);
  });

  it('a successor of the IKE SA counts as made with it, as its keys come from SK_d', () => {
    const both = halfOpen({ left: REQUIRED, right: REQUIRED });
    converse(both);
    const before = keysOf(both.left).skD;
    both.left.fire('rekey');
    converse(both);
    expect(both.left.views()).toMatchObject([{ state: 'established', ppk: true }]);
    expect(both.right.views()).toMatchObject([{ state: 'established', ppk: true }]);
    expect(keysOf(both.left)).toEqual(keysOf(both.right));
    expect(keysOf(both.left).skD).not.toEqual(before);
  });

  it('the Child SA is made of the mixed SK_d', () => {
    const both = halfOpen({ left: REQUIRED, right: REQUIRED });
    const sa = both.right.ikeSa();
    const { skD } = keysOf(both.right);
    if (sa.handshake === undefined) throw new Error('no handshake');
    const [nonceI, nonceR] = [sa.handshake.peerNonce, sa.handshake.ownNonce];
    converse(both);
    const [inbound] = both.right.steps('add-sa');
    if (inbound?.kind !== 'add-sa') throw new Error('no SA');
    const [child] = both.right.core.children();
    if (child === undefined) throw new Error('no Child SA');
    const derive = (key: Uint8Array) =>
      deriveChildKeys({ suite: child.suite, prf: 'prfsha256', skD: key, nonceI, nonceR }).initiator.encryptionKey;
    expect(JSON.stringify(inbound)).not.toContain(PPK);
    expect(inbound.sa.encryptionKey).toEqual(derive(mixed(skD)));
    expect(inbound.sa.encryptionKey).not.toEqual(derive(skD));
  });

  it('AUTH is made with the mixed SK_pi, NO_PPK_AUTH with the plain one, and the answer with the mixed SK_pr', () => {
    const both = halfOpen({ left: OPTIONAL, right: REQUIRED });
    const { handshake, keys } = both.right.ikeSa();
    if (handshake === undefined || keys === undefined) throw new Error('no handshake');
    const psk = hmac(tunnelPolicy(LEFT, RIGHT).psk.expose(), utf8('Key Pad for IKEv2'));
    const proof = (message: Uint8Array, nonce: Uint8Array, skP: Uint8Array, id: Uint8Array) =>
      hmac(psk, message, nonce, hmac(skP, id));
    const request = both.left.takeOne();
    const asked = read(both.left, request);
    const idi = bodyOf(asked, 'IDi');
    const ofInitiator = (skPi: Uint8Array) => proof(handshake.peerMessage, handshake.ownNonce, skPi, idi);
    expect(asked.find(({ type }) => type === 'AUTH')).toMatchObject({ data: ofInitiator(mixed(keys.skPi)) });
    expect(findNotify(asked, 'NO_PPK_AUTH')).toMatchObject({ protocol: 0, data: ofInitiator(keys.skPi) });
    expect(findNotify(asked, 'PPK_IDENTITY')).toMatchObject({
      protocol: 0,
      spi: new Uint8Array(0),
      data: concatBytes(Uint8Array.of(2), utf8('qkd-1')),
    });
    both.right.receive(request);
    const answered = read(both.right, both.right.takeOne());
    const expected = proof(handshake.ownMessage, handshake.peerNonce, mixed(keys.skPr), bodyOf(answered, 'IDr'));
    expect(answered.find(({ type }) => type === 'AUTH')).toMatchObject({ data: expected });
    expect(findNotify(answered, 'PPK_IDENTITY')?.data).toEqual(new Uint8Array(0));
  });

  it('a required key leaves no NO_PPK_AUTH to fall back to', () => {
    const both = halfOpen({ left: REQUIRED, right: REQUIRED });
    expect(findNotify(read(both.left, both.left.takeOne()), 'NO_PPK_AUTH')).toBeUndefined();
  });
});

describe('USE_PPK in IKE_SA_INIT', () => {
  const says = (sent: Sent) => findNotify(decodePlainMessage(messageOf(sent)).payloads, 'USE_PPK');

  it('is said by an initiator that has a key, and answered by a responder that has one', () => {
    for (const [left, right, asks, answers] of [
      [OPTIONAL, OPTIONAL, true, true],
      [REQUIRED, NONE, true, false],
      [NONE, REQUIRED, false, false],
    ] as const) {
      const both = pair({ left, right });
      both.left.initiate();
      const request = both.left.takeOne();
      both.right.receive(request);
      expect([says(request) !== undefined, says(both.right.takeOne()) !== undefined]).toEqual([asks, answers]);
    }
  });

  it('W2: taken out on the way, in either message: nothing comes up, least of all without the key', () => {
    const without = (sent: Sent) =>
      alterInit(sent, (payloads) => payloads.filter((payload) => !isNotify(payload, 'USE_PPK')));
    for (const [request, answer] of [
      [without, (sent: Sent) => sent],
      [(sent: Sent) => sent, without],
    ] as const) {
      const both = pair({ left: OPTIONAL, right: OPTIONAL });
      both.left.initiate();
      both.right.receive(request(both.left.takeOne()));
      both.left.receive(answer(both.right.takeOne()));
      converse(both);
      for (const gateway of [both.left, both.right]) expect(gateway.core.children()).toEqual([]);
      expect(both.right.reasonsOf('ike.failed')).toHaveLength(1);
    }
  });
});

describe('A9: what a hostile initiator says of PPKs in IKE_AUTH', () => {
  const isPpk = (payload: Payload) => isNotify(payload, 'PPK_IDENTITY') || isNotify(payload, 'NO_PPK_AUTH');
  const change = (name: NotifyName, edit: (data: Uint8Array) => Uint8Array) => (payloads: Payload[]) =>
    payloads.map((payload) =>
      payload.type === 'N' && isNotify(payload, name) ? { ...payload, data: edit(payload.data) } : payload,
    );
  const without = (name: NotifyName) => (payloads: Payload[]) => payloads.filter((payload) => !isNotify(payload, name));
  const flip = (data: Uint8Array) => data.with(3, (data[3] ?? 0) ^ 1);
  const otherId = change('PPK_IDENTITY', () => utf8('\u0002other'));
  const swapped = (payloads: Payload[]) => {
    const plain = findNotify(payloads, 'NO_PPK_AUTH')?.data ?? new Uint8Array(0);
    return payloads.map((payload) => auth(payload, () => plain));
  };

  // biome-ignore format: one row, one message
  const CASES: readonly (readonly [string, (payloads: Payload[]) => readonly Payload[], 'OPTIONAL' | 'REQUIRED', string])[] = [
    ['names none after USE_PPK', (payloads) => payloads.filter((payload) => !isPpk(payload)), 'OPTIONAL', 'protocol-error'],
    ['names none, with a proof that needs none', without('PPK_IDENTITY'), 'OPTIONAL', 'protocol-error'],
    ['names another, without NO_PPK_AUTH', (payloads) => without('NO_PPK_AUTH')(otherId(payloads)), 'OPTIONAL', 'ppk-mismatch'],
    ['names another where ours is required', otherId, 'REQUIRED', 'ppk-mismatch'],
    ['names the empty one', change('PPK_IDENTITY', () => new Uint8Array(0)), 'REQUIRED', 'ppk-mismatch'],
    ['names ours as PPK_ID_OPAQUE', change('PPK_IDENTITY', (data) => data.with(0, 1)), 'REQUIRED', 'ppk-mismatch'],
    ['names another, NO_PPK_AUTH has a wrong bit', (payloads) => change('NO_PPK_AUTH', flip)(otherId(payloads)), 'OPTIONAL', 'authentication-failed'],
    ['names another, NO_PPK_AUTH is empty', (payloads) => change('NO_PPK_AUTH', () => new Uint8Array(0))(otherId(payloads)), 'OPTIONAL', 'authentication-failed'],
    ['names ours, AUTH has a wrong bit, NO_PPK_AUTH is right', (payloads) => payloads.map((payload) => auth(payload, flip)), 'OPTIONAL', 'authentication-failed'],
    ['names ours, AUTH is made without it', swapped, 'OPTIONAL', 'authentication-failed'],
    ['names ours, AUTH is made without it, ours is required', swapped, 'REQUIRED', 'authentication-failed'],
  ];

  it.each(CASES)('%s: AUTHENTICATION_FAILED and nothing else', (_, edit, right, reason) => {
    const both = halfOpen({ left: OPTIONAL, right: CONFIGURED[right] ?? {} });
    const request = alter(both.left, both.left.takeOne(), edit);
    expect(refusal(both, request)).toEqual([notifyPayload('AUTHENTICATION_FAILED')]);
    expect(both.right.reasonsOf('ike.failed')).toEqual([reason]);
  });

  it('names a key that was not announced: where ours is required, that is not enough', () => {
    const both = halfOpen({ left: NONE, right: REQUIRED });
    const request = alter(both.left, both.left.takeOne(), (payloads) => [
      ...payloads,
      notifyPayload('PPK_IDENTITY', utf8('\u0002qkd-1')),
    ]);
    expect(refusal(both, request)).toEqual([notifyPayload('AUTHENTICATION_FAILED')]);
    expect(both.right.reasonsOf('ike.failed')).toEqual(['ppk-mismatch']);
  });

  it('a name is shown escaped and cut', () => {
    const both = halfOpen({ left: OPTIONAL, right: REQUIRED });
    const name = utf8(`\u0002\u001b[2J\n${'x'.repeat(3000)}`);
    both.right.receive(
      alter(
        both.left,
        both.left.takeOne(),
        change('PPK_IDENTITY', () => name),
      ),
    );
    const texts = both.right.events.flatMap((event) => (event.type === 'ike.failed' ? [event.reason.text] : []));
    expect(texts).toHaveLength(1);
    expect(texts[0]).toMatch(/"\\u\{1b\}\[2J\\u\{a\}x+…"/);
    expect(texts[0]?.length).toBeLessThan(250);
  });

  it('one of several tunnels of the same peer is found by its key', () => {
    const both = halfOpen({ left: REQUIRED, right: REQUIRED });
    const own = tunnelPolicy(RIGHT, LEFT);
    const tunnels = [
      { ...own, name: 'plain' },
      { ...own, name: 'other', ...OTHER_REQUIRED },
      { ...own, name: 'meant', ...OPTIONAL },
    ];
    const left = new TestGateway(LEFT.address, { seed: 11, tunnels: both.left.tunnels });
    const right = new TestGateway(RIGHT.address, { seed: 12, tunnels });
    left.initiate();
    converse({ left, right });
    expect(right.views()).toMatchObject([{ tunnel: 'meant', state: 'established' }]);
    expect(keysOf(right).skD).toEqual(keysOf(left).skD);
  });

  /** What the responder answers to it, of whose IKE SA nothing is left. */
  function refusal({ right }: Pair, request: Sent): readonly Payload[] {
    const reader = new TestGateway(RIGHT.address, { seed: 9, tunnels: [], state: right.core.snapshot() });
    right.receive(request);
    expect(right.views()).toEqual([]);
    expect(right.operations).toEqual([]);
    expect(right.timers.size).toBe(0);
    return read(reader, right.takeOne());
  }
});

describe('A9: what a hostile responder says of PPKs in IKE_AUTH', () => {
  const without = (payloads: Payload[]) => payloads.filter((payload) => !isNotify(payload, 'PPK_IDENTITY'));

  function answered(left: typeof OPTIONAL | typeof NONE, change: (payloads: Payload[]) => readonly Payload[]): Pair {
    const both = halfOpen({ left, right: OPTIONAL });
    deliver(both.left, both.right);
    both.left.receive(alter(both.right, both.right.takeOne(), change));
    return both;
  }

  it('that it has not used the key: a required one ends it, and the peer is told', () => {
    const both = answered(REQUIRED, without);
    expect(both.left.reasonsOf('ike.failed')).toEqual(['ppk-mismatch']);
    converse(both);
    expect([both.left, both.right].flatMap((gateway) => gateway.views())).toEqual([]);
    expect(both.right.reasonsOf('ike.closed')).toEqual(['authentication-failed']);
  });

  it('that it has not used the key, though its AUTH was made with it', () => {
    expect(answered(OPTIONAL, without).left.reasonsOf('ike.failed')).toEqual(['authentication-failed']);
  });

  it('anything in PPK_IDENTITY is ignored', () => {
    const both = answered(REQUIRED, (payloads) => [...without(payloads), notifyPayload('PPK_IDENTITY', utf8('else'))]);
    expect(both.left.views()).toMatchObject([{ state: 'established' }]);
  });

  it('PPK_IDENTITY that nobody asked for is ignored', () => {
    const both = answered(NONE, (payloads) => [...payloads, notifyPayload('PPK_IDENTITY')]);
    expect(both.left.views()).toMatchObject([{ state: 'established' }]);
    expect(keysOf(both.left)).toEqual(keysOf(both.right));
  });
});

function bodyOf(payloads: readonly Payload[], type: 'IDi' | 'IDr'): Uint8Array {
  const found = payloads.find((payload) => payload.type === type);
  if (found === undefined || !('body' in found)) throw new Error(`no ${type}`);
  return found.body;
}

function isNotify(payload: Payload, name: NotifyName): boolean {
  return findNotify([payload], name) !== undefined;
}
