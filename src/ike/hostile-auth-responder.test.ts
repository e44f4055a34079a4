import { describe, expect, it } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { Secret } from '../base/secret.ts';
import { MAX_SELECTOR_PAIRS } from '../sa/child-sa.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { CHEAP_IKE, fqdn, LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { alter, marked, messageOf, TestGateway } from './testing/gateway.ts';
import { converse, deliver, halfOpen, pair } from './testing/pair.ts';
import { auth } from './testing/tampering.ts';
import { identityToPayload } from './v2/identities.ts';
import { type NotifyName, notifyPayload } from './v2/wire/notify.ts';
import type { Payload } from './v2/wire/payload.ts';

describe('IKE_AUTH, as the responder', () => {
  const PEER = tunnelPolicy(LEFT, RIGHT);

  /** The answer to an altered IKE_AUTH, as the initiator reads it. */
  function refusalOf(both: ReturnType<typeof pair>): readonly Payload[] {
    let read: readonly Payload[] = [];
    alter(both.right, both.right.takeOne(), (payloads) => {
      read = payloads;
      return payloads;
    });
    return read;
  }

  const CASES: readonly (readonly [string, (payloads: Payload[]) => readonly Payload[]])[] = [
    [
      'A1: AUTH with a wrong bit',
      (all) => all.map((payload) => auth(payload, (data) => data.with(5, (data[5] ?? 0) ^ 1))),
    ],
    ['A1: an empty AUTH', (all) => all.map((payload) => auth(payload, () => new Uint8Array(0)))],
    ['A1: an AUTH of a byte more', (all) => all.map((payload) => auth(payload, (data) => Uint8Array.of(...data, 0)))],
    ...[0, 1, 3, 9, 13, 14, 255].map(
      (method) =>
        [
          `A2: method ${method}`,
          (all: Payload[]) => all.map((payload) => (payload.type === 'AUTH' ? { ...payload, method } : payload)),
        ] as const,
    ),
    ['A7: no AUTH (EAP)', (all) => all.filter(({ type }) => type !== 'AUTH')],
    [
      'G1: an unknown identity',
      (all) => all.map((payload) => (payload.type === 'IDi' ? identityToPayload('IDi', fqdn('nobody')) : payload)),
    ],
    [
      'I1: an identity of type 255',
      (all) =>
        all.map((payload) =>
          payload.type === 'IDi' ? { ...payload, idType: 255, body: Uint8Array.of(255, 0, 0, 0, 1) } : payload,
        ),
    ],
    [
      'G1: another gateway is asked for',
      (all) => all.map((payload) => (payload.type === 'IDr' ? identityToPayload('IDr', fqdn('else')) : payload)),
    ],
  ];

  it.each(CASES)('%s: AUTHENTICATION_FAILED and nothing else, and nothing is left', (_, change) => {
    const both = halfOpen();
    const request = alter(both.left, both.left.takeOne(), change);
    const { right } = both;
    // Read with the keys of the IKE SA, which is gone afterwards.
    const keys = right.core.snapshot();
    right.receive(request);
    const [answer] = right.outbox;
    expect(right.views()).toEqual([]);
    expect(right.timers.size).toBe(0);
    expect(right.operations).toEqual([]);
    expect(right.eventTypes()).toEqual(['auth.failed', 'ike.failed']);
    const reader = new TestGateway(RIGHT.address, { seed: 9, tunnels: [], state: keys });
    reader.outbox = right.take();
    expect(answer).toBeDefined();
    expect(refusalOf({ left: both.left, right: reader })).toEqual([notifyPayload('AUTHENTICATION_FAILED')]);
  });

  it('G2: an unknown identity and a wrong key get answers of one length', () => {
    const answers = [CASES[0], CASES.find(([name]) => name.startsWith('G1'))].map((entry) => {
      const { left, right } = halfOpen();
      right.receive(alter(left, left.takeOne(), entry?.[1] ?? ((all) => all)));
      return right.takeOne().datagram.length;
    });
    expect(answers[0]).toBe(answers[1]);
  });

  const FATAL: readonly (readonly [string, (payloads: Payload[]) => readonly Payload[]])[] = [
    ['P6: no IDi', (all) => all.filter(({ type }) => type !== 'IDi')],
    ...(['IDi', 'IDr', 'AUTH', 'SA'] as const).map(
      (type) =>
        [`P6: ${type} twice`, (all: Payload[]) => [...all, ...all.filter((payload) => payload.type === type)]] as const,
    ),
    ['P6: no TSi', (all) => all.filter(({ type }) => type !== 'TSi')],
    [
      'I1: an IPv4 identity of 3 bytes',
      (all) =>
        all.map((payload) =>
          payload.type === 'IDi' ? { ...payload, body: Uint8Array.of(1, 0, 0, 0, 1, 2, 3) } : payload,
        ),
    ],
    [
      'T1: a notify with an SPI of 255 bytes',
      (all) => [...all, { type: 'N', protocol: 3, spi: new Uint8Array(255), notify: 16384, data: new Uint8Array(0) }],
    ],
  ];

  it.each(FATAL)('%s: refused, and nothing is left', (_, change) => {
    const { left, right } = halfOpen();
    right.receive(alter(left, left.takeOne(), change));
    expect(right.take()).toHaveLength(1);
    expect(right.views()).toEqual([]);
    expect(right.timers.size).toBe(0);
    expect(right.operations).toEqual([]);
  });

  it('I5: RESERVED of the identity is covered by AUTH as received', () => {
    const { left, right } = halfOpen();
    const tampered = alter(left, left.takeOne(), (all) =>
      all.map((payload) => (payload.type === 'IDi' ? { ...payload, body: payload.body.with(2, 7) } : payload)),
    );
    right.receive(tampered);
    expect(right.reasonsOf('auth.failed')).toEqual(['authentication-failed']);
  });

  it('T5: INITIAL_CONTACT of somebody who does not prove who he is changes nothing', () => {
    const both = pair();
    both.left.initiate();
    converse(both);
    const stranger = new TestGateway(LEFT.address, {
      seed: 44,
      tunnels: [tunnelPolicy(LEFT, RIGHT, { psk: new Secret(utf8('guess')) })],
    });
    stranger.initiate();
    converse({ left: stranger, right: both.right });
    expect(both.right.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed' }] }]);
  });

  it('TS2: selectors whose product would be thousands of policies are taken in part', () => {
    const many = Array.from({ length: 200 }, (_, n) => selectorFromPrefix({ address: `10.1.${n}.0`, length: 25 }));
    const more = Array.from({ length: 200 }, (_, n) => selectorFromPrefix({ address: `10.2.${n}.0`, length: 25 }));
    const { left, right } = halfOpen();
    right.receive(
      alter(left, left.takeOne(), (all) =>
        all.map((payload) => {
          if (payload.type === 'TSi') return { ...payload, selectors: many };
          return payload.type === 'TSr' ? { ...payload, selectors: more } : payload;
        }),
      ),
    );
    const [child] = right.core.children();
    expect(child).toMatchObject({ state: 'installed' });
    expect(right.steps('add-policy').length).toBeLessThanOrEqual(3 * MAX_SELECTOR_PAIRS);
    expect(child?.remoteSelectors[0]).toEqual(many[0]);
    expect(child?.localSelectors[0]).toEqual(more[0]);
  });

  const A = tunnelPolicy(RIGHT, LEFT, {
    name: 'a',
    psk: new Secret(utf8('key of a')),
    remote: { ...tunnelPolicy(RIGHT, LEFT).remote, identity: fqdn('a.example') },
  });
  const B = tunnelPolicy(RIGHT, LEFT, {
    name: 'b',
    psk: new Secret(utf8('key of b')),
    remote: { ...tunnelPolicy(RIGHT, LEFT).remote, identity: fqdn('b.example') },
  });
  const as = (name: 'a.example' | 'b.example', key: string, extra = {}) =>
    new TestGateway(LEFT.address, {
      seed: 4,
      tunnels: [
        tunnelPolicy(LEFT, RIGHT, {
          psk: new Secret(utf8(key)),
          local: { ...PEER.local, identity: fqdn(name) },
          ...extra,
        }),
      ],
    });

  it('W1: first taken for tunnel a, the peer proves to be that of b, and gets b', () => {
    const right = new TestGateway(RIGHT.address, { seed: 3, tunnels: [A, B] });
    const left = as('b.example', 'key of b');
    left.initiate();
    converse({ left, right });
    expect(right.views()).toMatchObject([{ tunnel: 'b', children: [{ id: 'b#1' }] }]);
    expect(right.core.views('a')).toEqual([]);
  });

  it('W2: the key of b does not open a', () => {
    const right = new TestGateway(RIGHT.address, { seed: 3, tunnels: [A, B] });
    const left = as('a.example', 'key of b');
    left.initiate();
    converse({ left, right });
    expect(right.views()).toEqual([]);
    expect(right.reasonsOf('auth.failed')).toEqual(['authentication-failed']);
  });

  it('W3: a suite that only a allows does not do for b', () => {
    const weak = { ...CHEAP_IKE, encryption: ['aes256'] } as const;
    const right = new TestGateway(RIGHT.address, { seed: 3, tunnels: [{ ...A, ikeProposals: [weak] }, B] });
    const left = as('b.example', 'key of b', { ikeProposals: [weak] });
    left.initiate();
    converse({ left, right });
    expect(right.views()).toEqual([]);
    expect(right.reasonsOf('auth.failed')).toEqual(['no-proposal-chosen']);
  });

  it('a tunnel that the operator takes down between the two exchanges stays down, whatever it was first taken for', () => {
    const right = new TestGateway(RIGHT.address, { seed: 3, tunnels: [A, B] });
    const left = as('b.example', 'key of b');
    left.initiate();
    deliver(left, right);
    deliver(right, left);
    right.command({ kind: 'admit', tunnel: 'b', admit: false });
    right.terminate('b');
    converse({ left, right });
    expect(right.views()).toEqual([]);
    expect(left.reasonsOf('ike.failed')).toEqual(['authentication-failed']);
  });

  it('a tunnel whose peer address changes between the two exchanges is no longer for the old one', () => {
    const right = new TestGateway(RIGHT.address, { seed: 3, tunnels: [A, B] });
    const left = as('b.example', 'key of b');
    left.initiate();
    deliver(left, right);
    deliver(right, left);
    const moved = { ...B, remote: { ...B.remote, address: { kind: 'address', address: '203.0.113.9' } as const } };
    right.command({ kind: 'configure', tunnels: [A, moved] });
    converse({ left, right });
    expect(right.views()).toEqual([]);
  });

  it('the policy vanishes while the Child SA is installed: the exchange comes to its end, without a Child SA', () => {
    const { left, right } = halfOpen();
    right.hold = true;
    right.receive(left.takeOne());
    right.command({ kind: 'configure', tunnels: [] });
    right.hold = false;
    right.answerHeld();
    converse({ left, right });
    expect(right.eventTypes()).toContain('child.failed');
    expect(right.steps('add-sa')).toEqual([]);
    expect(left.views()).toEqual([]);
    expect(right.views()).toEqual([]);
  });

  it('the kernel refuses: the peer hears NO_PROPOSAL_CHOSEN, the operator the operation', () => {
    const { left, right } = halfOpen();
    right.refuses = 'add-sa';
    converse({ left, right });
    expect(right.reasonsOf('child.failed')).toEqual(['kernel-refused']);
    expect(right.eventTypes()).toContain('kernel.failed');
    expect(left.reasonsOf('child.failed')).toEqual(['no-proposal-chosen']);
    expect(left.views()).toEqual([]);
  });

  it('with NAT for one side only, IKE floats and ESP is in UDP', () => {
    const both = pair();
    both.left.initiate();
    const outside = { address: LEFT.address, port: 61234 };
    // IKE_SA_INIT through a translator that changes the source port.
    both.right.receive({ ...both.left.takeOne(), from: outside });
    both.left.receive({ ...both.right.takeOne(), to: { address: LEFT.address, port: 500 } });
    expect(both.left.ikeSa().nat).toEqual({ local: true, remote: false });
    const auth = both.left.takeOne();
    expect(auth).toMatchObject({ from: { port: 4500 }, to: { port: 4500 } });
    both.right.receive({ ...auth, from: { address: LEFT.address, port: 61235 } });
    const answer = both.right.takeOne();
    // The answer goes where the request came from.
    expect(answer).toMatchObject({ from: { port: 4500 }, to: { port: 61235 } });
    both.left.receive({ ...answer, to: auth.from });
    expect(both.left.views()[0]?.children[0]?.encap).toBe(true);
    expect(both.right.views()[0]?.children[0]?.encap).toBe(true);
    expect(both.left.timerNames()).toContain('keepalive');
    expect(both.right.timerNames()).not.toContain('keepalive');
  });

  it('without NAT a peer that moves to port 4500 all the same (MOBIKE) gets plain ESP', () => {
    const { left, right } = halfOpen();
    const auth = left.takeOne();
    const port = 4500;
    right.receive({
      from: { ...auth.from, port },
      to: { ...auth.to, port },
      datagram: marked({ ...auth.from, port }, messageOf(auth)),
    });
    expect(right.takeOne()).toMatchObject({ from: { port }, to: { port } });
    expect(right.views()).toMatchObject([{ local: { port }, remote: { port }, children: [{ encap: false }] }]);
  });

  it('what strongSwan adds to its IKE_AUTH is ignored', () => {
    const { left, right } = halfOpen();
    const added: NotifyName[] = [
      'MOBIKE_SUPPORTED',
      'NO_ADDITIONAL_ADDRESSES',
      'EAP_ONLY_AUTHENTICATION',
      'IKEV2_MESSAGE_ID_SYNC_SUPPORTED',
      'ESP_TFC_PADDING_NOT_SUPPORTED',
      'NON_FIRST_FRAGMENTS_ALSO',
      'SET_WINDOW_SIZE',
    ];
    right.receive(alter(left, left.takeOne(), (all) => [...all, ...added.map((name) => notifyPayload(name))]));
    expect(right.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed' }] }]);
  });
});
