import { describe, expect, it } from 'vitest';
import { parsePrefix } from '../base/net.ts';
import { SECOND } from '../base/time.ts';
import { parseProposal } from '../sa/proposal.ts';
import { selectorFromPrefix, type TrafficSelector } from '../sa/traffic-selector.ts';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import type { TunnelPolicy } from './common/policy.ts';
import type { TestGateway } from './testing/gateway.ts';
import { connected, converse, type Pair } from './testing/pair.ts';

const REASON = { code: 'terminated', text: 'the configuration has changed' } as const;

function segments(...texts: string[]): TrafficSelector[] {
  return texts.map((text) => {
    const prefix = parsePrefix(text);
    if (prefix === undefined) throw new Error(text);
    return selectorFromPrefix(prefix);
  });
}

type Changes = Partial<Omit<TunnelPolicy, 'local' | 'remote'>> & { readonly theirs?: TrafficSelector[] };

/** Both ends at once, as if both operators had agreed on it: `theirs` are the segments behind the right. */
function policies({ theirs = segments('10.2.0.0/16'), ...changes }: Changes): Record<keyof Pair, TunnelPolicy> {
  const [left, right] = [tunnelPolicy(LEFT, RIGHT, changes), tunnelPolicy(RIGHT, LEFT, changes)];
  return {
    left: { ...left, remote: { ...left.remote, selectors: theirs } },
    right: { ...right, local: { ...right.local, selectors: theirs } },
  };
}

function up(changes: Changes): Pair {
  return connected(policies(changes));
}

function configure(both: Pair, changes: Changes, renamed?: ReadonlyMap<string, string>): void {
  const wanted = policies(changes);
  for (const side of ['left', 'right'] as const)
    both[side].command({
      kind: 'configure',
      tunnels: [wanted[side]],
      ...(renamed === undefined ? {} : { renamed }),
    });
}

function segmentsOf(gateway: TestGateway): string[] {
  return gateway.core.children().map(({ remoteSelectors }) => remoteSelectors.map(({ start }) => start).join(' '));
}

function spisOf(gateway: TestGateway): number[] {
  return gateway.core.children().map(({ inbound }) => inbound.spi);
}

/** In IKEv1 nothing confirms the last message of a Quick Mode: what it makes is used a little later. */
function settle(both: Pair): void {
  converse(both);
  for (const name of both.left.timerNames()) if (name.startsWith('quick-mode-')) both.left.fire(name);
  converse(both);
}

describe.each([1, 2] as const)('IKEv%i: new keys at once', (version) => {
  it('for the Child SA: another one takes over, with what is configured now', () => {
    const both = up({ version });
    const [before] = spisOf(both.left);
    const proposal = parseProposal('aes256-sha512', 'esp');
    if ('error' in proposal) throw new Error(proposal.error);
    configure(both, { version, childProposals: [proposal] });
    both.left.mono += 60 * SECOND;
    both.right.mono += 60 * SECOND;
    both.left.command({ kind: 'rekey', tunnel: 'net', what: 'child' });
    settle(both);
    expect(both.left.eventTypes()).toContain('child.rekeyed');
    const sending = both.left.core.children().filter(({ sends }) => sends);
    expect(sending.at(-1)).toMatchObject({ suite: { encryption: 'aes256' } });
    expect(sending.at(-1)?.inbound.spi).not.toBe(before);
    expect(both.left.eventTypes()).not.toContain('child.deleted');
    expect(both.left.core.views()).toHaveLength(1);
  });

  it('for the IKE SA: its Child SAs go on', () => {
    const both = up({ version });
    const [before] = both.left.core.views();
    const spis = spisOf(both.left);
    both.left.command({ kind: 'rekey', tunnel: 'net', what: 'ike' });
    converse(both);
    const established = both.left.core.views().filter(({ state }) => state === 'established');
    expect(established).toHaveLength(1);
    expect(established[0]?.initiatorSpi).not.toBe(before?.initiatorSpi);
    expect(spisOf(both.left)).toEqual(spis);
    expect(both.left.eventTypes()).not.toContain('child.deleted');
  });

  it('for a tunnel that is not there: nothing', () => {
    const both = up({ version });
    expect(both.left.command({ kind: 'rekey', tunnel: 'none', what: 'ike' })).toEqual([]);
  });
});

