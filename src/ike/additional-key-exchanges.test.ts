import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ByteWriter, concatBytes, fromHex, toHex, utf8 } from '../base/bytes.ts';
import { Secret } from '../base/secret.ts';
import { performKeyExchange } from '../crypto/key-exchange.ts';
import { formatSuite } from '../sa/proposal.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { alter, alterInit, messageOf, read, type Sent, TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver, type Pair, pair } from './testing/pair.ts';
import { parsed, proposals } from './testing/proposals.ts';
import { openMessage } from './v2/encrypted-payload.ts';
import { type IkeKeys, messageKeys } from './v2/keymat.ts';
import { decodePlainMessage } from './v2/wire/message.ts';
import { NOTIFY, notifyPayload } from './v2/wire/notify.ts';
import { decodePayloads, type Payload } from './v2/wire/payload.ts';

const BASE = 'aes256gcm16-prfsha256-x25519';

const LAYERED = { ikeProposals: proposals(`${BASE}-ke1_mlkem768`) };

/** Both ends, or each of them, with these proposals. */
function offering(own: readonly string[], peer: readonly string[] = own): Parameters<typeof pair>[0] {
  return { left: { ikeProposals: proposals(...own) }, right: { ikeProposals: proposals(...peer) } };
}

/** Exchange type and message ID of everything that is said until neither has anything to say. */
function transcript(both: Pair): string[] {
  const said: string[] = [];
  while (both.left.outbox.length + both.right.outbox.length > 0)
    for (const [from, to] of [
      [both.left, both.right],
      [both.right, both.left],
    ] as const)
      for (const sent of deliver(from, to)) {
        const message = messageOf(sent);
        said.push(`${from === both.left ? '>' : '<'}${message[18]}/${message[23]}${message[16] === 53 ? ' part' : ''}`);
      }
  return said;
}

function suitesOf({ left, right }: Pair): (string | undefined)[] {
  return [left, right].map((gateway) => {
    const [view] = gateway.views();
    return view?.suite && formatSuite(view.suite);
  });
}

function notifiesIntermediate(sent: Sent): boolean {
  const { payloads } = decodePlainMessage(messageOf(sent));
  return payloads.some((payload) => payload.type === 'N' && payload.notify === NOTIFY.INTERMEDIATE_EXCHANGE_SUPPORTED);
}

