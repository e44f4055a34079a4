import { describe, expect, it } from 'vitest';
import { Cluster, changeIkeSa, type MessageIds, messageIdsOf, SYNC } from './cluster.ts';
import type { SimGateway } from './gateway.ts';
import { countEvents } from './pair.ts';
import { Stage } from './stage.ts';

/**
 * The tests of test_ike_mid_sync.c: `b` is a cluster, and another member of it takes over (RFC 6311). The message IDs are
 * counted from those of an IKE SA that has just been made, whoever has initiated it.
 */
type Case = {
  /** Rekeyings by us and by the cluster before, of two requests each. */
  readonly ours: number;
  readonly theirs: number;
  /** What the new member names for itself and expects of us, from what would be right. */
  readonly sends: number;
  readonly expects: number;
};

const SIDES = ['left', 'right'] as const;

const HIGH_ENOUGH: readonly Case[] = [
  { ours: 0, theirs: 0, sends: 0, expects: 0 },
  { ours: 0, theirs: 0, sends: 1, expects: 1 },
  { ours: 1, theirs: 0, sends: 0, expects: 0 },
  { ours: 1, theirs: 0, sends: 5, expects: 5 },
  { ours: 0, theirs: 1, sends: 0, expects: 0 },
  { ours: 0, theirs: 1, sends: 1, expects: 0 },
  { ours: 1, theirs: 2, sends: 0, expects: 1 },
];

const EXPECTING_TOO_LITTLE: readonly Case[] = [
  { ours: 1, theirs: 0, sends: 0, expects: -1 },
  { ours: 1, theirs: 0, sends: 5, expects: -2 },
  { ours: 1, theirs: 1, sends: 1, expects: -1 },
];

const NAMING_TOO_LITTLE: readonly Case[] = [
  { ours: 0, theirs: 1, sends: -1, expects: 0 },
  { ours: 1, theirs: 1, sends: -2, expects: 5 },
  { ours: 1, theirs: 2, sends: -4, expects: 0 },
];

