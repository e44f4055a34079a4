import { describe, expect, it } from 'vitest';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import type { CoreCommand } from './common/input.ts';
import { read, type TestGateway } from './testing/gateway.ts';
import { connectedV1 } from './testing/ikev1.ts';
import { connected, converse, deliver, type Pair } from './testing/pair.ts';

/** Two pairs of segments, each with a Child SA of its own. */
const WIDE = { ...RIGHT, segments: [...RIGHT.segments, { address: '10.3.0.0', length: 16 }] } as const;
const SEGMENTS = {
  left: { remote: tunnelPolicy(LEFT, WIDE).remote },
  right: { local: tunnelPolicy(WIDE, LEFT).local },
};
const TWO_PAIRS = {
  left: { ...SEGMENTS.left, singlePairs: true },
  right: { ...SEGMENTS.right, singlePairs: true },
};

const ENDED = { code: 'terminated', text: 'asked to' } as const;

function childOf(gateway: TestGateway, index = 0): string {
  const child = gateway.core.children()[index];
  if (child === undefined) throw new Error('no such Child SA');
  return child.id;
}

function act(gateway: TestGateway, kind: 'rekey-child' | 'end-child', child = childOf(gateway)): void {
  const named = { tunnel: 'net', child } as const;
  gateway.command(kind === 'end-child' ? { kind, ...named, reason: ENDED } : { kind, ...named });
}

function actOnIke(gateway: TestGateway, what: { readonly anew: boolean } | { readonly atOnce: boolean }): void {
  const ikeSa = gateway.core.views()[0]?.id ?? 0;
  const command: CoreCommand =
    'anew' in what ? { kind: 'rekey-ike', ikeSa, ...what } : { kind: 'end-ike', ikeSa, reason: ENDED, ...what };
  gateway.command(command);
}

function connectedTwice(): Pair {
  const both = connected(TWO_PAIRS);
  if (both.left.core.children().length < 2) both.left.initiate();
  converse(both);
  return both;
}

/** Nothing of a Child SA is left at either end, and the IKE SA stands. */
function expectBare({ left, right }: Pair): void {
  for (const gateway of [left, right]) {
    gateway.endDrains();
    expect(gateway.views()).toMatchObject([{ state: 'established', children: [] }]);
    expect(gateway.core.children()).toEqual([]);
    expect(gateway.installedSas()).toBe(0);
  }
}

