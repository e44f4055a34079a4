import { describe, expect, it } from 'vitest';
import { CHEAP_ESP, LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { forge, TestGateway } from './testing/gateway.ts';
import { converse, deliver, type Pair } from './testing/pair.ts';
import {
  carried,
  expectAgreed,
  HOSTILE,
  NAMES,
  OTHER_KEY,
  PPK,
  SEGMENTS,
  shared,
  sharing,
  tunnelOf,
  withSegments,
} from './testing/sharing.ts';
import { deleteChildren } from './v2/deletes.ts';

function expectAllUp(both: Pair): void {
  expectAgreed(both);
  expect(carried(both.right)).toEqual(['t1 10.2.0.0/24', 't2 10.2.1.0/24', 't3 10.2.2.0/24']);
  const inUse = both.right.views().filter(({ state }) => state === 'established');
  expect(inUse.map(({ children }) => children.length)).toEqual([3]);
}

/** The peer says that it no longer has the Child SA of that tunnel. */
function deleteByPeer({ left, right }: Pair, tunnel: string): void {
  const [child] = right.core.children(tunnel);
  const payloads = [deleteChildren('esp', [child?.outbound.spi ?? 0])];
  right.receive(forge(left, { exchange: 'INFORMATIONAL', messageId: left.ikeSa().nextRequestId, payloads }));
  right.take();
}

describe('IKEv2: several tunnels to one peer over one IKE SA', () => {
  it('each Child SA is that of the tunnel whose segments the peer asks for', () => {
    const both = shared();
    expectAllUp(both);
    expect(both.right.reasonsOf('child.failed')).toEqual([]);
    for (const name of NAMES)
      expect(both.right.core.views(name)).toMatchObject([{ tunnel: 't1', state: 'established' }]);
  });

  it('each has the proposals and the lifetime of its tunnel', () => {
    const childProposals = [{ ...CHEAP_ESP, encryption: ['aes256'] as const }];
    const right = [tunnelOf(0), tunnelOf(1, { childProposals }), tunnelOf(2)];
    const both = shared({ right, left: { childProposals: [CHEAP_ESP, ...childProposals] } });
    expectAllUp(both);
    expect(both.right.core.children('t2')[0]?.suite.encryption).toBe('aes256');
    expect(both.right.core.children('t3')[0]?.suite.encryption).toBe('aes128');
  });

  it('a refusal is told of the tunnel that was meant', () => {
    const childProposals = [{ ...CHEAP_ESP, encryption: ['aes256'] as const }];
    const { right } = shared({ right: [tunnelOf(0), tunnelOf(1, { childProposals }), tunnelOf(2)] });
    const failed = right.events.flatMap((event) => (event.type === 'child.failed' ? [event] : []));
    expect(failed).toMatchObject([{ tunnel: 't2', reason: { code: 'no-proposal-chosen' } }]);
    expect(carried(right)).toEqual(['t1 10.2.0.0/24', 't3 10.2.2.0/24']);
  });

  it('goes on from a snapshot', () => {
    const { left, right } = shared();
    const restored = new TestGateway(RIGHT.address, { seed: 3, tunnels: right.tunnels, state: right.core.snapshot() });
    left.fire('rekey-net#2');
    converse({ left, right: restored });
    expect(carried(restored)).toEqual(['t1 10.2.0.0/24', 't2 10.2.1.0/24', 't3 10.2.2.0/24']);
    expect(restored.events).toContainEqual(expect.objectContaining({ type: 'child.rekeyed', tunnel: 't2' }));
  });

  it.each(['left', 'right'] as const)('the %s side rekeys the IKE SA: all Child SAs move', (side) => {
    const both = shared();
    const before = both.right.core.children().map(({ id }) => id);
    both[side].fire('rekey');
    converse(both);
    expectAllUp(both);
    expect(both.right.core.children().map(({ id }) => id)).toEqual(before);
    both.right.fire('rekey-t3#3');
    converse(both);
    expectAllUp(both);
  });

  it.each(['left', 'right'] as const)(
    'the %s side rekeys each Child SA: the successor is of the same tunnel',
    (side) => {
      const both = shared();
      for (const { id } of both[side].core.children()) {
        both[side].fire(`rekey-${id}`);
        converse(both);
      }
      expectAllUp(both);
      const rekeyed = both.right.events.flatMap((event) => (event.type === 'child.rekeyed' ? [event.tunnel] : []));
      expect(rekeyed).toEqual(NAMES);
    },
  );

  it('both ends rekey one at once', () => {
    const both = shared();
    both.left.fire('rekey-net#2');
    both.right.fire('rekey-t2#2');
    converse(both);
    expectAllUp(both);
  });

  it.each(NAMES)('%s is taken down: the others stay, and are rekeyed', (name) => {
    const both = shared();
    both.right.terminate(name);
    converse(both);
    expectAgreed(both);
    expect(new Set(both.right.core.children().map(({ tunnel }) => tunnel))).toEqual(
      new Set(NAMES.filter((other) => other !== name)),
    );
    expect(both.right.core.views(name)).toEqual([]);
    both.right.fire('rekey');
    converse(both);
    expectAgreed(both);
    expect(both.right.core.children()).toHaveLength(2);
  });

  it('all are taken down, one after the other: nothing is left at either end', () => {
    const both = shared();
    for (const name of NAMES) both.right.terminate(name);
    converse(both);
    for (const one of [both.left, both.right]) {
      expect(one.views()).toEqual([]);
      expect(one.core.children()).toEqual([]);
      expect(one.installedSas()).toBe(0);
    }
  });

  it('one is taken down while its Child SA is being rekeyed by us: that of the peer goes too', () => {
    const both = shared();
    both.right.fire('rekey-t2#2');
    deliver(both.right, both.left);
    both.right.command({ kind: 'admit', tunnel: 't2', admit: false });
    both.right.terminate('t2');
    converse(both);
    expectAgreed(both);
    expect(carried(both.right)).toEqual(['t1 10.2.0.0/24', 't3 10.2.2.0/24']);
  });

  it('the IKE SA ends: every tunnel hears of it', () => {
    const both = shared();
    both.left.terminate();
    converse(both);
    const deleted = both.right.events.flatMap((event) => (event.type === 'child.deleted' ? [event.tunnel] : []));
    expect(deleted).toEqual(NAMES);
    expect(both.right.views()).toEqual([]);
  });

  it('one that was taken down by us has an IKE SA of its own when it comes back; the shared one stays', () => {
    const both = shared();
    const others = [
      tunnelPolicy(LEFT, withSegments(...SEGMENTS.slice(1, 2)), { name: 'own' }),
      tunnelPolicy(LEFT, RIGHT, { name: 'x' }),
    ];
    const left = new TestGateway(LEFT.address, { seed: 7, tunnels: others });
    both.right.mono += 60_000;
    left.initiate('own');
    converse({ left, right: both.right });
    // Neither replaces the other, however often the old one is looked at.
    expect(both.right.views().map(({ tunnel, state, children }) => [tunnel, state, children.length])).toEqual([
      ['t1', 'established', 3],
      ['t2', 'established', 1],
    ]);
    expect(both.right.timerNames()).not.toContain('superfluous');
    expect(both.right.reasonsOf('ike.closed')).toEqual([]);
  });

  it('the peer deletes the Child SA of one that should be up: it is asked for by the IKE SA that is there', () => {
    const both = shared();
    deleteByPeer(both, 't2');
    both.right.initiate('t2');
    converse(both);
    expect(carried(both.right)).toEqual(['t1 10.2.0.0/24', 't2 10.2.1.0/24', 't3 10.2.2.0/24']);
    expect(both.right.views()).toHaveLength(1);
  });

  it('and where the peer refuses it there, by one of its own', () => {
    const both = shared();
    deleteByPeer(both, 't2');
    const own = tunnelPolicy(LEFT, withSegments(...SEGMENTS.filter((_, n) => n !== 1)), { singlePairs: true });
    both.left.command({ kind: 'configure', tunnels: [own] });
    both.right.initiate('t2');
    for (let message = 0; message < 2; message++) {
      deliver(both.right, both.left);
      deliver(both.left, both.right);
    }
    expect(both.right.core.views('t2')).toMatchObject([{ tunnel: 't2', state: 'connecting', role: 'initiator' }]);
    expect(both.right.reasonsOf('child.failed')).toEqual([]);
    expect(carried(both.right)).toEqual(['t1 10.2.0.0/24', 't3 10.2.2.0/24']);
  });

  it('we start one after the other: the later ones go by the IKE SA that is there', () => {
    const own = SEGMENTS.map((segment, n) => tunnelPolicy(LEFT, withSegments(segment), { name: NAMES[n] ?? '' }));
    const both = { ...sharing(), left: new TestGateway(LEFT.address, { seed: 1, tunnels: own }) };
    for (const name of NAMES) {
      both.left.initiate(name);
      converse(both);
    }
    expectAllUp(both);
    expect(both.left.views()).toHaveLength(1);
  });

  it('we start all at once: each has an IKE SA of its own, and one that is lost comes back by another', () => {
    const own = SEGMENTS.map((segment, n) => tunnelPolicy(LEFT, withSegments(segment), { name: NAMES[n] ?? '' }));
    const both = { ...sharing(), left: new TestGateway(LEFT.address, { seed: 1, tunnels: own }) };
    for (const name of NAMES) both.left.initiate(name);
    converse(both);
    expect(both.left.views()).toHaveLength(3);
    both.right.terminate('t1');
    converse(both);
    both.left.initiate('t1');
    converse(both);
    expectAgreed(both);
    expect(carried(both.right)).toEqual(['t1 10.2.0.0/24', 't2 10.2.1.0/24', 't3 10.2.2.0/24']);
    expect(both.left.views()).toHaveLength(2);
  });

  it('we reauthenticate: each gets an IKE SA of its own, and the shared one ends with the last', () => {
    const both = shared({ right: SEGMENTS.map((_, n) => tunnelOf(n, { reauthenticate: true })) });
    both.right.fire('rekey');
    converse(both);
    for (const one of [both.left, both.right]) one.endDrains();
    const inUse = both.right.views().filter(({ state }) => state === 'established');
    expect(inUse.map(({ tunnel, children }) => [tunnel, children.length])).toEqual(NAMES.map((name) => [name, 1]));
    expect(both.right.views()).toHaveLength(3);
  });

  it('the peer reauthenticates: all of them go over to its new IKE SA', () => {
    const both = shared({ left: { reauthenticate: true } });
    both.left.fire('rekey');
    converse(both);
    expectAllUp(both);
    expect(both.right.views()).toHaveLength(1);
  });

  it('the peer has started anew (INITIAL_CONTACT): all of what there was is gone', () => {
    const { left, right } = shared();
    const again = left.restarted(9);
    right.mono += 60_000;
    again.initiate();
    converse({ left: again, right });
    expectAllUp({ left: again, right });
    expect(right.reasonsOf('ike.closed')).toEqual(['replaced']);
  });

  it('what fits no tunnel as a whole is narrowed to one', () => {
    const both = sharing({ left: { singlePairs: false } });
    both.left.initiate();
    converse(both);
    // The rest is asked for one by one.
    both.left.initiate();
    converse(both);
    expectAllUp(both);
  });

  it('of several that could have a part, it is the one with the packet that has caused the request', () => {
    const both = sharing({ left: { singlePairs: false } });
    const at = (address: string) => ({ protocol: 0, startPort: 0, endPort: 65535, start: address, end: address });
    const packet = { source: at('10.1.0.5'), destination: at('10.2.1.9') };
    both.left.command({ kind: 'initiate', tunnel: 'net', packet });
    converse(both);
    expect(both.right.views()[0]?.tunnel).toBe('t2');
  });
});

describe('W3: who is the peer of one tunnel gets none of another one that asks for more, or for other proof', () => {
  const OF_IKEV2: typeof HOSTILE = [
    ['a post-quantum key', { ppk: PPK }],
    ['the other version', { version: 1, mobike: false }],
    ['no leave to move', { mobike: false }],
    ['ESP in UDP on every path', { encapsulation: 'udp' }],
  ];

  it.each([...HOSTILE, ...OF_IKEV2])('%s', (_, changes) => {
    const both = shared({ right: [tunnelOf(0), tunnelOf(1, changes), tunnelOf(2)] });
    expect(carried(both.right)).toEqual(['t1 10.2.0.0/24', 't3 10.2.2.0/24']);
    expect(both.left.reasonsOf('child.failed')).toContain('traffic-selectors-unacceptable');
    expectAgreed(both);
  });

  it('the operator reads what is in the way, and the peer does not', () => {
    const { right } = shared({ right: [tunnelOf(0), tunnelOf(1, { psk: OTHER_KEY }), tunnelOf(2)] });
    const texts = right.events.flatMap((event) => (event.type === 'child.failed' ? [event.reason.text] : []));
    expect(texts[0]).toMatch(/; tunnel t2 has these segments, and has another pre-shared key than t1$/);
  });

  it('a tunnel that the operator has taken down', () => {
    const both = sharing();
    both.right.command({ kind: 'admit', tunnel: 't2', admit: false });
    both.left.initiate();
    converse(both);
    expect(carried(both.right)).toEqual(['t1 10.2.0.0/24', 't3 10.2.2.0/24']);
    const texts = both.right.events.flatMap((event) => (event.type === 'child.failed' ? [event.reason.text] : []));
    expect(texts[0]).toMatch(/; tunnel t2 has these segments, and is taken down$/);
  });

  it('a tunnel that is not configured', () => {
    const both = shared({ right: [tunnelOf(0), tunnelOf(2)] });
    expect(carried(both.right)).toEqual(['t1 10.2.0.0/24', 't3 10.2.2.0/24']);
  });

  it('it is changed while the Child SA is being made: what was agreed comes to nothing', () => {
    const both = shared({ right: [tunnelOf(0), tunnelOf(2)] });
    const { left, right } = both;
    right.command({ kind: 'configure', tunnels: SEGMENTS.map((_, n) => tunnelOf(n)) });
    left.initiate();
    right.hold = true;
    deliver(left, right);
    right.command({ kind: 'configure', tunnels: [tunnelOf(0), tunnelOf(1, { psk: OTHER_KEY }), tunnelOf(2)] });
    right.hold = false;
    right.answerHeld();
    converse(both);
    expect(carried(right)).toEqual(['t1 10.2.0.0/24', 't3 10.2.2.0/24']);
  });

  it('it is changed afterwards: its Child SA is not rekeyed any more', () => {
    const both = shared();
    both.right.command({ kind: 'configure', tunnels: [tunnelOf(0), tunnelOf(1, { psk: OTHER_KEY }), tunnelOf(2)] });
    const before = both.right.core.children('t2').map(({ inbound }) => inbound.spi);
    both.left.fire('rekey-net#2');
    converse(both);
    const now = both.right.core.children('t2').map(({ inbound }) => inbound.spi);
    expect(now.filter((spi) => !before.includes(spi))).toEqual([]);
  });
});