const TWO = segments('10.2.0.0/16', '10.3.0.0/16');

describe('segments that a tunnel no longer has', () => {
  it('go out of a Child SA of IKEv2 that goes on with the others, without a message', () => {
    const both = up({ theirs: TWO });
    const spis = spisOf(both.left);
    configure(both, {});
    both.left.command({ kind: 'prune', tunnel: 'net', reason: REASON });
    expect(both.left.outbox).toEqual([]);
    expect(segmentsOf(both.left)).toEqual(['10.2.0.0']);
    expect(spisOf(both.left)).toEqual(spis);
    const removed = both.left
      .steps('remove-policy')
      .map((step) => (step.kind === 'remove-policy' ? step.policy : undefined));
    const protecting = removed.filter((policy) => policy?.action === 'protect');
    expect(protecting.map((policy) => policy?.direction).toSorted()).toEqual(['fwd', 'in', 'out']);
    expect(both.left.steps('remove-route')).toMatchObject([{ route: { destination: { address: '10.3.0.0' } } }]);
  });

  it('stay out of it when it is rekeyed, be the peer told of it or not', () => {
    for (const told of [true, false]) {
      const both = up({ theirs: TWO });
      if (told) configure(both, {});
      else both.left.command({ kind: 'configure', tunnels: [policies({}).left] });
      both.left.command({ kind: 'prune', tunnel: 'net', reason: REASON });
      if (told) both.right.command({ kind: 'prune', tunnel: 'net', reason: REASON });
      both.left.command({ kind: 'rekey', tunnel: 'net', what: 'child' });
      converse(both);
      for (const one of [both.left, both.right]) one.endDrains();
      expect(segmentsOf(both.left)).toEqual(['10.2.0.0']);
      expect(both.left.core.children()).toMatchObject([{ state: 'installed', sends: true }]);
      // Who was not told cannot know that the new one carries what is left of the old one.
      for (const one of told ? [both.left, both.right] : [both.left])
        expect(one.reasonsOf('child.deleted').filter((code) => code !== 'replaced')).toEqual([]);
    }
  });

  it.each([
    ['IKEv1', { version: 1 }],
    ['IKEv2 with one pair each', { singlePairs: true }],
  ] as const)('end the Child SA that is for nothing else, at both ends: %s', (_, changes) => {
    const both = up({ ...changes, theirs: TWO });
    expect(segmentsOf(both.left).toSorted()).toEqual(['10.2.0.0', '10.3.0.0']);
    const kept = both.left.core.children().find(({ remoteSelectors }) => remoteSelectors[0]?.start === '10.2.0.0');
    both.left.command({ kind: 'configure', tunnels: [policies({ ...changes }).left] });
    both.left.command({ kind: 'prune', tunnel: 'net', reason: REASON });
    converse(both);
    expect(both.left.core.children()).toEqual([kept]);
    expect(both.right.core.children().filter(({ state }) => state !== 'deleting')).toHaveLength(1);
    expect(both.left.reasonsOf('child.deleted')).toEqual(['terminated']);
    expect(both.left.installedSas()).toBe(2);
  });

  it('are no longer asked for', () => {
    const both = up({ version: 1 });
    configure(both, { version: 1, theirs: TWO });
    both.left.hold = true;
    both.left.command({ kind: 'initiate', tunnel: 'net' });
    configure(both, { version: 1 });
    both.left.command({ kind: 'prune', tunnel: 'net', reason: REASON });
    both.left.hold = false;
    both.left.answerHeld();
    converse(both);
    expect(segmentsOf(both.right)).toHaveLength(1);
  });
});

describe.each([1, 2] as const)('IKEv%i: segments that a tunnel has besides', (version) => {
  it('get a Child SA of their own, and those that are there go on', () => {
    const both = up({ version });
    const spis = spisOf(both.left);
    configure(both, { version, theirs: TWO });
    both.left.initiate();
    converse(both);
    expect(segmentsOf(both.left)).toEqual(['10.2.0.0', '10.3.0.0']);
    expect(spisOf(both.left).slice(0, 1)).toEqual(spis);
    expect(both.left.eventTypes()).not.toContain('child.deleted');
  });
});

