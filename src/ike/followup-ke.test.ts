import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../base/bytes.ts';
import { performKeyExchange } from '../crypto/key-exchange.ts';
import { formatSuite } from '../sa/proposal.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { forge, messageOf, read, type Sent, TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver, type Pair } from './testing/pair.ts';
import { parsed, proposals } from './testing/proposals.ts';
import { NOTIFY } from './v2/wire/notify.ts';

const IKE = 'aes256gcm16-prfsha256-x25519';
const ESP = 'aes128gcm16-x25519';

function policy(slots: string, ...others: readonly string[]): Partial<TunnelPolicy> {
  const all = [slots, ...others];
  return {
    ikeProposals: proposals(...all.map((more) => `${IKE}${more}`)),
    childProposals: parsed(
      all.map((more) => `${ESP}${more}`),
      'esp',
    ),
  };
}

function tunnel(slots: string, ...others: readonly string[]): Pair {
  return connected({ left: policy(slots, ...others), right: policy(slots, ...others) });
}

/** What a message says, for short: `44 KE N16441`. */
function text(from: TestGateway, sent: Sent): string {
  const words = read(from, sent).map((payload) => (payload.type === 'N' ? `N${payload.notify}` : payload.type));
  return [messageOf(sent)[18], ...words].join(' ');
}

/** Lets both talk until nothing is left to be said; what they say in CREATE_CHILD_SA and IKE_FOLLOWUP_KE. */
function transcript(both: Pair): string[] {
  const said: string[] = [];
  while (both.left.outbox.length + both.right.outbox.length > 0)
    for (const [from, to] of [
      [both.left, both.right],
      [both.right, both.left],
    ] as const)
      for (const sent of from.take()) {
        if ([36, 44].includes(messageOf(sent)[18] ?? 0)) said.push(text(from, sent));
        to.receive(sent);
      }
  return said;
}

/** The Child SA is rekeyed, or the IKE SA. */
type Subject = 'Child SA' | 'IKE SA';

const SUBJECTS: readonly Subject[] = ['Child SA', 'IKE SA'];
const CASES = SUBJECTS.flatMap((subject) => (['left', 'right'] as const).map((side) => [subject, side] as const));

function rekey(gateway: TestGateway, subject: Subject): void {
  const child = gateway.core.children().find(({ state }) => state === 'installed');
  gateway.fire(subject === 'IKE SA' ? 'rekey' : `rekey-${child?.id}`);
}

function suiteOf(gateway: TestGateway, subject: Subject): string {
  const [view] = gateway.views();
  const suite = subject === 'IKE SA' ? view?.suite : view?.children[0]?.suite;
  return suite === undefined ? 'none' : formatSuite(suite);
}

