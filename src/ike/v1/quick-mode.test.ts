import { describe, expect, it } from 'vitest';
import { HOUR } from '../../base/time.ts';
import type { Proposal } from '../../sa/proposal.ts';
import { selectorFromPrefix } from '../../sa/traffic-selector.ts';
import { CHEAP_ESP, LEFT, RIGHT, tunnelPolicy } from '../../sim/tunnels.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { Sent, TestGateway } from '../testing/gateway.ts';
import { converse, deliver, type Pair, pair } from '../testing/pair.ts';
import { decodeHeader, EXCHANGE_V1 } from '../wire/header.ts';

type Changes = { readonly left?: Partial<TunnelPolicy>; readonly right?: Partial<TunnelPolicy> };

const V1 = { version: 1 } as const;

function v1({ left, right }: Changes = {}): Pair {
  return pair({ left: { ...V1, ...left }, right: { ...V1, ...right } });
}

function connected(changes: Changes = {}): Pair {
  const both = v1(changes);
  both.left.initiate();
  converse(both);
  return both;
}

/** So many segments on each side. */
function segments(count: number): Changes {
  const of = (net: number) =>
    Array.from({ length: count }, (_, n) => selectorFromPrefix({ address: `10.${net}.${n}.0`, length: 24 }));
  const left = tunnelPolicy(LEFT, RIGHT);
  const right = tunnelPolicy(RIGHT, LEFT);
  return {
    left: { local: { ...left.local, selectors: of(1) }, remote: { ...left.remote, selectors: of(2) } },
    right: { local: { ...right.local, selectors: of(2) }, remote: { ...right.remote, selectors: of(1) } },
  };
}

/** Phase 1 is done, and the first message of Quick Mode waits in the outbox of `left`. */
function atQuickMode(changes: Changes = {}): Pair {
  const both = v1(changes);
  both.left.initiate();
  for (let turn = 0; turn < 3; turn++) {
    deliver(both.left, both.right);
    deliver(both.right, both.left);
  }
  return both;
}

function isQuickMode({ datagram }: Sent): boolean {
  return decodeHeader(datagram).exchangeType === EXCHANGE_V1.QUICK_MODE;
}

/** Of the Quick Modes among these. */
function messageIds(sent: readonly Sent[]): ReadonlySet<number> {
  return new Set(sent.filter(isQuickMode).map(({ datagram }) => decodeHeader(datagram).messageId));
}

function quickModeTimer(gateway: TestGateway): string {
  const name = gateway.timerNames().find((candidate) => candidate.startsWith('quick-mode-'));
  if (name === undefined) throw new Error('no Quick Mode has a timer');
  return name;
}

function hardLifetimes(gateway: TestGateway): (number | undefined)[] {
  return gateway.steps('add-sa').map((step) => (step.kind === 'add-sa' ? step.sa.hardLifetime : undefined));
}