describe.each(SIDES)('the peer is a cluster and fails over; here is %s', (side) => {
  function setUp({ ours, theirs, sends, expects }: Case, options: ConstructorParameters<typeof Stage>[0] = {}) {
    const stage = new Stage(options);
    const a = stage.pair[side];
    const b = stage.other(a);
    rekey(stage, a, ours);
    rekey(stage, b, theirs);
    const before = messageIdsOf(a);
    const named = { sends: before.expects + sends, expects: before.sends + expects };
    return { stage, a, b, before, named, cluster: new Cluster(stage, b) };
  }

  it.each(HIGH_ENOUGH)('responder: %o', (row) => {
    const { stage, a, b, named, cluster } = setUp(row);
    const agreed = { sends: named.expects, expects: named.sends };
    expect(cluster.synchronize(named)).toEqual(agreed);
    expect(messageIdsOf(a)).toEqual(agreed);
    expectBothCanAsk(stage, a, b);
  });

  it.each(HIGH_ENOUGH)('retransmit: it comes again, as the answer was lost, %o', (row) => {
    const { stage, a, b, named, cluster } = setUp(row);
    cluster.failOver(named);
    cluster.ask(named);
    stage.gate.passCopy({ from: b, says: SYNC });
    stage.gate.drop({ from: a, says: SYNC });
    const after = messageIdsOf(a);
    stage.pass(b, 'request', SYNC);
    cluster.takeAnswer();
    expect(messageIdsOf(a)).toEqual(after);
    expectBothCanAsk(stage, a, b);
  });

  it.each(HIGH_ENOUGH)('replay: it is played back later, %o', (row) => {
    const { stage, a, b, named, cluster } = setUp(row);
    cluster.failOver(named);
    cluster.ask(named);
    const captured = stage.gate.passCopy({ from: b, says: SYNC });
    cluster.takeAnswer();
    stage.gate.drop({ from: b, says: SYNC });
    rekey(stage, a);
    rekey(stage, b);
    expectIgnored(stage, a, () => stage.gate.passThis(captured));
    expectBothCanAsk(stage, a, b);
  });

  it.each(HIGH_ENOUGH)('disabled: who has not agreed to it drops it, %o', (row) => {
    const { stage, a, b, named, cluster } = setUp(row);
    changeIkeSa(stage, a, { idSync: undefined });
    // Where message ID 0 is due it would be an ordinary request.
    if (messageIdsOf(a).expects === 0) rekey(stage, b);
    cluster.ask(named);
    expectIgnored(stage, a, () => stage.pass(b, 'request', SYNC));
    expectBothCanAsk(stage, a, b);
  });

  it.each(NAMING_TOO_LITTLE)('sender_too_low: what it names for itself has been used, %o', (row) => {
    const { stage, a, b, named, cluster } = setUp(row);
    cluster.ask(named);
    expectIgnored(stage, a, () => stage.pass(b, 'request', SYNC));
    expectBothCanAsk(stage, a, b);
  });

  it.each(EXPECTING_TOO_LITTLE)('recv_update: it expects what we have used, and is told better, %o', (row) => {
    const { stage, a, b, before, named, cluster } = setUp(row);
    const agreed = { sends: before.sends, expects: named.sends };
    expect(cluster.synchronize(named)).toEqual(agreed);
    expect(messageIdsOf(a)).toEqual(agreed);
    expectBothCanAsk(stage, a, b);
  });

  it.each(HIGH_ENOUGH)('active: we wait for an answer, and ask again under the next message ID, %o', (row) => {
    const { stage, a, b, named, cluster } = setUp(row);
    stage.rekeyChild(a);
    stage.gate.drop({ from: a, kind: 'request' });
    const next = Math.max(messageIdsOf(a).sends, named.expects);
    expect(cluster.synchronize(named)).toEqual({ sends: next, expects: named.sends });
    expect(stage.pass(a, 'request', 'N(REKEY_SA').messageId).toBe(next);
    stage.pass(b, 'response', 'SA');
    stage.gate.passAll();
    expectBothCanAsk(stage, a, b);
    expect(countEvents(a, 'child.rekeyed')).toBe(row.ours + row.theirs + 3);
  });

  it('active: the same where we rekey the IKE SA', () => {
    const { stage, a, b, named, cluster } = setUp({ ours: 0, theirs: 0, sends: 3, expects: 0 });
    stage.rekeyIke(a);
    stage.gate.drop({ from: a, kind: 'request' });
    cluster.synchronize(named);
    stage.pass(a, 'request', 'KE');
    stage.gate.passAll();
    stage.expectOneOfEach();
    expect(countEvents(a, 'ike.rekeyed')).toBe(1);
    expect(stage.ikeInitiator).toBe(a.name);
    expect(b.machine.views()).toHaveLength(1);
  });

  it('active: the same where we delete the Child SA', () => {
    const { stage, a, named, cluster } = setUp({ ours: 0, theirs: 0, sends: 3, expects: 0 });
    stage.deleteChild(a);
    stage.gate.drop({ from: a, kind: 'request' });
    cluster.synchronize(named);
    stage.pass(a, 'request', 'D(ESP');
    stage.gate.passAll();
    stage.expectOneOfEach();
  });

  it.each(['Child SA', 'IKE SA'] as const)('active: the last member has replaced the %s, and nobody knows', (what) => {
    const { stage, a, b, named, cluster } = setUp({ ours: 0, theirs: 0, sends: 3, expects: 1 });
    if (what === 'Child SA') stage.rekeyChild(a);
    else stage.rekeyIke(a);
    stage.pass(a, 'request');
    stage.gate.drop({ from: b, kind: 'response' });
    stage.traffic.stop();
    cluster.synchronize(named);
    expect(stage.pass(a, 'request').exchange).toBe('CREATE_CHILD_SA');
    stage.pass(b, 'response', 'N(TEMPORARY_FAILURE)');
    expect(stage.pass(a, 'request').exchange).toBe('IKE_SA_INIT');
    stage.expectOneOfEach();
  });

  it('active: the answer of the last member comes after all, and counts no more', () => {
    const { stage, a, b, named, cluster } = setUp({ ours: 0, theirs: 0, sends: 3, expects: 5 });
    stage.deleteChild(a);
    stage.pass(a, 'request', 'D(ESP');
    const [late] = stage.gate.waiting.filter(({ from, kind }) => from === b && kind === 'response');
    if (late === undefined) return stage.pair.world.fail('no answer');
    cluster.failOver(named);
    cluster.ask(named);
    stage.pass(b, 'request', SYNC);
    stage.gate.passThis(late);
    cluster.takeAnswer();
    expect(stage.pass(a, 'request', 'D(ESP').messageId).toBe(named.expects);
    stage.gate.passAll();
    stage.expectOneOfEach();
  });
});

function rekey(stage: Stage, gateway: SimGateway, times = 1): void {
  for (let time = 0; time < times; time++) {
    stage.rekeyChild(gateway);
    stage.gate.passAll();
  }
}

/** Either end makes requests that the other one answers, and the tunnel has lived through it all. */
function expectBothCanAsk(stage: Stage, a: SimGateway, b: SimGateway): void {
  expect(stage.gate.waiting).toEqual([]);
  for (const gateway of [a, b]) {
    const said = stage.said({ from: gateway, kind: 'request' });
    rekey(stage, gateway);
    expect(stage.said({ from: gateway, kind: 'request' })).toBe(said + 2);
  }
  stage.expectOneOfEach();
  for (const gateway of [a, b]) expect(countEvents(gateway, 'ike.closed')).toBe(0);
}

function expectIgnored(stage: Stage, a: SimGateway, play: () => void): void {
  const before: MessageIds = messageIdsOf(a);
  play();
  expect(messageIdsOf(a)).toEqual(before);
  expect(stage.gate.waiting).toEqual([]);
}
