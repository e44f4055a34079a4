import { describe, expect, it } from 'vitest';
import { HOUR } from '../base/time.ts';
import { CHEAP_ESP, LEFT, tunnelPolicy } from '../sim/tunnels.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { TestGateway } from './testing/gateway.ts';
import { converse, deliver, type Pair } from './testing/pair.ts';
import {
  carried,
  expectAgreed,
  HOSTILE,
  NAMES,
  OTHER_KEY,
  SEGMENTS,
  shared,
  sharing,
  tunnelOf,
  withSegments,
} from './testing/sharing.ts';

const MAIN = { version: 1, mode: 'main', mobike: false } as const;
const AGGRESSIVE = { ...MAIN, mode: 'aggressive' } as const;

function three(changes: Partial<TunnelPolicy>): TunnelPolicy[] {
  return SEGMENTS.map((_, n) => tunnelOf(n, changes));
}

/** The left side has one tunnel with a Child SA for each pair of segments, the right side a tunnel for each of those. */
function sharedV1(mode: Partial<TunnelPolicy> = MAIN): Pair {
  return shared({ left: mode, right: three(mode) });
}

function expectAllUp(both: Pair): void {
  expectAgreed(both);
  expect(carried(both.right)).toEqual(['t1 10.2.0.0/24', 't2 10.2.1.0/24', 't3 10.2.2.0/24']);
}

/** Both ends have the same tunnels, one for each segment. */
function threeEach(): Pair {
  const left = SEGMENTS.map((segment, n) =>
    tunnelPolicy(LEFT, withSegments(segment), { ...MAIN, name: NAMES[n] ?? '' }),
  );
  const both = sharing({ right: three(MAIN) });
  return { ...both, left: new TestGateway(LEFT.address, { seed: 1, tunnels: left }) };
}

/** Whatever has been replaced is over. */
function inUse({ views }: { readonly views: TestGateway['views'] }, gateway: TestGateway): number {
  return views.call(gateway).filter(({ state }) => state === 'established').length;
}

describe.each([MAIN, AGGRESSIVE])('IKEv1, $mode mode: several tunnels to one peer over one IKE SA', (mode) => {
  it('each Child SA is that of the tunnel whose segments the peer asks for', () => {
    const both = sharedV1(mode);
    expectAllUp(both);
    expect(both.right.views()).toHaveLength(1);
    for (const name of NAMES) expect(both.right.core.views(name)).toMatchObject([{ tunnel: 't1' }]);
  });
});