describe('Quick Mode (RFC 2409 §5.5)', () => {
  it('makes one Child SA for each pair of segments, one after the other', () => {
    const both = atQuickMode(segments(3));
    expect(both.left.outbox.filter(isQuickMode)).toHaveLength(1);
    converse(both);
    for (const { core } of [both.left, both.right]) {
      const children = core.children();
      expect(children).toHaveLength(9);
      expect(
        new Set(
          children.map(({ localSelectors, remoteSelectors }) => JSON.stringify([localSelectors, remoteSelectors])),
        ).size,
      ).toBe(9);
      expect(children.every(({ state }) => state === 'installed')).toBe(true);
    }
    const reqids = both.left.steps('add-sa').map((step) => step.kind === 'add-sa' && step.sa.reqid);
    expect(new Set(reqids).size).toBe(9);
  });

  it('the next begins when the third message of the last one is sent: until then the peer needs its IV', () => {
    const { left, right } = atQuickMode(segments(3));
    deliver(left, right);
    left.hold = true;
    deliver(right, left);
    left.initiate();
    expect(left.outbox).toEqual([]);
    left.answerHeld();
    expect(left.outbox.filter(isQuickMode)).toHaveLength(2);
  });

  it('the next does not begin beside one that a slow peer may still answer', () => {
    const { left } = atQuickMode(segments(2));
    const sent = left.take();
    for (let n = 0; n < 5; n++) left.fire(quickModeTimer(left));
    sent.push(...left.take());
    expect(messageIds(sent).size).toBe(1);
    left.fire(quickModeTimer(left));
    sent.push(...left.take());
    expect(messageIds(sent).size).toBe(2);
  });

  it('but earlier where the peer has said something since, and leaves that one without an answer', () => {
    const both = atQuickMode(segments(2));
    const { left } = both;
    const sent = left.take();
    for (let n = 0; n < 4; n++) left.fire(quickModeTimer(left));
    // The question whether it is there is among them.
    left.outbox = left.outbox.filter((one) => !isQuickMode(one));
    converse(both);
    left.fire(quickModeTimer(left));
    sent.push(...left.take());
    expect(messageIds(sent).size).toBe(2);
  });

  it('answers four hundred that are begun at once', () => {
    const both = atQuickMode(segments(20));
    const { left, right } = both;
    const first = new Map<number, Sent>();
    while (first.size < 400) {
      const begun = left.take().filter(isQuickMode);
      for (const sent of begun) first.set(decodeHeader(sent.datagram).messageId, sent);
      // One that has been repeated for so long keeps nobody waiting.
      for (const sent of begun)
        for (let n = 0; n < 6; n++) left.fire(`quick-mode-${decodeHeader(sent.datagram).messageId}`);
      left.outbox = left.outbox.filter((sent) => !first.has(decodeHeader(sent.datagram).messageId));
    }
    left.take();
    for (const sent of first.values()) right.receive(sent);
    expect(right.outbox.filter(isQuickMode)).toHaveLength(400);
    converse(both);
    expect(right.core.children().filter(({ state }) => state === 'installed')).toHaveLength(400);
    expect(left.core.children()).toHaveLength(400);
  });

  it('with PFS takes another of the groups where the peer refuses the first', () => {
    const of = (...keyExchange: Proposal['keyExchange']): Proposal => ({ ...CHEAP_ESP, keyExchange });
    const both = connected({
      left: { childProposals: [of('ecp256'), of('curve25519')] },
      right: { childProposals: [of('curve25519')] },
    });
    expect(both.left.core.children()).toMatchObject([{ state: 'installed', suite: { keyExchange: 'curve25519' } }]);
    expect(both.left.reasonsOf('child.failed')).toEqual([]);
  });

  it('a difference in PFS alone is a refusal, told on both sides', () => {
    const both = connected({ left: { childProposals: [{ ...CHEAP_ESP, keyExchange: ['curve25519'] }] } });
    for (const one of [both.left, both.right]) {
      expect(one.reasonsOf('child.failed')).toEqual(['no-proposal-chosen']);
      expect(one.core.children()).toEqual([]);
      expect(one.core.views()).toMatchObject([{ state: 'established' }]);
    }
  });

  it('segments that do not match are a refusal, told on both sides with what both have', () => {
    const other = tunnelPolicy(RIGHT, LEFT).local;
    const selectors = [selectorFromPrefix({ address: '10.9.0.0', length: 16 })];
    const both = connected({ right: { local: { ...other, selectors } } });
    for (const one of [both.left, both.right]) {
      expect(one.reasonsOf('child.failed')).toEqual(['traffic-selectors-unacceptable']);
      expect(one.steps('add-sa')).toEqual([]);
    }
    const [told] = both.right.events.filter((event) => event.type === 'child.failed');
    expect(told).toMatchObject({ reason: { text: expect.stringContaining('10.2.0.0/16') } });
  });

  it.each([
    { who: 'the initiator', left: HOUR, right: 2 * HOUR },
    { who: 'the responder', left: 2 * HOUR, right: HOUR },
  ])('a lower lifetime of $who holds on both sides (RFC 2407 §4.6.3.1)', ({ left, right }) => {
    const both = connected({ left: { childLifetime: left }, right: { childLifetime: right } });
    expect(hardLifetimes(both.left)).toEqual([HOUR, HOUR]);
    expect(hardLifetimes(both.right)).toEqual([HOUR, HOUR]);
  });
});

describe('the third message of Quick Mode is lost', () => {
  function unfinished(): Pair {
    const both = atQuickMode();
    deliver(both.left, both.right);
    deliver(both.right, both.left);
    expect(both.left.take().filter(isQuickMode)).toHaveLength(1);
    expect(both.right.core.children()).toMatchObject([{ state: 'installing' }]);
    return both;
  }

  it('the second is sent again and gets the third as an answer', () => {
    const both = unfinished();
    both.right.fire(quickModeTimer(both.right));
    converse(both);
    expect(both.right.core.children()).toMatchObject([{ state: 'installed' }]);
  });

  it('packets that come in are as good as the third message', () => {
    const both = unfinished();
    both.right.packets = 1;
    both.right.fire(quickModeTimer(both.right));
    expect(both.right.core.children()).toMatchObject([{ state: 'installed' }]);
    expect(both.right.take()).toEqual([]);
  });

  it('for ever: nothing is left of it', () => {
    const both = unfinished();
    while (both.right.core.children().length > 0) {
      both.right.fire(quickModeTimer(both.right));
      both.right.take();
    }
    expect(both.right.steps('remove-sa').length).toBeGreaterThan(0);
    expect(both.right.timerNames().some((name) => name.startsWith('quick-mode-'))).toBe(false);
  });
});

describe('an IKE SA that the peer has forgotten', () => {
  it('is given up when Quick Mode gets no answer, and the next attempt starts with phase 1', () => {
    const both = atQuickMode();
    const { left } = both;
    while (left.core.views().length > 0) {
      left.take();
      left.fire(quickModeTimer(left));
    }
    expect(left.reasonsOf('child.failed')).toEqual(['no-response']);
    expect(left.reasonsOf('ike.closed')).toEqual(['peer-unresponsive']);
    left.take();
    left.initiate();
    expect(decodeHeader(left.takeOne().datagram).exchangeType).toBe(EXCHANGE_V1.MAIN_MODE);
  });
});