/** Both have one IKE SA with one Child SA and nothing else; the keys fit. */
function expectOne({ left, right }: Pair): void {
  for (const one of [left, right]) {
    one.endDrains();
    expect(one.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed', sends: true }] }]);
    expect(one.installedSas()).toBe(2);
    expect(one.ikeSa()).toMatchObject({ followUps: [], creation: undefined });
    expect(one.timerNames()).not.toContain('follow-up');
  }
  expect(keysInUse(left).toSorted()).toEqual(keysInUse(right).toSorted());
}

/** The encryption keys of the SAs of the last Child SA. */
function keysInUse(gateway: TestGateway): string[] {
  const [child] = gateway.core.children();
  const spis = [child?.inbound.spi, child?.outbound.spi];
  return gateway
    .steps('add-sa')
    .flatMap((step) => (step.kind === 'add-sa' && spis.includes(step.sa.spi) ? [hexOf(step.sa.encryptionKey)] : []));
}

function hexOf(key: Uint8Array | undefined): string {
  return toHex(key ?? new Uint8Array(0));
}

/** The Child SAs of `gateway` that are under way but not there, by the SPIs that are asked for and not given back. */
function reserved(gateway: TestGateway): number {
  const asked = gateway.operations.filter(({ kind }) => kind === 'allocate-spi').length;
  const used = new Set(
    [...gateway.steps('add-sa'), ...gateway.steps('remove-sa')].flatMap((step) =>
      'sa' in step && step.sa.destination === gateway.address ? [step.sa.spi] : [],
    ),
  );
  return asked - used.size;
}

describe('additional key exchanges of what CREATE_CHILD_SA makes (RFC 9370 §2.2.4)', () => {
  it.each(CASES)(
    '%s rekeyed by the %s side: one IKE_FOLLOWUP_KE for each, the last answer without a link',
    (subject, side) => {
      const both = tunnel('-ke1_mlkem512-ke3_ecp256');
      rekey(both[side], subject);
      const [request, answer] =
        subject === 'IKE SA'
          ? ['36 SA Nonce KE', '36 SA Nonce KE N16441']
          : ['36 N16393 SA Nonce KE TSi TSr', '36 SA Nonce KE TSi TSr N16441'];
      expect(transcript(both)).toEqual([request, answer, '44 KE N16441', '44 KE N16441', '44 KE N16441', '44 KE']);
      expectOne(both);
      for (const gateway of [both.left, both.right])
        expect(suiteOf(gateway, subject)).toMatch(/-ke1_mlkem512-ke3_ecp256$/);
      expect(both[side].jobs.slice(-4)).toEqual([
        'ke.generate mlkem512',
        'ke.agree mlkem512',
        'ke.generate ecp256',
        'ke.agree ecp256',
      ]);
      // The successor works, and so does the next one.
      rekey(both.right, subject);
      converse(both);
      expectOne(both);
    },
  );

  it('each request brings the link of the answer before, and no link comes twice', () => {
    const both = tunnel('-ke1_ecp256-ke2_ecp384');
    rekey(both.left, 'Child SA');
    const links: string[] = [];
    const linkOf = (from: TestGateway, sent: Sent) =>
      read(from, sent).flatMap((one) =>
        one.type === 'N' && one.notify === NOTIFY.ADDITIONAL_KEY_EXCHANGE ? [toHex(one.data)] : [],
      );
    for (let round = 0; round < 3; round++) {
      const [request] = deliver(both.left, both.right);
      if (request !== undefined && round > 0) expect(linkOf(both.left, request)).toEqual([links[round - 1]]);
      const [answer] = deliver(both.right, both.left);
      if (answer !== undefined) links.push(...linkOf(both.right, answer));
    }
    expect(links).toHaveLength(2);
    expect(new Set(links).size).toBe(2);
  });

  it('a Child SA that replaces none', () => {
    const both = tunnel('-ke1_mlkem512');
    const sa = both.left.core.children()[0]?.inbound;
    if (sa === undefined) throw new Error('no Child SA');
    both.left.input({ kind: 'dataplane.event', event: { kind: 'expire', sa, hard: true } });
    expect(transcript(both)).toEqual([
      '36 SA Nonce KE TSi TSr',
      '36 SA Nonce KE TSi TSr N16441',
      '44 KE N16441',
      '44 KE',
    ]);
    expectOne(both);
  });

  it.each(SUBJECTS)('%s: seven of them', (subject) => {
    const methods = ['mlkem512', 'mlkem768', 'mlkem1024', 'ecp256', 'ecp384', 'ecp521', 'modp2048'];
    const both = tunnel(methods.map((method, index) => `-ke${index + 1}_${method}`).join(''));
    rekey(both.left, subject);
    converse(both);
    expectOne(both);
    expect(suiteOf(both.right, subject)).toMatch(/ke7_modp2048$/);
  });

  it.each(SUBJECTS)('%s: who answers has nothing new before the last of them', (subject) => {
    const both = tunnel('-ke1_ecp256');
    rekey(both.left, subject);
    deliver(both.left, both.right);
    deliver(both.right, both.left);
    for (const gateway of [both.left, both.right]) {
      expect(gateway.views()).toMatchObject([{ state: 'established', children: [{ id: 'net#1', sends: true }] }]);
      expect(gateway.installedSas()).toBe(2);
    }
    converse(both);
    expectOne(both);
  });

  it.each<[string, string, string, string]>([
    ['a proposal without', '-ke1_mlkem512', '', 'curve25519'],
    ['NONE in one of two slots', '-ke1_ecp384-ke2_mlkem768-ke2_none', '-ke1_ecp384', 'ke1_ecp384'],
  ])('what both have is taken: %s', (_, more, less, expected) => {
    for (const [left, right] of [
      [policy(more, less), policy(less)],
      [policy(less), policy(more, less)],
    ] as const)
      for (const subject of SUBJECTS) {
        const both = connected({ left, right });
        rekey(both.left, subject);
        converse(both);
        expectOne(both);
        expect(suiteOf(both.left, subject)).toMatch(new RegExp(`${expected}$`));
      }
  });

  it('the first Child SA has none: its proposals name neither method nor slots', () => {
    const both = tunnel('-ke1_mlkem512');
    expect(suiteOf(both.left, 'Child SA')).toBe('aes128gcm16');
  });

  it('a token for the case of a crash comes with the answer that gives the SPI (RFC 6290 §4.3)', () => {
    const own = policy('-ke1_mlkem512');
    const both = connected({ left: own, right: own, detectable: ['left', 'right'] });
    rekey(both.left, 'IKE SA');
    converse(both);
    for (const gateway of [both.left, both.right]) expect(gateway.ikeSa().peerToken).toHaveLength(32);
  });
});

describe('what the keys are made of, by hand', () => {
  it('KEYMAT of a Child SA: SK_d over SK(0) | Ni | Nr | SK(1) | SK(2)', () => {
    const both = tunnel('-ke1_mlkem512-ke2_ecp256');
    const skD = both.left.ikeSa().keys?.skD ?? new Uint8Array(0);
    rekey(both.left, 'Child SA');
    const { nonces, secrets } = play(both);
    const seed = concatBytes(secrets[0] ?? skD, ...nonces, ...secrets.slice(1));
    const first = hmac(skD, seed, Uint8Array.of(1));
    const second = hmac(skD, first, seed, Uint8Array.of(2));
    const keymat = toHex(concatBytes(first, second));
    converse(both);
    both.left.endDrains();
    // Key and salt of AES-GCM-128, from initiator to responder first.
    expect(keysInUse(both.left).toSorted()).toEqual([keymat.slice(0, 40), keymat.slice(40, 80)].toSorted());
    const [child] = both.left.core.children();
    const out = both.left
      .steps('add-sa')
      .findLast((step) => step.kind === 'add-sa' && step.sa.spi === child?.outbound.spi);
    expect(out?.kind === 'add-sa' && hexOf(out.sa.encryptionKey)).toBe(keymat.slice(0, 40));
  });

  it('SKEYSEED of an IKE SA: the old SK_d over SK(0) | Ni | Nr | SK(1) | SK(2)', () => {
    const both = tunnel('-ke1_ecp256-ke2_mlkem512');
    const skD = both.left.ikeSa().keys?.skD ?? new Uint8Array(0);
    rekey(both.left, 'IKE SA');
    const { nonces, secrets } = play(both);
    const skeyseed = hmac(skD, secrets[0] ?? skD, ...nonces, ...secrets.slice(1));
    const { initiatorSpi, responderSpi, keys } = both.left.ikeSa(1);
    const spis = fromHex(`${initiatorSpi}${responderSpi}`);
    expect(keys?.skD).toEqual(hmac(skeyseed, ...nonces, spis, Uint8Array.of(1)));
    expect(both.right.ikeSa(1).keys).toEqual(keys);
  });

  /** Lets the left side do it to the end: the nonces and the secrets, as they follow from what crossed. */
  function play({ left, right }: Pair): { nonces: Uint8Array[]; secrets: Uint8Array[] } {
    const nonces: Uint8Array[] = [];
    const secrets: Uint8Array[] = [];
    for (let round = 0; round < 3; round++) {
      const { creation } = left.ikeSa();
      const exchange = creation?.rounds?.exchange ?? creation?.exchange;
      if (exchange === undefined) throw new Error('nothing is under way');
      const request = left.takeOne();
      right.receive(request);
      const answer = right.takeOne();
      for (const [from, sent] of [
        [left, request],
        [right, answer],
      ] as const)
        nonces.push(...read(from, sent).flatMap((one) => (one.type === 'Nonce' ? [one.data] : [])));
      const [peerPublic] = read(right, answer).flatMap((one) => (one.type === 'KE' ? [one.data] : []));
      if (peerPublic === undefined) throw new Error('no KE');
      const result = performKeyExchange({ kind: 'ke.agree', ...exchange, peerPublic });
      if (result.kind !== 'ke.agree') throw new Error(`unexpected ${result.kind}`);
      secrets.push(result.sharedSecret);
      left.receive(answer);
    }
    return { nonces, secrets };
  }
});

function hmac(key: Uint8Array, ...data: Uint8Array[]): Uint8Array {
  return Uint8Array.from(
    createHmac('sha256', key)
      .update(concatBytes(...data))
      .digest(),
  );
}

describe('what is lost, repeated or given up on the way', () => {
  it.each(SUBJECTS)('%s: a repeated request gets the same answer, and nothing else comes of it', (subject) => {
    const both = tunnel('-ke1_ecp256-ke2_ecp384');
    rekey(both.left, subject);
    for (let round = 0; round < 3; round++) {
      const request = both.left.takeOne();
      both.right.receive(request);
      const answer = both.right.takeOne();
      const after = both.right.core.snapshot();
      both.right.receive(request);
      expect(both.right.takeOne().datagram).toEqual(answer.datagram);
      expect(both.right.core.snapshot().ikeSas).toEqual(after.ikeSas);
      both.left.receive(answer);
    }
    converse(both);
    expectOne(both);
  });

  it.each(SUBJECTS)('%s: another process can go on at any point', (subject) => {
    const both = tunnel('-ke1_mlkem1024-ke2_ecp256');
    const restart = (gateway: TestGateway, seed: number) => {
      const next = new TestGateway(gateway.address, { seed, tunnels: gateway.tunnels, state: gateway.core.snapshot() });
      next.outbox = gateway.take();
      for (const [key, at] of gateway.timers) next.timers.set(key, at);
      return next;
    };
    rekey(both.left, subject);
    let [left, right] = [both.left, both.right];
    for (let turn = 0; left.outbox.length + right.outbox.length > 0; turn++) {
      for (const sent of left.take()) right.receive(sent);
      right = restart(right, 100 + turn);
      for (const sent of right.take()) left.receive(sent);
      left = restart(left, 200 + turn);
    }
    for (const one of [left, right]) {
      one.endDrains();
      expect(one.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed' }] }]);
    }
    expect(suiteOf(left, subject)).toMatch(/ke2_ecp256$/);
  });

  it.each(SUBJECTS)('%s: who never goes on is forgotten after 20 seconds, with its secrets and SPI', (subject) => {
    const both = tunnel('-ke1_ecp256');
    rekey(both.left, subject);
    deliver(both.left, both.right);
    const begun = both.right.mono;
    expect(both.right.ikeSa().followUps).toHaveLength(1);
    both.right.fire('follow-up');
    expect(both.right.mono - begun).toBe(20_000);
    expect(both.right.ikeSa().followUps).toEqual([]);
    expect(both.right.timerNames()).not.toContain('follow-up');
    expect(reserved(both.right)).toBe(0);
    expect(both.right.core.children()).toMatchObject([{ id: 'net#1', state: 'installed', sends: true }]);
  });

  it.each(SUBJECTS)('%s: who comes too late is told so, and begins anew', (subject) => {
    const both = tunnel('-ke1_ecp256');
    rekey(both.left, subject);
    deliver(both.left, both.right);
    deliver(both.right, both.left);
    both.right.fire('follow-up');
    const said = transcript(both);
    expect(said.slice(0, 2)).toEqual(['44 KE N16441', `44 N${NOTIFY.STATE_NOT_FOUND}`]);
    expect(said).toHaveLength(6);
    expectOne(both);
    expect(suiteOf(both.left, subject)).toMatch(/ke1_ecp256$/);
  });

  it.each(SUBJECTS)('%s: but not for ever: the fourth time ends the IKE SA', (subject) => {
    const both = tunnel('-ke1_ecp256');
    rekey(both.left, subject);
    for (let time = 0; time < 4; time++) {
      deliver(both.left, both.right);
      deliver(both.right, both.left);
      both.right.fire('follow-up');
      deliver(both.left, both.right);
      deliver(both.right, both.left);
    }
    converse(both);
    expect(both.left.reasonsOf('ike.closed')).toEqual(['protocol-error']);
    for (const one of [both.left, both.right]) {
      expect(one.views()).toEqual([]);
      expect(one.installedSas()).toBe(0);
    }
  });

  it.each(SUBJECTS)('%s: a peer that has lost its part and asks anew is answered at once', (subject) => {
    const both = tunnel('-ke1_ecp256');
    const earlier = both.left.core.snapshot();
    rekey(both.left, subject);
    deliver(both.left, both.right);
    const [first] = both.right.ikeSa().followUps;
    both.right.take();
    // It goes on from a state in which it knows that this message ID is spent, and nothing else of what it was for.
    const state = structuredClone(earlier);
    const [sa] = state.ikeSas.values();
    if (sa?.version === 2) sa.nextRequestId++;
    const left = new TestGateway(both.left.address, { seed: 77, tunnels: both.left.tunnels, state });
    for (const [key, at] of both.left.timers) left.timers.set(key, at);
    left.timers.set('ike:1:rekey', left.mono);
    left.timers.set('sas:net:rekey-net#1', left.mono);
    rekey(left, subject);
    deliver(left, both.right);
    expect(both.right.ikeSa().followUps).toHaveLength(1);
    expect(both.right.ikeSa().followUps[0]?.link).not.toEqual(first?.link);
    converse({ left, right: both.right });
    both.right.endDrains();
    expect(both.right.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed' }] }]);
    expect(reserved(both.right)).toBe(0);
  });

  it('a kernel that refuses the last step: the old one carries on at both ends, and it is tried again', () => {
    const both = tunnel('-ke1_ecp256');
    rekey(both.left, 'Child SA');
    deliver(both.left, both.right);
    deliver(both.right, both.left);
    both.right.refuses = 'add-sa';
    deliver(both.left, both.right);
    expect(text(both.right, both.right.outbox[0] as Sent)).toBe(`44 N${NOTIFY.TEMPORARY_FAILURE}`);
    both.right.refuses = undefined;
    converse(both);
    for (const one of [both.left, both.right])
      expect(one.core.children()).toMatchObject([{ id: 'net#1', state: 'installed', sends: true }]);
    both.left.fire('retry');
    converse(both);
    for (const one of [both.left, both.right]) {
      one.endDrains();
      expect(one.core.children()).toMatchObject([{ id: expect.not.stringMatching(/^net#1$/), state: 'installed' }]);
      expect(suiteOf(one, 'Child SA')).toMatch(/ke1_ecp256$/);
    }
  });

  it('the IKE SA ends in the middle: nothing is left of either', () => {
    for (const subject of SUBJECTS)
      for (const side of ['left', 'right'] as const) {
        const both = tunnel('-ke1_ecp256');
        rekey(both.left, subject);
        deliver(both.left, both.right);
        both[side].terminate();
        converse(both);
        for (const one of [both.left, both.right]) {
          expect(one.views()).toEqual([]);
          expect(one.installedSas()).toBe(0);
          expect([...one.timers.keys()].filter((key) => key.startsWith('ike:'))).toEqual([]);
        }
        expect(reserved(both.right)).toBe(0);
      }
  });
});

describe('what waits while something is under way', () => {
  it('the Child SA that the peer is replacing: we do not, whatever its timer and the data plane say', () => {
    const both = tunnel('-ke1_ecp256');
    rekey(both.left, 'Child SA');
    expect(both.right.timers.has('sas:net:rekey-net#1')).toBe(true);
    deliver(both.left, both.right);
    both.right.take();
    const [child] = both.right.core.children();
    expect(child?.state).toBe('rekeying');
    expect(both.right.timers.has('sas:net:rekey-net#1')).toBe(false);
    if (child !== undefined)
      both.right.input({ kind: 'dataplane.event', event: { kind: 'expire', sa: child.inbound, hard: false } });
    expect(both.right.take()).toEqual([]);
    // The peer never goes on: then it is our turn.
    both.right.fire('follow-up');
    both.right.fire('rekey-net#1');
    expect(both.right.take()).toHaveLength(1);
  });

  it('the IKE SA that the peer is replacing: what concerns Child SAs is said within its successor', () => {
    const both = tunnel('-ke1_ecp256');
    rekey(both.left, 'IKE SA');
    deliver(both.left, both.right);
    deliver(both.right, both.left);
    const sa = both.right.core.children()[0]?.inbound;
    if (sa === undefined) throw new Error('no Child SA');
    both.right.input({ kind: 'dataplane.event', event: { kind: 'expire', sa, hard: true } });
    expect(both.right.take()).toEqual([]);
    converse(both);
    expectOne(both);
    expect(both.left.eventTypes()).toContain('child.deleted');
  });

  it('but not for ever, where the peer stops in the middle', () => {
    const both = tunnel('-ke1_ecp256');
    rekey(both.left, 'IKE SA');
    deliver(both.left, both.right);
    both.right.take();
    const sa = both.right.core.children()[0]?.inbound;
    if (sa === undefined) throw new Error('no Child SA');
    both.right.input({ kind: 'dataplane.event', event: { kind: 'expire', sa, hard: true } });
    both.right.fire('follow-up');
    expect(both.right.take()).toHaveLength(1);
  });

  it('a successor that the peer has made, and that has lost against ours, is not awakened by its messages', () => {
    const plays = [0, 1, 2, 3, 4, 5, 6, 7].map(crossMixed).filter(({ right }) => right.ikeSa().creation?.rounds);
    expect(plays.length).toBeGreaterThan(0);
    for (const { left, right } of plays) {
      const made = left.ikeSa(1);
      const within = Object.assign(Object.create(left) as TestGateway, { ikeSa: () => made });
      right.take();
      right.receive(forge(within, { exchange: 'INFORMATIONAL', messageId: 0, payloads: [] }));
      expect(right.take()).toHaveLength(1);
      expect(right.ikeSa()).toMatchObject({ phase: 'established', creation: { rounds: { left: [] } } });
    }
  });

  /** Both rekey the IKE SA, the right end with a round to come; all is said but that. `before` makes the nonces others. */
  function crossMixed(before: number): Pair {
    const both = connected({ left: policy('-ke1_ecp256', ''), right: policy('', '-ke1_ecp256') });
    for (let time = 0; time < before; time++) {
      rekey(both.left, 'IKE SA');
      converse(both);
    }
    for (const one of [both.left, both.right]) one.fire('rekey');
    const requests = [both.left.takeOne(), both.right.takeOne()] as const;
    both.left.receive(requests[1]);
    both.right.receive(requests[0]);
    const answers = [both.left.takeOne(), both.right.takeOne()] as const;
    both.right.receive(answers[0]);
    both.left.receive(answers[1]);
    return both;
  }
});