describe('additional key exchanges in the initial exchanges (RFC 9370, RFC 9242)', () => {
  it('one: IKE_INTERMEDIATE between IKE_SA_INIT and IKE_AUTH, and both ends show it', () => {
    // With the marker of the ports 4500 it would not fit into one datagram.
    const both = pair({ left: { ...LAYERED, mobike: false }, right: LAYERED });
    both.left.initiate();
    expect(transcript(both)).toEqual(['>34/0', '<34/0', '>43/1', '<43/1', '>35/2', '<35/2']);
    expect(suitesOf(both)).toEqual(Array(2).fill('aes256gcm16-prfsha256-curve25519-ke1_mlkem768'));
    expect(both.left.jobs).toEqual([
      'ke.generate curve25519',
      'ke.agree curve25519',
      'ke.generate mlkem768',
      'ke.agree mlkem768',
    ]);
    expect(both.right.jobs).toEqual(['ke.respond curve25519', 'ke.respond mlkem768']);
    expect(both.right.core.children()).toMatchObject([{ state: 'installed' }]);
    expect([...both.left.drops(), ...both.right.drops()]).toEqual([]);
    expect(both.left.ikeSa().handshake).toBeUndefined();
  });

  it('seven, with ciphers of both kinds, in the order of their slots', () => {
    const methods = ['mlkem512', 'mlkem768', 'mlkem1024', 'ecp256', 'ecp384', 'x25519', 'modp2048'];
    const slots = methods.map((method, index) => `ke${index + 1}_${method}`).join('-');
    for (const base of ['aes128-sha256-ecp521', 'chacha20poly1305-prfsha384-ecp521']) {
      const both = pair(offering([`${base}-${slots}`]));
      both.left.initiate();
      const said = transcript(both).filter((line) => !line.endsWith('part'));
      expect(said.slice(-2)).toEqual(['>35/8', '<35/8']);
      expect(both.right.jobs.slice(1)).toEqual(
        methods.map((method) => `ke.respond ${method === 'x25519' ? 'curve25519' : method}`),
      );
      expect(both.right.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed' }] }]);
    }
  });

  it('slots may be apart', () => {
    expect(suitesOf(connected(offering([`${BASE}-ke2_ecp384-ke5_mlkem512`])))).toEqual(
      Array(2).fill('aes256gcm16-prfsha256-curve25519-ke2_ecp384-ke5_mlkem512'),
    );
  });

  it('values that exceed a datagram go in fragments, before anybody is authenticated', () => {
    const both = pair(offering([`${BASE}-ke1_mlkem1024`]));
    both.left.initiate();
    expect(transcript(both).slice(2, 6)).toEqual(['>43/1 part', '>43/1 part', '<43/1 part', '<43/1 part']);
    expect(both.right.views()).toMatchObject([{ state: 'established' }]);
  });

  it('a post-quantum preshared key goes into the keys of the last round (RFC 8784 §3)', () => {
    const ppk = { id: 'one', secret: new Secret(utf8('a key of the test')), required: true };
    const own = { ikeProposals: proposals(`${BASE}-ke1_mlkem512`), ppk };
    const { left, right } = connected({ left: own, right: own });
    expect(left.ikeSa().keys).toEqual(right.ikeSa().keys);
    expect(left.ikeSa().suite?.additional).toHaveLength(1);
  });

  it('ML-KEM alone, without any other key exchange', () => {
    expect(suitesOf(connected(offering(['aes128-sha256-mlkem512'])))).toEqual(Array(2).fill('aes128-sha256-mlkem512'));
  });

  it('IKE_INTERMEDIATE is announced where there may be one, and agreed to where there is one', () => {
    for (const [own, peer, asks, agrees] of [
      [[BASE], [BASE], false, false],
      [[`${BASE}-ke1_mlkem768`], [`${BASE}-ke1_mlkem768`], true, true],
      [[`${BASE}-ke1_mlkem768`, BASE], [BASE], true, false],
      [[BASE], [`${BASE}-ke1_mlkem768`, BASE], false, false],
    ] as const) {
      const both = pair(offering(own, peer));
      both.left.initiate();
      const [request] = deliver(both.left, both.right);
      const [answer] = deliver(both.right, both.left);
      expect(request && notifiesIntermediate(request)).toBe(asks);
      expect(answer && notifiesIntermediate(answer)).toBe(agrees);
      converse(both);
      expect(both.left.views()).toMatchObject([{ state: 'established' }]);
    }
  });

  it.each<[string, readonly string[], readonly string[], string]>([
    ['a proposal without', [`${BASE}-ke1_mlkem768`, BASE], [BASE], BASE],
    ['NONE', [`${BASE}-ke1_mlkem768-ke1_none`], [BASE], BASE],
    ['NONE of the responder', [BASE], [`${BASE}-ke1_mlkem768-ke1_none`], BASE],
    [
      'NONE in one of two slots',
      [`${BASE}-ke1_ecp384-ke2_mlkem768-ke2_none`],
      [`${BASE}-ke1_ecp384`],
      `${BASE}-ke1_ecp384`,
    ],
    ['another method', [`${BASE}-ke1_mlkem1024-ke1_mlkem512`], [`${BASE}-ke1_mlkem512`], `${BASE}-ke1_mlkem512`],
  ])('what both have is taken: %s', (_, own, peer, expected) => {
    const suite = expected.replace('x25519', 'curve25519');
    expect(suitesOf(connected(offering(own, peer)))).toEqual([suite, suite]);
  });

  it('the answer says NONE for what was proposed and is left out (RFC 9370 §2.2.1)', () => {
    const both = pair(offering([`${BASE}-ke1_mlkem768-ke1_none-ke3_ecp256`], [`${BASE}-ke3_ecp256`]));
    both.left.initiate();
    deliver(both.left, both.right);
    const { payloads } = decodePlainMessage(messageOf(both.right.takeOne()));
    const [proposal] = payloads.flatMap((payload) => (payload.type === 'SA' ? payload.proposals : []));
    expect(proposal?.transforms.filter(({ type }) => type > 5)).toEqual([
      { type: 6, id: 0 },
      { type: 8, id: 19 },
    ]);
  });

  it('a peer that says nothing of IKE_INTERMEDIATE is not asked for one', () => {
    const both = pair(offering([`${BASE}-ke1_mlkem768`, `${BASE}-ke1_mlkem768-ke1_none`, BASE]));
    both.left.initiate();
    both.right.receive(alterInit(both.left.takeOne(), withoutIntermediate));
    expect(both.right.ikeSa()).toMatchObject({ phase: 'init-answered', handshake: { rounds: [], leftOut: [1] } });
    expect(both.right.ikeSa().suite).not.toHaveProperty('additional');
    const strict = pair(offering([`${BASE}-ke1_mlkem768`]));
    strict.left.initiate();
    strict.right.receive(alterInit(strict.left.takeOne(), withoutIntermediate));
    expect(strict.right.views()).toEqual([]);
    expect(strict.right.events).toMatchObject([
      {
        type: 'peer.refused',
        reason: { text: expect.stringContaining('we have ke1_mlkem768, the peer has none') },
      },
    ]);
  });

  it('no common one: the operator reads which each side has', () => {
    const both = pair(offering([`${BASE}-ke1_mlkem768`], [`${BASE}-ke1_mlkem1024`]));
    both.left.initiate();
    converse(both);
    both.left.fire('refused');
    expect(both.left.reasonsOf('ike.failed')).toEqual(['no-proposal-chosen']);
    expect(both.right.events).toMatchObject([
      {
        type: 'peer.refused',
        reason: {
          text: 'the IKE proposals do not match: no common additional key exchange: we have ke1_mlkem1024, the peer has ke1_mlkem768',
        },
      },
    ]);
  });
});

describe('what is lost, repeated or interrupted on the way', () => {
  it('a repeated request gets the same answer, also once the keys have changed', () => {
    const both = pair(offering([`${BASE}-ke1_mlkem512-ke2_mlkem768`]));
    both.left.initiate();
    deliver(both.left, both.right);
    deliver(both.right, both.left);
    const request = both.left.takeOne();
    both.right.receive(request);
    const answer = both.right.takeOne();
    const after = both.right.ikeSa();
    both.left.fire('retransmit');
    expect(both.left.takeOne().datagram).toEqual(request.datagram);
    both.right.receive(request);
    expect(both.right.takeOne().datagram).toEqual(answer.datagram);
    expect(both.right.ikeSa()).toEqual(after);
    both.left.receive(answer);
    // Late: by now it is answered by nothing.
    const next = both.left.ikeSa();
    both.left.receive(answer);
    expect(both.left.ikeSa()).toEqual(next);
    converse(both);
    expect(both.right.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed' }] }]);
  });

  it('what comes while a key exchange is computed waits for it', () => {
    const both = pair(offering([`${BASE}-ke1_mlkem512`]));
    both.left.initiate();
    deliver(both.left, both.right);
    deliver(both.right, both.left);
    both.right.hold = true;
    const request = both.left.takeOne();
    both.right.receive(request);
    both.right.receive(request);
    expect(both.right.ikeSa().queue).toHaveLength(1);
    both.right.hold = false;
    both.right.answerHeld();
    expect(both.right.outbox).toHaveLength(2);
    converse(both);
    expect(both.right.views()).toMatchObject([{ state: 'established' }]);
  });

  it('another process can go on at any point', () => {
    const both = pair(offering([`${BASE}-ke1_mlkem1024-ke2_mlkem512`]));
    const restart = (gateway: TestGateway, seed: number) => {
      const next = new TestGateway(gateway.address, { seed, tunnels: gateway.tunnels, state: gateway.core.snapshot() });
      next.outbox = gateway.take();
      return next;
    };
    both.left.initiate();
    let [left, right] = [both.left, both.right];
    for (let turn = 0; left.outbox.length + right.outbox.length > 0; turn++) {
      for (const sent of left.take()) {
        right.receive(sent);
        right = restart(right, 100 + turn);
      }
      for (const sent of right.take()) {
        left.receive(sent);
        left = restart(left, 200 + turn);
      }
    }
    expect(left.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed' }] }]);
    expect(right.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed' }] }]);
  });

  it('who stops in the middle holds a place no longer than any other half-open initiator', () => {
    const both = pair(offering([`${BASE}-ke1_mlkem512-ke2_mlkem768`]));
    both.left.initiate();
    deliver(both.left, both.right);
    const until = both.right.timers.get('ike:1:half-open');
    deliver(both.right, both.left);
    deliver(both.left, both.right);
    expect(both.right.timers.get('ike:1:half-open')).toBe(until);
    both.right.fire('half-open');
    expect(both.right.views()).toEqual([]);
    expect(both.right.timers.size).toBe(0);
    // The initiator gives up when its own time is over, which began anew with each answer.
    both.left.fire('handshake');
    expect(both.left.reasonsOf('ike.failed')).toEqual(['no-response']);
  });

  it('both ends at once: one IKE SA is left', () => {
    const both = pair(offering([`${BASE}-ke1_mlkem512`]));
    both.left.initiate();
    both.right.initiate();
    converse(both);
    for (const gateway of [both.left, both.right]) {
      gateway.endDrains();
      expect(gateway.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed' }] }]);
    }
  });
});

describe('rekeying', () => {
  const policy = (ike: readonly string[], esp: string): Partial<TunnelPolicy> => {
    const childProposals = parsed([esp], 'esp');
    return { ikeProposals: proposals(...ike), childProposals };
  };

  it('ML-KEM as the one key exchange: of the IKE SA, and as PFS of a Child SA', () => {
    const own = policy(['aes256gcm16-prfsha256-mlkem768'], 'aes128gcm16-mlkem512');
    const both = connected({ left: own, right: own });
    both.left.fire('rekey');
    converse(both);
    expect(suitesOf(both)).toEqual(Array(2).fill('aes256gcm16-prfsha256-mlkem768'));
    const [child] = both.right.core.children();
    both.right.fire(`rekey-${child?.id}`);
    converse(both);
    for (const gateway of [both.left, both.right]) {
      gateway.endDrains();
      expect(gateway.views()).toMatchObject([{ children: [{ suite: { keyExchange: 'mlkem512' } }] }]);
    }
    expect(both.left.jobs).toContain('ke.respond mlkem512');
  });

  /** SA payloads that offer these methods for the first slot, too. */
  const withSlot = (all: readonly Payload[], ids: readonly number[]) =>
    all.map((payload) => {
      if (payload.type !== 'SA') return payload;
      const more = ids.map((id) => ({ type: 6, id }));
      const proposals = payload.proposals.map((one) => ({ ...one, transforms: [...one.transforms, ...more] }));
      return { ...payload, proposals };
    });

  it.each(['rekey', 'rekey-net#1'])(
    '%s: who wants additional key exchanges that we do not have is refused',
    (timer) => {
      const own = policy([BASE], 'aes128gcm16-x25519');
      const both = connected({ left: own, right: own });
      both.left.fire(timer);
      both.right.receive(alter(both.left, both.left.takeOne(), (all) => withSlot(all, [35])));
      const [refusal] = read(both.right, both.right.takeOne());
      expect(refusal).toMatchObject({ notify: NOTIFY.NO_PROPOSAL_CHOSEN });
    },
  );

  it.each(['rekey', 'rekey-net#1'])('%s: who can do without is told NONE', (timer) => {
    const own = policy([BASE], 'aes128gcm16-x25519');
    const both = connected({ left: own, right: own });
    both.left.fire(timer);
    both.right.receive(alter(both.left, both.left.takeOne(), (all) => withSlot(all, [35, 0])));
    const [answer] = both.right.outbox;
    const sa = answer && read(both.right, answer).find(({ type }) => type === 'SA');
    expect(sa?.type === 'SA' && sa.proposals[0]?.transforms.filter(({ type }) => type > 5)).toEqual([
      { type: 6, id: 0 },
    ]);
  });
});

describe('what IKE_AUTH covers and keys are made of, by hand', () => {
  it('two rounds: the keys of RFC 9370 §2.2.2 and the AUTH of RFC 9242 §3.3.2', () => {
    const both = pair(offering([`${BASE}-ke1_mlkem512-ke2_ecp256`]));
    const { left, right } = both;
    left.initiate();
    const initRequest = crossing(left, right);
    const initAnswer = crossing(right, left);
    const [nonceI, nonceR] = [nonceOf(initRequest), nonceOf(initAnswer)];
    let keys = keysOf(left);
    const intAuth: { i: Uint8Array; r: Uint8Array } = { i: new Uint8Array(0), r: new Uint8Array(0) };
    for (const method of ['mlkem512', 'ecp256'] as const) {
      const privateKey = privateKeyOf(left);
      const request = crossing(left, right);
      const answer = crossing(right, left);
      intAuth.i = hmac(keys.skPi, intAuth.i, coveredOctets(request, keys, 'initiator'));
      intAuth.r = hmac(keys.skPr, intAuth.r, coveredOctets(answer, keys, 'responder'));
      const peerPublic = publicValueIn(answer, keys);
      const result = performKeyExchange({ kind: 'ke.agree', method, privateKey, peerPublic });
      if (result.kind !== 'ke.agree') throw new Error(`unexpected ${result.kind}`);
      const skeyseed = hmac(keys.skD, result.sharedSecret, nonceI, nonceR);
      keys = expand(skeyseed, nonceI, nonceR, initAnswer.subarray(0, 16));
      expect(keysOf(left)).toEqual(keys);
      expect(keysOf(right)).toEqual(keys);
    }
    const auth = crossing(left, right);
    const authAnswer = crossing(right, left);
    const chunk = concatBytes(intAuth.i, intAuth.r, fromHex('00000003'));
    const expected = (message: Uint8Array, nonce: Uint8Array, skP: Uint8Array, id: Uint8Array) =>
      hmac(hmac(Buffer.from('test.1231'), Buffer.from('Key Pad for IKEv2')), message, nonce, hmac(skP, id), chunk);
    const own = contents(auth, keys, 'initiator');
    expect(own.auth).toEqual(expected(initRequest, nonceR, keys.skPi, own.id));
    const theirs = contents(authAnswer, keys, 'responder');
    expect(theirs.auth).toEqual(expected(initAnswer, nonceI, keys.skPr, theirs.id));
  });

  it('whoever changes a message of IKE_INTERMEDIATE, though it knows the keys of the first exchange, is found out', () => {
    const both = pair(offering([`${BASE}-ke1_mlkem512`]));
    both.left.initiate();
    deliver(both.left, both.right);
    deliver(both.right, both.left);
    const request = both.left.takeOne();
    both.right.receive(alter(both.left, request, (all) => [...all, notifyPayload('COOKIE')]));
    converse(both);
    expect(both.right.reasonsOf('auth.failed')).toEqual(['authentication-failed']);
    expect(both.right.views()).toEqual([]);
    expect(both.left.reasonsOf('ike.failed')).toEqual(['authentication-failed']);
  });

  it('so is who takes additional key exchanges out of the proposals (W2)', () => {
    const both = pair(offering([`${BASE}-ke1_mlkem512`, BASE]));
    both.left.initiate();
    const stripped = alterInit(both.left.takeOne(), (all) =>
      withoutIntermediate(all).map((payload) =>
        payload.type === 'SA' ? { ...payload, proposals: payload.proposals.slice(1) } : payload,
      ),
    );
    both.right.receive(stripped);
    converse(both);
    expect(both.right.reasonsOf('auth.failed')).toEqual(['authentication-failed']);
    expect(both.left.core.children()).toEqual([]);
  });
});

function withoutIntermediate(payloads: readonly Payload[]): Payload[] {
  return payloads.filter(
    (payload) => payload.type !== 'N' || payload.notify !== NOTIFY.INTERMEDIATE_EXCHANGE_SUPPORTED,
  );
}

function hmac(key: Uint8Array, ...data: Uint8Array[]): Uint8Array {
  return Uint8Array.from(
    createHmac('sha256', key)
      .update(concatBytes(...data))
      .digest(),
  );
}

/** Delivers the one message that waits, and returns it. */
function crossing(from: TestGateway, to: TestGateway): Uint8Array {
  const sent = from.takeOne();
  to.receive(sent);
  return messageOf(sent);
}

function privateKeyOf(gateway: TestGateway): Uint8Array {
  const { handshake } = gateway.ikeSa();
  if (handshake === undefined) throw new Error('the initial exchanges are over');
  return handshake.privateKey;
}

function keysOf(gateway: TestGateway): IkeKeys {
  const { keys } = gateway.ikeSa();
  if (keys === undefined) throw new Error('no keys yet');
  return keys;
}

function nonceOf(message: Uint8Array): Uint8Array {
  const nonce = decodePlainMessage(message).payloads.find(({ type }) => type === 'Nonce');
  return nonce?.type === 'Nonce' ? nonce.data : new Uint8Array(0);
}

/** prf+ by HMAC-SHA256, cut into SK_d, SK_ei, SK_er (key and salt of AES-GCM-256), SK_pi, SK_pr. */
function expand(skeyseed: Uint8Array, nonceI: Uint8Array, nonceR: Uint8Array, spis: Uint8Array): IkeKeys {
  let block: Uint8Array = new Uint8Array(0);
  let stream: Uint8Array = block;
  for (let counter = 1; stream.length < 168; counter++) {
    block = hmac(skeyseed, block, nonceI, nonceR, spis, Uint8Array.of(counter));
    stream = concatBytes(stream, block);
  }
  const cut = (from: number, to: number) => stream.slice(from, to);
  return {
    skD: cut(0, 32),
    skAi: cut(0, 0),
    skAr: cut(0, 0),
    skEi: cut(32, 68),
    skEr: cut(68, 104),
    skPi: cut(104, 136),
    skPr: cut(136, 168),
  };
}

type Sender = 'initiator' | 'responder';

function opened(message: Uint8Array, keys: IkeKeys, sender: Sender) {
  const suite = { protocol: 'ike', encryption: 'aes256gcm16', prf: 'prfsha256' } as const;
  const content = openMessage(message, suite, messageKeys(keys, sender));
  if (content === undefined) throw new Error('these keys do not open it');
  return { ...content, payloads: decodePayloads(content.firstType, content.chain) };
}

/** Header and generic header, written anew with the lengths that count, and the payloads. */
function coveredOctets(message: Uint8Array, keys: IkeKeys, sender: Sender): Uint8Array {
  const { chain, firstType, header } = opened(message, keys, sender);
  return new ByteWriter()
    .bytes(message.subarray(0, 16))
    .bytes(fromHex(`2e202b${toHex(Uint8Array.of(header.flags))}`))
    .u32(header.messageId)
    .u32(32 + chain.length)
    .u8(firstType)
    .u8(0)
    .u16(4 + chain.length)
    .bytes(chain)
    .finish();
}

function publicValueIn(answer: Uint8Array, keys: IkeKeys): Uint8Array {
  const ke = opened(answer, keys, 'responder').payloads.find(({ type }) => type === 'KE');
  return ke?.type === 'KE' ? ke.data : new Uint8Array(0);
}

function contents(message: Uint8Array, keys: IkeKeys, sender: Sender): { auth: Uint8Array; id: Uint8Array } {
  const nothing = new Uint8Array(0);
  const { payloads } = opened(message, keys, sender);
  const auth = payloads.find(({ type }) => type === 'AUTH');
  const id = payloads.find(({ type }) => type === (sender === 'initiator' ? 'IDi' : 'IDr'));
  return {
    auth: auth?.type === 'AUTH' ? auth.data : nothing,
    id: id?.type === 'IDi' || id?.type === 'IDr' ? id.body : nothing,
  };
}