describe('IKEv1: several tunnels to one peer over one IKE SA', () => {
  it('a refusal is told of the tunnel that was meant', () => {
    const childProposals = [{ ...CHEAP_ESP, encryption: ['aes256'] as const }];
    const { right } = shared({
      left: MAIN,
      right: [tunnelOf(0, MAIN), tunnelOf(1, { ...MAIN, childProposals }), tunnelOf(2, MAIN)],
    });
    const failed = right.events.flatMap((event) => (event.type === 'child.failed' ? [event] : []));
    expect(failed).toMatchObject([{ tunnel: 't2', reason: { code: 'no-proposal-chosen' } }]);
    expect(carried(right)).toEqual(['t1 10.2.0.0/24', 't3 10.2.2.0/24']);
  });

  it.each(['left', 'right'] as const)('the %s side replaces the IKE SA: the new one serves all of them', (side) => {
    const both = sharedV1({ ...MAIN, ikeLifetime: HOUR });
    both[side].fire('rekey');
    converse(both);
    expectAllUp(both);
    for (const one of [both.left, both.right]) expect(inUse(one, one)).toBe(1);
    for (const name of NAMES)
      expect(both.right.core.views(name).filter(({ state }) => state === 'established')).toHaveLength(1);
    both.right.mono += 60_000;
    both.right.fire('rekey-t3#3');
    converse(both);
    both.right.fire(quickModeTimer(both.right));
    expect(both.right.events).toContainEqual(expect.objectContaining({ type: 'child.rekeyed', tunnel: 't3' }));
  });

  it.each(['left', 'right'] as const)('the %s side rekeys a Child SA: the successor is of the same tunnel', (side) => {
    const both = sharedV1();
    both[side].mono += 60_000;
    both[side].fire(side === 'left' ? 'rekey-net#2' : 'rekey-t2#2');
    converse(both);
    // As initiator, it sends through the new one after a while.
    if (side === 'right') both.right.fire(quickModeTimer(both.right));
    const rekeyed = both.right.events.flatMap((event) => (event.type === 'child.rekeyed' ? [event.tunnel] : []));
    expect(rekeyed).toEqual(['t2']);
    expect(both.right.views()).toHaveLength(1);
  });

  it.each(NAMES)('%s is taken down: the others stay, with the IKE SA', (name) => {
    const both = sharedV1();
    both.right.command({ kind: 'admit', tunnel: name, admit: false });
    both.right.terminate(name);
    converse(both);
    expectAgreed(both);
    const others = NAMES.filter((other) => other !== name);
    expect(both.right.core.children().map(({ tunnel }) => tunnel)).toEqual(others);
    expect(both.right.core.views(name)).toEqual([]);
    for (const other of others) expect(both.right.core.views(other)).toMatchObject([{ state: 'established' }]);
  });

  it('all are taken down, one after the other: nothing is left at either end', () => {
    const both = sharedV1();
    for (const name of NAMES) both.right.terminate(name);
    converse(both);
    for (const one of [both.left, both.right]) {
      expect(one.views()).toEqual([]);
      expect(one.core.children()).toEqual([]);
    }
  });

  it('one is taken down in the middle of its Quick Mode: it comes to nothing', () => {
    const both = sharing({ left: MAIN, right: three(MAIN) });
    both.left.initiate();
    const { right, left } = both;
    while (carried(right).length < 1 || right.core.children('t2').length === 0) {
      deliver(left, right);
      deliver(right, left);
    }
    right.command({ kind: 'admit', tunnel: 't2', admit: false });
    right.terminate('t2');
    converse(both);
    expect(right.core.children('t2')).toEqual([]);
    expect(right.views()).toHaveLength(1);
  });

  it('the peer deletes one of them: the others stay', () => {
    const both = sharedV1();
    const [, second] = both.left.core.children();
    both.left.input({ kind: 'dataplane.event', event: { kind: 'expire', sa: second?.inbound ?? fail(), hard: true } });
    deliver(both.left, both.right);
    expect(carried(both.right)).toEqual(['t1 10.2.0.0/24', 't3 10.2.2.0/24']);
  });

  it('the peer does not answer any more: none of them is left', () => {
    const { right } = sharedV1();
    for (let round = 0; right.views().length > 0 && round < 40; round++) {
      right.fire('liveness');
      right.take();
    }
    expect(right.core.children()).toEqual([]);
    const deleted = right.events.flatMap((event) => (event.type === 'child.deleted' ? [event.tunnel] : []));
    expect(deleted).toEqual(NAMES);
  });

  it('the peer has started anew (INITIAL-CONTACT): all of what there was is gone', () => {
    const { left, right } = sharedV1();
    const again = left.restarted(9);
    right.mono += 60_000;
    again.initiate();
    converse({ left: again, right });
    expectAllUp({ left: again, right });
    expect(right.views()).toHaveLength(1);
  });

  it('the IKE SA is gone at the peer, which makes another one: it serves all of them', () => {
    const { left, right } = sharedV1();
    const { tunnels } = left;
    right.command({ kind: 'configure', tunnels: three({ ...MAIN, start: 'respond' }) });
    // The peer ends it without a word of its Child SAs, and comes back.
    const state = left.core.snapshot();
    left.terminate();
    const goodbye = left.take();
    right.receive(goodbye.at(-1) ?? fail());
    expect(right.views()).toEqual([]);
    expect(carried(right)).toHaveLength(3);
    state.ikeSas.clear();
    state.byTunnel.clear();
    state.spis.clear();
    const back = new TestGateway(LEFT.address, { seed: 11, tunnels, state });
    back.mono += 60_000;
    right.mono += 60_000;
    back.initiate();
    converse({ left: back, right });
    for (const name of NAMES) expect(right.core.views(name)).toMatchObject([{ state: 'established' }]);
    right.fire('rekey-t3#3');
    converse({ left: back, right });
    expect(right.views()).toHaveLength(1);
  });

  it('we initiate three at once: one IKE SA is made for all of them', () => {
    const both = threeEach();
    for (const name of NAMES) both.left.initiate(name);
    converse(both);
    expectAllUp(both);
    for (const one of [both.left, both.right]) expect(one.views()).toHaveLength(1);
  });

  it('we initiate one after the other: the later ones use the IKE SA that is there', () => {
    const both = threeEach();
    for (const name of NAMES) {
      both.left.initiate(name);
      converse(both);
    }
    expectAllUp(both);
    for (const one of [both.left, both.right]) expect(one.views()).toHaveLength(1);
  });

  it('the IKE SA that several have waited for comes to nothing: each hears why', () => {
    const { left } = threeEach();
    for (const name of NAMES) left.initiate(name);
    left.take();
    left.fire('handshake');
    const failed = left.events.flatMap((event) => (event.type === 'ike.failed' ? [event] : []));
    expect(failed).toMatchObject([{ tunnel: 't1', others: ['t2', 't3'] }]);
  });
});