describe('one Child SA of IKEv2', () => {
  it('is rekeyed alone, where the tunnel has another', () => {
    const both = connectedTwice();
    expect(both.left.core.children()).toHaveLength(2);
    const [first, second] = both.left.core.children().map(({ id }) => id);
    act(both.left, 'rekey-child', second);
    converse(both);
    both.left.endDrains();
    const after = both.left.core.children().map(({ id }) => id);
    expect(after).toContain(first);
    expect(after).not.toContain(second);
    expect(after).toHaveLength(2);
    expect(both.left.eventTypes().filter((type) => type === 'child.rekeyed')).toHaveLength(1);
  });

  it('is deleted alone, at both ends, and the IKE SA stays with the other', () => {
    const both = connectedTwice();
    const [first, second] = both.left.core.children();
    act(both.left, 'end-child', second?.id);
    const sent = both.left.takeOne();
    expect(read(both.left, sent)).toEqual([{ type: 'D', protocol: 3, spis: [expect.any(Uint8Array)] }]);
    both.right.receive(sent);
    // RFC 7296 §1.4.1: the answer names the other half.
    expect(read(both.right, deliver(both.right, both.left)[0] ?? sent)).toMatchObject([{ type: 'D', protocol: 3 }]);
    converse(both);
    for (const { core } of [both.left, both.right]) expect(core.children()).toHaveLength(1);
    expect(both.left.core.children()[0]?.id).toBe(first?.id);
    expect(both.left.reasonsOf('child.deleted')).toEqual(['terminated']);
    expect(both.right.reasonsOf('child.deleted')).toEqual(['peer-closed']);
  });

  it('is deleted as the last one, and the IKE SA stays without any', () => {
    const both = connected();
    act(both.left, 'end-child');
    converse(both);
    expectBare(both);
  });

  it('is gone for good where it is deleted while its own rekeying is under way', () => {
    const both = connected();
    act(both.left, 'rekey-child');
    act(both.left, 'end-child');
    converse(both);
    expectBare(both);
    expect(both.left.eventTypes()).not.toContain('child.rekeyed');
  });

  it('is gone for good where its rekeying waits in line', () => {
    const both = connected();
    both.left.command({ kind: 'rekey', tunnel: 'net', what: 'ike' });
    act(both.left, 'rekey-child');
    act(both.left, 'end-child');
    converse(both);
    for (const gateway of [both.left, both.right]) {
      expect(gateway.core.children()).toEqual([]);
      expect(gateway.installedSas()).toBe(0);
    }
  });

  it('is gone for good where the refusal of its rekeying comes after that', () => {
    const both = connected();
    act(both.left, 'rekey-child');
    // RFC 7296 §2.25.1: the other end is deleting it, too.
    act(both.right, 'end-child');
    act(both.left, 'end-child');
    converse(both);
    expectBare(both);
    expect(both.left.eventTypes()).not.toContain('child.failed');
  });

  it("is gone for good where the peer's rekeying of it crosses the Delete (RFC 7296 §2.25.1)", () => {
    const both = connected();
    act(both.right, 'rekey-child');
    const request = both.right.takeOne();
    act(both.left, 'end-child');
    const remove = both.left.takeOne();
    both.left.receive(request);
    expect(read(both.left, both.left.outbox[0] ?? remove)).toMatchObject([{ type: 'N', notify: 43 }]);
    both.right.receive(remove);
    converse(both);
    expectBare(both);
    // It asks once more, finds that there is nothing to replace, and says nothing.
    both.right.fire('retry');
    expect(both.right.outbox).toEqual([]);
  });

  it('takes along what the peer has just made in its place', () => {
    const both = connected();
    act(both.right, 'rekey-child');
    deliver(both.right, both.left);
    // Ours has answered, and sends through the old one until the peer deletes that.
    expect(both.left.core.children().map(({ state }) => state)).toEqual(['rekeying', 'installing']);
    act(both.left, 'end-child');
    converse(both);
    expectBare(both);
  });

  it('takes along the successor where both ends rekey it and one ends it', () => {
    const both = connected();
    act(both.left, 'rekey-child');
    act(both.right, 'rekey-child');
    const [ours, theirs] = [both.left.takeOne(), both.right.takeOne()];
    both.left.receive(theirs);
    act(both.left, 'end-child');
    both.right.receive(ours);
    converse(both);
    both.left.endDrains();
    expect(both.left.core.children()).toEqual([]);
    expect(both.left.installedSas()).toBe(0);
  });

  it('ends its successor where that has taken over while it waited', () => {
    const both = connected();
    const child = childOf(both.left);
    act(both.left, 'rekey-child');
    deliver(both.left, both.right);
    both.left.hold = true;
    deliver(both.right, both.left);
    act(both.left, 'end-child', child);
    both.left.hold = false;
    both.left.answerHeld();
    converse(both);
    expectBare(both);
  });

  it('goes as both ends want it at once, and neither answers with what it deletes itself', () => {
    const both = connected();
    act(both.left, 'end-child');
    act(both.right, 'end-child');
    deliver(both.left, both.right);
    const answer = both.right.outbox.at(-1);
    if (answer === undefined) throw new Error('no answer');
    expect(read(both.right, answer)).toEqual([]);
    converse(both);
    expectBare(both);
  });

  it('is not touched by a command for one that is gone', () => {
    const both = connected();
    act(both.left, 'end-child', 'net#99');
    act(both.left, 'rekey-child', 'net#99');
    expect(both.left.outbox).toEqual([]);
    expect(both.left.views()).toMatchObject([{ children: [{ state: 'installed' }] }]);
  });
});

describe('one IKE SA of IKEv2', () => {
  it('ends with its Child SAs when the peer has answered', () => {
    const both = connected();
    actOnIke(both.left, { atOnce: false });
    expect(both.left.core.children()).toEqual([]);
    expect(both.left.views()).toMatchObject([{ state: 'deleting' }]);
    converse(both);
    expect([...both.left.views(), ...both.right.views()]).toEqual([]);
    expect(both.left.reasonsOf('ike.closed')).toEqual(['terminated']);
  });

  it('ends at once where nobody waits for the peer, which is told all the same', () => {
    const both = connected();
    actOnIke(both.left, { atOnce: true });
    expect(both.left.views()).toEqual([]);
    expect(both.left.installedSas()).toBe(0);
    converse(both);
    expect(both.right.views()).toEqual([]);
  });

  it('ends at once where it waits for the peer already', () => {
    const both = connected();
    actOnIke(both.left, { atOnce: false });
    both.left.take();
    actOnIke(both.left, { atOnce: true });
    expect(both.left.views()).toEqual([]);
    expect(both.left.outbox).toEqual([]);
  });

  it('is rekeyed', () => {
    const both = connected();
    actOnIke(both.left, { anew: false });
    converse(both);
    expect(both.left.eventTypes()).toContain('ike.rekeyed');
    expect(both.left.eventTypes().filter((type) => type === 'ike.established')).toHaveLength(1);
  });

  it.each(['left', 'right'] as const)('authenticates anew, without a gap, where %s of both wants it', (side) => {
    const both = connected({ right: { start: 'respond' } });
    const before = both[side].core.views()[0]?.id;
    actOnIke(both[side], { anew: true });
    expect(both[side].core.children()[0]?.state).toBe('installed');
    converse(both);
    expect(both[side].eventTypes().filter((type) => type === 'ike.established')).toHaveLength(2);
    expect(both[side].core.views().at(-1)).toMatchObject({ state: 'established', role: 'initiator' });
    expect(both[side].core.views().at(-1)?.id).not.toBe(before);
  });
});