describe.each([1, 2] as const)('IKEv%i: a tunnel with another name', (version) => {
  const renamed = new Map([['net', 'home']]);

  it('goes on: nothing is sent, and its SAs are found under the new one', () => {
    const both = up({ version });
    const before = [both.left.core.views(), spisOf(both.left)];
    const installed = both.left.installedSas();
    configure(both, { version, name: 'home' }, renamed);
    expect([both.left.outbox, both.left.installedSas()]).toEqual([[], installed]);
    expect([both.left.core.views('home'), spisOf(both.left)]).toEqual([
      (before[0] as { tunnel: string }[]).map((view) => ({ ...view, tunnel: 'home' })),
      before[1],
    ]);
    expect(both.left.core.children('home')).toHaveLength(1);
    expect([both.left.core.views('net'), both.left.core.children('net')]).toEqual([[], []]);
  });

  it('is rekeyed, probed and ended as before', () => {
    const both = up({ version });
    configure(both, { version, name: 'home' }, renamed);
    both.left.mono += 60 * SECOND;
    both.right.mono += 60 * SECOND;
    both.left.fire('rekey-net#1');
    settle(both);
    expect(both.left.eventTypes()).toContain('child.rekeyed');
    both.left.command({ kind: 'rekey', tunnel: 'home', what: 'ike' });
    converse(both);
    expect(both.left.core.children('home').filter(({ state }) => state === 'installed')).toHaveLength(1);
    both.left.terminate('home');
    converse(both);
    for (const one of [both.left, both.right]) {
      one.endDrains();
      expect(one.core.children()).toEqual([]);
      expect(one.installedSas()).toBe(0);
    }
  });

  it('in the middle of what is under way', () => {
    const both = up({ version });
    both.left.mono += 60 * SECOND;
    both.right.mono += 60 * SECOND;
    both.left.hold = true;
    both.left.fire('rekey-net#1');
    configure(both, { version, name: 'home' }, renamed);
    both.left.hold = false;
    both.left.answerHeld();
    settle(both);
    expect(both.left.events).toContainEqual(expect.objectContaining({ type: 'child.rekeyed', tunnel: 'home' }));
    expect(both.left.core.children('net')).toEqual([]);
    expect(JSON.stringify([...both.left.core.snapshot().ikeSas.values()])).not.toContain('"tunnel":"net"');
  });

  it('also with two that change names', () => {
    const both = up({ version });
    const other = { ...policies({ version, name: 'other' }).left, remote: policies({ version }).left.remote };
    both.left.command({ kind: 'configure', tunnels: [policies({ version }).left, other] });
    const swap = new Map([
      ['net', 'other'],
      ['other', 'net'],
    ]);
    both.left.command({
      kind: 'configure',
      tunnels: [policies({ version, name: 'other' }).left, { ...other, name: 'net' }],
      renamed: swap,
    });
    expect(both.left.core.children('other')).toHaveLength(1);
    expect(both.left.core.children('net')).toEqual([]);
  });
});

describe('a command that gives a tunnel of IKEv2 new keys', () => {
  it.each(['ike', 'child'] as const)('begins nothing of IKEv1 (%s)', (what) => {
    const both = up({ version: 2 });
    const before = both.left.events.length;
    both.left.command({ kind: 'rekey', tunnel: 'net', what });
    // The window has room for one.
    expect(both.left.outbox).toHaveLength(1);
    converse(both);
    const types = both.left.events.slice(before).map(({ type }) => type);
    expect(types).not.toContain('ike.initiated');
    expect(types).not.toContain('ike.failed');
    expect(types).toContain(what === 'ike' ? 'ike.rekeyed' : 'child.rekeyed');
  });
});

describe('liveness checks that are turned off in place', () => {
  it.each([1, 2] as const)('ask nobody any more (IKEv%i)', (version) => {
    const dpd = { delay: 8 * SECOND, timeout: 13 * SECOND, action: 'restart' } as const;
    const asks = (off: boolean) => {
      const both = up({ version, dpd });
      settle(both);
      if (off) configure(both, { version, dpd: { ...dpd, delay: 0 } });
      both.left.mono += 8 * SECOND;
      both.left.fire('liveness');
      return both.left.take().length;
    };
    expect([asks(false), asks(true)]).toEqual([1, 0]);
  });
});