describe('W3: who is the peer of one tunnel gets none of another one that asks for more, or for other proof (IKEv1)', () => {
  const OF_IKEV1: typeof HOSTILE = [
    ['the other version', { version: 2 }],
    ['the other mode', { mode: 'aggressive' }],
  ];

  it.each([...HOSTILE, ...OF_IKEV1])('%s', (_, changes) => {
    const both = shared({
      left: MAIN,
      right: [tunnelOf(0, MAIN), tunnelOf(1, { ...MAIN, ...changes }), tunnelOf(2, MAIN)],
    });
    expect(carried(both.right)).toEqual(['t1 10.2.0.0/24', 't3 10.2.2.0/24']);
    expectAgreed(both);
  });

  it('the operator reads what is in the way, and the peer does not', () => {
    const { right } = shared({
      left: MAIN,
      right: [tunnelOf(0, MAIN), tunnelOf(1, { ...MAIN, psk: OTHER_KEY }), tunnelOf(2, MAIN)],
    });
    const texts = right.events.flatMap((event) => (event.type === 'child.failed' ? [event.reason.text] : []));
    expect(texts[0]).toMatch(/; tunnel t2 has these segments, and has another pre-shared key than t1$/);
  });

  it('a tunnel that the operator has taken down', () => {
    const both = sharing({ left: MAIN, right: three(MAIN) });
    both.right.command({ kind: 'admit', tunnel: 't2', admit: false });
    both.left.initiate();
    converse(both);
    expect(carried(both.right)).toEqual(['t1 10.2.0.0/24', 't3 10.2.2.0/24']);
  });

  it('it is changed while the Child SA is being made: what was agreed comes to nothing', () => {
    const both = shared({ left: MAIN, right: [tunnelOf(0, MAIN), tunnelOf(2, MAIN)] });
    const { left, right } = both;
    right.command({ kind: 'configure', tunnels: three(MAIN) });
    left.initiate();
    right.hold = true;
    deliver(left, right);
    right.command({
      kind: 'configure',
      tunnels: [tunnelOf(0, MAIN), tunnelOf(1, { ...MAIN, psk: OTHER_KEY }), tunnelOf(2, MAIN)],
    });
    right.hold = false;
    right.answerHeld();
    converse(both);
    expect(carried(right)).toEqual(['t1 10.2.0.0/24', 't3 10.2.2.0/24']);
  });
});

function quickModeTimer(gateway: TestGateway): string {
  const ours = gateway.core.children().find(({ state }) => state === 'installing');
  const name = gateway
    .timerNames()
    .filter((candidate) => candidate.startsWith('quick-mode-'))
    .at(-1);
  if (ours === undefined || name === undefined) throw new Error('no Quick Mode is under way');
  return name;
}

function fail(): never {
  throw new Error('not there');
}