describe('one Child SA of IKEv1', () => {
  const mode = 'main';

  it('is rekeyed alone, where the tunnel has another', () => {
    const both = connectedV1(mode, SEGMENTS);
    expect(both.left.core.children()).toHaveLength(2);
    both.left.mono += 60_000;
    both.right.mono += 60_000;
    act(both.left, 'rekey-child', childOf(both.left, 1));
    converse(both);
    expect(both.left.core.children()).toHaveLength(3);
    expect(both.left.core.children()[0]?.state).toBe('installed');
  });

  it('is deleted alone, at both ends', () => {
    const both = connectedV1(mode, SEGMENTS);
    const [first, second] = both.left.core.children();
    act(both.left, 'end-child', second?.id);
    converse(both);
    expect(both.left.core.children().map(({ id }) => id)).toEqual([first?.id]);
    expect(both.right.core.children()).toHaveLength(1);
    expect(both.left.installedSas()).toBe(2);
    expect(both.right.installedSas()).toBe(2);
    expect(both.left.reasonsOf('child.deleted')).toEqual(['terminated']);
  });

  it('takes along what is on its way to replace it', () => {
    const both = connectedV1(mode);
    both.left.mono += 60_000;
    both.right.mono += 60_000;
    act(both.left, 'rekey-child');
    expect(both.left.outbox).toHaveLength(1);
    act(both.left, 'end-child');
    converse(both);
    expect(both.left.core.children()).toEqual([]);
    expect(both.left.installedSas()).toBe(0);
  });

  it('takes along what it has superseded', () => {
    const both = connectedV1(mode);
    both.left.mono += 60_000;
    both.right.mono += 60_000;
    act(both.left, 'rekey-child');
    converse(both);
    both.left.fire(quickModeTimer(both.left));
    converse(both);
    expect(both.left.core.children().map(({ state }) => state)).toEqual(['rekeyed', 'installed']);
    act(both.left, 'end-child', childOf(both.left, 1));
    converse(both);
    for (const gateway of [both.left, both.right]) {
      expect(gateway.core.children()).toEqual([]);
      expect(gateway.installedSas()).toBe(0);
      expect(gateway.core.views()).toMatchObject([{ state: 'established' }]);
    }
  });

  it("takes along what the peer's Quick Mode is about to make in its place", () => {
    const both = connectedV1(mode);
    both.left.mono += 60_000;
    both.right.mono += 60_000;
    act(both.right, 'rekey-child');
    deliver(both.right, both.left);
    expect(both.left.core.children().map(({ state }) => state)).toEqual(['installed', 'installing']);
    act(both.left, 'end-child');
    converse(both);
    for (const gateway of [both.left, both.right]) {
      expect(gateway.core.children()).toEqual([]);
      expect(gateway.installedSas()).toBe(0);
    }
  });
});

describe('one IKE SA of IKEv1', () => {
  it('ends with all Child SAs of its tunnel', () => {
    const both = connectedV1('main', SEGMENTS);
    actOnIke(both.left, { atOnce: false });
    expect(both.left.views()).toEqual([]);
    expect(both.left.core.children()).toEqual([]);
    converse(both);
    expect(both.right.core.children()).toEqual([]);
    expect(both.right.core.views()).toEqual([]);
  });

  it('gets a new one in its place', () => {
    const both = connectedV1('main');
    actOnIke(both.left, { anew: true });
    converse(both);
    expect(both.left.eventTypes()).toContain('ike.rekeyed');
    expect(both.left.core.children()).toHaveLength(1);
  });
});

function quickModeTimer(gateway: TestGateway): string {
  const name = gateway.timerNames().findLast((one) => one.startsWith('quick-mode-'));
  if (name === undefined) throw new Error('no Quick Mode waits');
  return name;
}
