import { describe, expect, it } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { Secret } from '../base/secret.ts';
import { CHEAP_IKE, fqdn, LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { messageOf, type Sent, TestGateway } from './testing/gateway.ts';
import {
  alterClear,
  alterProof,
  connectedV1,
  converseWith,
  ikeSaV1,
  type Mode,
  pairV1,
  phase1,
  stateOf,
  tampered,
} from './testing/ikev1.ts';
import { converse, deliver, type Pair } from './testing/pair.ts';
import { HEADER, withByte } from './testing/tampering.ts';
import { ikeNotify } from './v1/notifies.ts';
import type { IkeSaV1 } from './v1/state.ts';
import { encodeClearMessage } from './v1/wire/message.ts';
import { NOTIFY, type NotifyPayload } from './v1/wire/notify.ts';
import type { PayloadV1 } from './v1/wire/payload.ts';
import { saPayload } from './v1/wire/sa.ts';
import { decodeHeader, EXCHANGE_V1, HEADER_BYTES } from './wire/header.ts';

type Change = (payloads: PayloadV1[]) => readonly PayloadV1[];

/** Without the evidence of a refusal, which nobody has authenticated and which decides nothing by itself. */
function withoutEvidence(gateway: TestGateway) {
  const { ikeSas, children, spis, initiators, byTunnel } = stateOf(gateway);
  const sas = [...ikeSas.values()].map((sa) => {
    const { handshake, queue, ...rest } = sa as IkeSaV1;
    return { ...rest, handshake: handshake && { ...handshake, refusal: undefined, triedKeys: 0 }, queue };
  });
  return { sas, children, spis, initiators, byTunnel };
}

function established(gateway: TestGateway): boolean {
  return gateway.core.views().some(({ state }) => state === 'established');
}

/** The n-th message of phase 1 on its way, with who gets it. */
function under(mode: Mode, number: number, changes: Parameters<typeof pairV1>[1] = {}) {
  const both = phase1(mode, number, changes);
  const [from, to] = number % 2 === 1 ? [both.left, both.right] : [both.right, both.left];
  const [message, ...more] = from.take();
  if (message === undefined) throw new Error('a message expected');
  // An initiator of Aggressive Mode goes on at once.
  from.outbox.push(...more);
  return { ...both, from, to, message };
}

describe('proofs of identity (X1, X5, A10)', () => {
  // The first three blocks hold what a hash covers; INITIAL-CONTACT and NAT-D behind it nobody authenticates.
  it.each([
    ['main', 5],
    ['main', 6],
    ['aggressive', 3],
  ] as const)(
    '%s mode, message %i: every bit and every length: only evidence changes, and the genuine one works',
    (mode, number) => {
      const both = under(mode, number);
      const { to, message } = both;
      const before = withoutEvidence(to);
      for (const one of tampered(message)) if (differsEarly(message, one)) to.receive(one);
      expect(to.take().length).toBeLessThanOrEqual(1);
      expect(withoutEvidence(to)).toEqual(before);
      to.receive(message);
      converse(both);
      for (const gateway of [both.left, both.right])
        expect(gateway.core.children()).toMatchObject([{ state: 'installed' }]);
    },
  );

  it.each(['KE', 'Nonce', 'ID', 'HASH'] as const)(
    'message 2 of Aggressive Mode, bits of %s: the initiator waits on',
    (type) => {
      const both = under('aggressive', 2);
      const before = withoutEvidence(both.left);
      for (let bit = 0; bit < 64; bit += 7) both.left.receive(alterClear(both.message, flip(type, bit)));
      expect(both.left.take()).toEqual([]);
      expect(withoutEvidence(both.left)).toEqual(before);
      both.left.receive(both.message);
      expect(established(both.left)).toBe(true);
    },
  );

  it.each(['main', 'aggressive'] as const)('%s mode, in the clear or under the other flags', (mode) => {
    const both = under(mode, mode === 'main' ? 5 : 3);
    const before = withoutEvidence(both.to);
    const clear = withByte(both.message, HEADER.flags, 0);
    both.to.receive(clear);
    both.to.receive(withByte(both.message, HEADER.messageId, 1));
    // In Aggressive Mode that asks for our message once more.
    if (mode === 'main') both.to.receive(withByte(both.message, HEADER.exchange, EXCHANGE_V1.QUICK_MODE));
    both.to.receive(withByte(both.message, HEADER.exchange, EXCHANGE_V1.INFORMATIONAL));
    both.to.take();
    expect(withoutEvidence(both.to)).toEqual(before);
    both.to.receive(withByte(both.message, HEADER.flags, 0xff));
    expect(established(both.to)).toBe(true);
  });

  const BAD: readonly (readonly [string, Change])[] = [
    ['no HASH', (all) => all.filter(({ type }) => type !== 'HASH')],
    ['two HASH', (all) => [...all, ...all.filter(({ type }) => type === 'HASH')]],
    ['a HASH of one bit off', hash((data) => data.map((byte, at) => (at === 0 ? byte ^ 1 : byte)))],
    ['a HASH cut short', hash((data) => data.slice(0, -1))],
    ['a HASH with a byte more', hash((data) => Uint8Array.from([...data, 0]))],
    ['a HASH of nothing but zeros', hash((data) => new Uint8Array(data.length))],
    [
      'a signature in its place',
      (all) => all.map((one) => (one.type === 'HASH' ? { type: 'SIG', body: one.data } : one)),
    ],
  ];

  it.each(BAD)('A10: message 5 of Main Mode with %s: the half-open IKE SA waits on', (_, change) => {
    const both = under('main', 5);
    const before = withoutEvidence(both.right);
    both.right.receive(alterProof(both.left, both.sent, both.message, change));
    expect(both.right.take().length).toBeLessThanOrEqual(1);
    expect(withoutEvidence(both.right)).toEqual(before);
    both.right.receive(both.message);
    expect(established(both.right)).toBe(true);
  });

  it.each(BAD)('A10: message 3 of Aggressive Mode with %s: the half-open IKE SA waits on', (_, change) => {
    const both = under('aggressive', 3);
    const before = withoutEvidence(both.right);
    both.right.receive(alterProof(both.left, both.sent, both.message, change));
    expect(both.right.take()).toEqual([]);
    expect(withoutEvidence(both.right)).toEqual(before);
    both.right.receive(both.message);
    expect(established(both.right)).toBe(true);
  });

  it.each(BAD)('A10: message 2 of Aggressive Mode with %s: the initiator waits on', (_, change) => {
    const both = under('aggressive', 2);
    const before = withoutEvidence(both.left);
    both.left.receive(alterClear(both.message, change));
    expect(both.left.take()).toEqual([]);
    expect(withoutEvidence(both.left)).toEqual(before);
    both.left.receive(both.message);
    expect(established(both.left)).toBe(true);
  });

  it.each([
    ['P6: no ID', (all: PayloadV1[]) => all.filter(({ type }) => type !== 'ID')],
    ['P6: two ID', (all: PayloadV1[]) => [...all, ...all.filter(({ type }) => type === 'ID')]],
    ['I1: an ID cut short', id((body) => body.slice(0, 5))],
    ['I5: an ID that says another port', id((body) => body.map((byte, at) => (at === 3 ? byte ^ 1 : byte)))],
    ['I5: an ID of another', id((body) => body.map((byte, at) => (at === 7 ? byte ^ 1 : byte)))],
  ] as const)('message 5 of Main Mode with %s is no proof', (_, change) => {
    const both = under('main', 5);
    const before = withoutEvidence(both.right);
    both.right.receive(alterProof(both.left, both.sent, both.message, change));
    expect(withoutEvidence(both.right)).toEqual(before);
  });

  it('P5, P4: order and unknown payloads do not matter there either', () => {
    const both = under('main', 5);
    const unknown: PayloadV1 = { type: 'unknown', payloadType: 200, body: new Uint8Array(5) };
    both.right.receive(alterProof(both.left, both.sent, both.message, (all) => [unknown, ...all.reverse()]));
    expect(established(both.right)).toBe(true);
  });

  it('T5: INITIAL-CONTACT that is in the clear, where the proof of Aggressive Mode may be, counts for nothing', () => {
    const both = under('aggressive', 3);
    const contact = ikeNotify(ikeSaV1(both.right), 'INITIAL_CONTACT');
    const clear = clearProof(both, (all) => [...all, contact]);
    both.right.receive(clear);
    expect(established(both.right)).toBe(true);
    expect(ikeSaV1(both.right).initialContact).toBe(false);
  });

  it('T5: INITIAL-CONTACT without a proof ends nothing', () => {
    const old = connectedV1('main');
    const fresh = new TestGateway(LEFT.address, { seed: 9, tunnels: old.left.tunnels });
    fresh.initiate();
    deliver(fresh, old.right);
    deliver(old.right, fresh);
    deliver(fresh, old.right);
    deliver(old.right, fresh);
    const proof = fresh.takeOne();
    old.right.receive(withByte(proof, 40, (proof.datagram[40] ?? 0) ^ 1));
    old.right.receive(withByte(proof, HEADER.flags, 0));
    expect(old.right.core.children()).toHaveLength(1);
    expect(old.right.reasonsOf('ike.closed')).toEqual([]);
    old.right.receive(proof);
    expect(old.right.reasonsOf('ike.closed')).toEqual(['replaced']);
  });

  it('A10, Z5: a flood of proofs under no key costs a limited number of tries, and is told at a limited rate', () => {
    const tunnels = Array.from({ length: 64 }, (_, n) =>
      tunnelPolicy(RIGHT, LEFT, { name: `t${n}`, version: 1, psk: new Secret(utf8(`key ${n}`)) }),
    );
    const both = phase1('main', 1);
    const right = new TestGateway(RIGHT.address, { seed: 2, tunnels });
    for (let n = 0; n < 2; n++) {
      deliver(both.left, right);
      deliver(right, both.left);
    }
    const proof = both.left.takeOne();
    for (let n = 1; n < 100; n++) right.receive(withByte(proof, 40, (proof.datagram[40] ?? 0) ^ n));
    expect(right.take().length).toBeLessThanOrEqual(1);
    expect(right.eventTypes().filter((type) => type === 'peer.refused')).toHaveLength(1);
    expect(ikeSaV1(right).handshake?.triedKeys).toBeLessThan(4300);
    expect(right.core.views()).toMatchObject([{ state: 'connecting' }]);
  });
});

describe('what nobody has authenticated yet', () => {
  it.each([
    ['main', 1],
    ['main', 2],
    ['main', 3],
    ['main', 4],
    ['aggressive', 1],
  ] as const)(
    '%s mode, message %i altered anywhere: no exception, no IKE SA that only one end believes in',
    (mode, number) => {
      let turn = 0;
      const sample = under(mode, number);
      for (const one of tampered(sample.message, 0)) {
        if (turn++ % 29 !== 0) continue;
        const both = under(mode, number);
        both.to.receive(one);
        converse(both);
        for (const gateway of [both.left, both.right]) {
          expect(gateway.drops()).not.toContain('internal-error');
          expect(JSON.stringify(gateway.events)).not.toContain('internal-error');
        }
        if (established(both.left) && both.right.core.children().length > 0) expect(established(both.right)).toBe(true);
      }
    },
  );

  it.each([
    ['S7: another group', { keyExchange: ['modp2048'] }],
    ['S7: another cipher', { encryption: ['aes256'] }],
    ['S7: another hash', { integrity: ['sha512'], prf: ['prfsha512'] }],
  ] as const)('%s than was offered: not taken, and a better answer may come', (_, other) => {
    const both = under('main', 2);
    const strange = under('main', 2, {
      left: { ikeProposals: [{ ...CHEAP_IKE, ...other }] },
      right: { ikeProposals: [{ ...CHEAP_IKE, ...other }] },
    });
    const before = withoutEvidence(both.left);
    const [theirs] = alterable(strange.message).filter(({ type }) => type === 'SA');
    both.left.receive(
      alterClear(both.message, (all) => all.map((one) => (one.type === 'SA' && theirs ? theirs : one))),
    );
    expect(withoutEvidence(both.left)).toEqual(before);
    expect(both.left.take()).toEqual([]);
    both.left.receive(both.message);
    expect(both.left.take()).toHaveLength(1);
  });

  it.each([
    [
      'S7: two proposals',
      (all: PayloadV1[]) => sa(all, (one) => [...one, { ...one[0], number: 2 } as (typeof one)[0]]),
    ],
    [
      'S7: two transforms',
      (all: PayloadV1[]) =>
        sa(all, (one) => one.map((p) => ({ ...p, transforms: [...p.transforms, ...p.transforms] }))),
    ],
    ['S7: another protocol', (all: PayloadV1[]) => sa(all, (one) => one.map((p) => ({ ...p, protocol: 3 })))],
    ['S1: no transform', (all: PayloadV1[]) => sa(all, (one) => one.map((p) => ({ ...p, transforms: [] })))],
    ['P6: no SA', (all: PayloadV1[]) => all.filter(({ type }) => type !== 'SA')],
  ] as const)('the choice of the responder: %s: not taken', (_, change) => {
    const both = under('main', 2);
    const before = withoutEvidence(both.left);
    both.left.receive(alterClear(both.message, change));
    expect(both.left.take()).toEqual([]);
    expect(withoutEvidence(both.left)).toEqual(before);
  });

  it.each([
    ['K2: a byte less', new Uint8Array(31).fill(9)],
    ['K2: a byte more', new Uint8Array(33).fill(9)],
    ['K2: nothing', new Uint8Array(0)],
    ['K2: 2000 bytes', new Uint8Array(2000)],
  ])('a public value of %s in Main Mode, either side: dropped, nothing is computed', (_, data) => {
    for (const number of [3, 4]) {
      const both = under('main', number);
      const before = withoutEvidence(both.to);
      const jobs = both.to.jobs.length;
      both.to.receive(
        alterClear(both.message, (all) => all.map((one) => (one.type === 'KE' ? { ...one, data } : one))),
      );
      expect(both.to.take()).toEqual([]);
      expect(withoutEvidence(both.to)).toEqual(before);
      expect(both.to.jobs).toHaveLength(jobs);
    }
  });

  it('N1, K2: our own public value or nonce comes back', () => {
    const both = under('main', 4);
    const before = withoutEvidence(both.left);
    const { handshake } = ikeSaV1(both.left);
    const own =
      (type: 'KE' | 'Nonce', data: Uint8Array = new Uint8Array(0)): Change =>
      (all) =>
        all.map((one) => (one.type === type ? { ...one, data } : one));
    both.left.receive(alterClear(both.message, own('KE', handshake?.publicI)));
    both.left.receive(alterClear(both.message, own('Nonce', handshake?.nonceI)));
    expect(both.left.take()).toEqual([]);
    expect(withoutEvidence(both.left)).toEqual(before);
  });

  it('K3, K5: a point of small order from the responder: the true one may still come', () => {
    const both = under('main', 4);
    const small = (all: PayloadV1[]) =>
      all.map((one) => (one.type === 'KE' ? { ...one, data: new Uint8Array(32) } : one));
    both.left.receive(alterClear(both.message, small));
    expect(both.left.take()).toEqual([]);
    both.left.receive(both.message);
    converse(both);
    expect(both.left.core.children()).toMatchObject([{ state: 'installed' }]);
  });

  it.each([
    ['none', () => []],
    ['one', (all: PayloadV1[]) => all.slice(0, 1)],
    ['empty ones', (all: PayloadV1[]) => all.map((one) => ({ ...one, hash: new Uint8Array(0) }) as PayloadV1)],
    ['ones of a byte', (all: PayloadV1[]) => all.map((one) => ({ ...one, hash: new Uint8Array(1) }) as PayloadV1)],
    ['twenty', (all: PayloadV1[]) => Array.from({ length: 20 }, () => all[0] as PayloadV1)],
    ['those of the draft', (all: PayloadV1[]) => all.map((one) => ({ ...one, draft: true }) as PayloadV1)],
  ] as const)('U2: NAT-D: %s: at worst one end believes in a NAT, and both are authenticated', (_, change) => {
    for (const number of [3, 4]) {
      const both = under('main', number);
      const altered = alterClear(both.message, (all) => [
        ...all.filter(({ type }) => type !== 'NAT-D'),
        ...change(all.filter(({ type }) => type === 'NAT-D')),
      ]);
      both.to.receive(altered);
      converse(both);
      for (const gateway of [both.left, both.right]) expect(established(gateway)).toBe(true);
    }
  });

  it('P3, U2: fifty NAT-D are more than any host has addresses', () => {
    const both = under('main', 3);
    const before = withoutEvidence(both.right);
    const nat: PayloadV1 = { type: 'NAT-D', draft: false, hash: new Uint8Array(32) };
    both.right.receive(alterClear(both.message, (all) => [...all, ...Array.from({ length: 50 }, () => nat)]));
    expect(withoutEvidence(both.right)).toEqual(before);
  });

  it('P8: those of the drafts count only where a draft was agreed on', () => {
    const both = under('main', 3);
    both.right.receive(
      alterClear(both.message, (all) => [
        ...Array.from({ length: 2 }, (): PayloadV1 => ({ type: 'NAT-D', draft: true, hash: new Uint8Array(32) })),
        ...all,
      ]),
    );
    expect(ikeSaV1(both.right).nat).toEqual({ local: false, remote: false });
  });

  it('O6: Quick Mode, transactions and New Group Mode before phase 1 is over', () => {
    for (const [mode, number] of [
      ['main', 2],
      ['main', 3],
      ['main', 4],
      ['main', 5],
      ['main', 6],
    ] as const)
      for (const exchange of [6, 32, 33])
        for (const flags of [0, 1]) {
          const both = under(mode, number);
          const before = withoutEvidence(both.to);
          const odd = withByte(withByte(both.message, HEADER.exchange, exchange), HEADER.flags, flags);
          both.to.receive(odd);
          both.to.receive(withByte(odd, HEADER.messageId, 1));
          expect(both.to.take()).toEqual([]);
          expect(withoutEvidence(both.to)).toEqual(before);
        }
  });

  it('O6, M4: message 5 first, and messages of the other steps', () => {
    const recorded: Sent[] = [];
    const done = pairV1('main');
    done.left.initiate();
    converseWith(done, (_, sent) => recorded.push(sent));
    const [, , , , fifth] = recorded;
    const { right } = pairV1('main');
    if (fifth !== undefined) right.receive(fifth);
    expect(right.core.views()).toEqual([]);
    expect(right.take()).toEqual([]);
  });
});

describe('notifies that nobody has authenticated (T4, T10)', () => {
  const ERRORS = [NOTIFY.NO_PROPOSAL_CHOSEN, NOTIFY.AUTHENTICATION_FAILED, NOTIFY.INVALID_ID_INFORMATION, 16, 29, 9999];

  it.each(ERRORS)('error %i: the initiator waits on for a good answer, and takes it', (notify) => {
    for (const [mode, number] of [
      ['main', 2],
      ['main', 4],
      ['main', 6],
      ['aggressive', 2],
    ] as const) {
      const both = under(mode, number);
      const before = withoutEvidence(both.left);
      both.left.receive(clearNotify(both, notify));
      both.left.receive(clearNotify(both, NOTIFY.R_U_THERE));
      both.left.receive(clearNotify(both, NOTIFY.INITIAL_CONTACT));
      expect(both.left.take()).toEqual([]);
      expect(withoutEvidence(both.left)).toEqual(before);
      both.left.receive(both.message);
      converse(both);
      expect(both.left.core.children()).toMatchObject([{ state: 'installed' }]);
      expect(both.left.timerNames()).not.toContain('refused');
    }
  });

  it('the responder does nothing about them', () => {
    for (const [mode, number] of [
      ['main', 3],
      ['main', 5],
      ['aggressive', 3],
    ] as const) {
      const both = under(mode, number);
      const before = stateOf(both.right);
      for (const notify of ERRORS) both.right.receive(clearNotify(both, notify));
      expect(both.right.take()).toEqual([]);
      expect(stateOf(both.right)).toEqual(before);
      both.right.receive(both.message);
      converse(both);
      expect(both.left.core.children()).toMatchObject([{ state: 'installed' }]);
    }
  });

  it('a Delete in the clear ends nothing', () => {
    const both = under('main', 6);
    const { initiatorSpi, responderSpi } = decodeHeader(messageOf(both.message));
    const header = { initiatorSpi, responderSpi, exchangeType: 5, flags: 0, messageId: 3 };
    const doomed = encodeClearMessage(header, [{ type: 'D', doi: 1, protocol: 1, spis: [new Uint8Array(16)] }]);
    const before = stateOf(both.left);
    both.left.receive({ ...both.message, datagram: doomed });
    expect(stateOf(both.left)).toEqual(before);
  });

  it('encrypted garbage while the proof of the responder is due is evidence of another key, and decides nothing', () => {
    const both = under('main', 6);
    const before = withoutEvidence(both.left);
    const garbage = withByte(withByte(both.message, HEADER.exchange, 5), HEADER.messageId, 1);
    both.left.receive(garbage);
    expect(both.left.take()).toEqual([]);
    expect(withoutEvidence(both.left)).toEqual(before);
    both.left.receive(both.message);
    expect(established(both.left)).toBe(true);
  });
});

describe('several peers of any address', () => {
  const anyPeer = (name: string, key: string, peer: string, mode: Mode = 'main') =>
    tunnelPolicy(RIGHT, LEFT, {
      name,
      version: 1,
      mode,
      psk: new Secret(utf8(key)),
      remote: { ...tunnelPolicy(RIGHT, LEFT).remote, address: { kind: 'any' }, identity: fqdn(peer) },
    });
  const calls = (key: string, as: string, mode: Mode = 'main') => {
    const left = new TestGateway(LEFT.address, {
      seed: 1,
      tunnels: [
        tunnelPolicy(LEFT, RIGHT, {
          version: 1,
          mode,
          psk: new Secret(utf8(key)),
          local: { ...tunnelPolicy(LEFT, RIGHT).local, identity: fqdn(as) },
        }),
      ],
    });
    const right = new TestGateway(RIGHT.address, {
      seed: 2,
      tunnels: [anyPeer('a', 'key a', 'a', mode), anyPeer('b', 'key b', 'b', mode), anyPeer('c', 'key b', 'c', mode)],
    });
    const both: Pair = { left, right };
    left.initiate();
    converse(both);
    return both;
  };

  it.each([
    ['key a', 'a', 'a'],
    ['key b', 'b', 'b'],
    ['key b', 'c', 'c'],
  ])('with %s as %s: tunnel %s', (key, as, tunnel) => {
    for (const mode of ['main', 'aggressive'] as const)
      expect(calls(key, as, mode).right.core.views()).toMatchObject([{ state: 'established', tunnel }]);
  });

  it.each([
    ['key a', 'b', 'peer-identity-mismatch'],
    ['key b', 'a', 'peer-identity-mismatch'],
    ['key b', 'x', 'peer-identity-mismatch'],
    ['key x', 'a', 'authentication-failed'],
    ['key x', 'x', 'authentication-failed'],
  ])('I, W3: with %s as %s: nobody’s tunnel', (key, as, reason) => {
    const { right } = calls(key, as);
    expect(right.core.views().filter(({ state }) => state === 'established')).toEqual([]);
    expect(right.core.children()).toEqual([]);
    expect(right.reasonsOf('peer.refused')).toEqual([reason]);
  });

  it('G2: an outsider sees the same, whoever it says it is', () => {
    const seen = ['a', 'b', 'x'].map((as) => {
      const { right } = calls('key x', as);
      return { timers: right.timerNames(), views: right.core.views().map(({ state }) => state), jobs: right.jobs };
    });
    expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
  });
});

describe('secrets', () => {
  it.each(['main', 'aggressive'] as const)(
    '%s mode: none is in events and views, and the state is plain data',
    (mode) => {
      const both = connectedV1(mode);
      for (const gateway of [both.left, both.right]) {
        const sa = ikeSaV1(gateway);
        const secrets = [utf8('test.1231'), ...Object.values(sa.keys ?? {})] as Uint8Array[];
        const shown = JSON.stringify([gateway.events, gateway.core.views(), gateway.core.children()]);
        for (const secret of secrets) {
          expect(shown).not.toContain(Buffer.from(secret).toString('hex'));
          expect(shown).not.toContain(Buffer.from(secret).toString('utf8'));
          expect(shown).not.toContain([...secret].join(','));
        }
        expect(sa.handshake).toBeUndefined();
        expect(structuredClone(gateway.core.snapshot())).toEqual(gateway.core.snapshot());
        const quickModes = [...sa.quickModes.values()];
        expect(quickModes.map(({ privateKey }) => privateKey.length)).toEqual(quickModes.map(() => 0));
      }
    },
  );
});

/** Whether they differ in the header or the three blocks behind it, or in length. */
function differsEarly(message: Sent, other: Sent): boolean {
  const early = (sent: Sent) =>
    messageOf(sent)
      .subarray(0, HEADER_BYTES + 48)
      .join();
  return message.datagram.length !== other.datagram.length || early(message) !== early(other);
}

function flip(type: 'KE' | 'Nonce' | 'ID' | 'HASH', bit: number): Change {
  const flipped = (bytes: Uint8Array) => bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
  return (all) =>
    all.map((one) => {
      if (one.type !== type) return one;
      return one.type === 'ID' ? { ...one, body: flipped(one.body) } : { ...one, data: flipped(one.data) };
    });
}

function hash(change: (data: Uint8Array) => Uint8Array): Change {
  return (all) => all.map((one) => (one.type === 'HASH' ? { ...one, data: change(one.data) } : one));
}

function id(change: (body: Uint8Array) => Uint8Array): Change {
  return (all) => all.map((one) => (one.type === 'ID' ? { ...one, body: change(one.body) } : one));
}

type Proposals = Extract<PayloadV1, { readonly type: 'SA' }>['proposals'];

function sa(all: PayloadV1[], change: (proposals: Proposals) => Proposals): PayloadV1[] {
  return all.map((one) => (one.type === 'SA' ? saPayload(change(one.proposals)) : one));
}

function alterable(sent: Sent): PayloadV1[] {
  const found: PayloadV1[] = [];
  alterClear(sent, (all) => {
    found.push(...all);
    return all;
  });
  return found;
}

/** The third message of Aggressive Mode in the clear, with other payloads. */
function clearProof(both: Pair & { readonly sent: readonly Sent[]; readonly message: Sent }, change: Change): Sent {
  let payloads: readonly PayloadV1[] = [];
  alterProof(both.left, both.sent, both.message, (all) => {
    payloads = change(all);
    return all;
  });
  const { initiatorSpi, responderSpi, exchangeType } = decodeHeader(messageOf(both.message));
  const header = { initiatorSpi, responderSpi, exchangeType, flags: 0, messageId: 0 };
  return { ...both.message, datagram: encodeClearMessage(header, payloads) };
}

function clearNotify(both: { readonly message: Sent }, notify: number): Sent {
  const { initiatorSpi, responderSpi } = decodeHeader(messageOf(both.message));
  const header = { initiatorSpi, responderSpi, exchangeType: 5, flags: 0, messageId: 7 };
  const payload: NotifyPayload = {
    type: 'N',
    doi: 1,
    protocol: 1,
    spi: new Uint8Array(16),
    notify,
    data: new Uint8Array(0),
  };
  return { ...both.message, datagram: encodeClearMessage(header, [payload]) };
}
