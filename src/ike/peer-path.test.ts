import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../base/net.ts';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { forge, TestGateway } from './testing/gateway.ts';
import { type Pair, pair } from './testing/pair.ts';

const AT_500 = { address: LEFT.address, port: 500 };
const OUTSIDE = { address: '203.0.113.1', port: 61_000 };
const ELSEWHERE = { address: '203.0.113.2', port: 62_000 };

/**
 * `left` behind a translator that shows it as OUTSIDE. What it calls `called` is the address of `right`, or what
 * another translator forwards to it.
 */
function natted(called = RIGHT.address): Pair {
  const left = new TestGateway(LEFT.address, {
    seed: 1,
    tunnels: [tunnelPolicy(LEFT, { ...RIGHT, publicAddress: called }, { mobike: false })],
  });
  const right = new TestGateway(RIGHT.address, {
    seed: 2,
    tunnels: [
      tunnelPolicy({ ...RIGHT, publicAddress: called }, LEFT, {
        remote: { ...tunnelPolicy(RIGHT, LEFT).remote, address: { kind: 'any' } },
      }),
    ],
  });
  const pass = (from: Endpoint) => {
    const request = left.takeOne();
    right.receive({ ...request, from, to: { ...request.to, address: RIGHT.address } });
    left.receive({ ...right.takeOne(), from: request.to, to: request.from });
  };
  left.initiate();
  // IKE_SA_INIT -->, <-- IKE_SA_INIT
  pass({ ...OUTSIDE, port: 60_999 });
  // IKE_AUTH -->, <-- IKE_AUTH, between the ports 4500
  pass(OUTSIDE);
  return { left, right };
}

function probeFrom(left: TestGateway, messageId = 2) {
  return forge(left, { exchange: 'INFORMATIONAL', messageId, payloads: [] });
}

/** Without MOBIKE, which has a way of its own (mobike.test.ts). */
describe('a peer behind a NAT (RFC 7296 §2.23)', () => {
  it('is followed to where its new authentic message came from, with its Child SA; the answer goes there too', () => {
    const { left, right } = natted();
    expect(right.views()[0]).toMatchObject({ remote: OUTSIDE, nat: { remote: true, local: false } });
    right.receive({ ...probeFrom(left), from: ELSEWHERE });
    expect(right.takeOne().to).toEqual(ELSEWHERE);
    expect(right.views()[0]).toMatchObject({ remote: ELSEWHERE });
    expect(right.steps('move-sa')).toHaveLength(2);
    expect(right.eventTypes()).toContain('peer.moved');
  });

  it('U3: is not followed by a replay, nor by what is not authentic', () => {
    const { left, right } = natted();
    const probe = probeFrom(left);
    right.receive({ ...probe, from: OUTSIDE });
    right.take();
    right.receive({ ...probe, from: ELSEWHERE });
    const forged = probeFrom(left, 3);
    const last = forged.datagram.length - 1;
    right.receive({
      ...forged,
      datagram: forged.datagram.with(last, (forged.datagram[last] ?? 0) ^ 1),
      from: ELSEWHERE,
    });
    expect(right.views()[0]).toMatchObject({ remote: OUTSIDE });
    expect(right.steps('move-sa')).toEqual([]);
  });

  it('is followed by its ESP packets, as the kernel reports them', () => {
    const { right } = natted();
    const sa = right.views()[0]?.children[0]?.inbound;
    if (sa === undefined) throw new Error('no Child SA');
    right.input({ kind: 'dataplane.event', event: { kind: 'mapping', sa, from: ELSEWHERE } });
    expect(right.views()[0]).toMatchObject({ remote: ELSEWHERE });
    expect(right.steps('move-sa')).toHaveLength(2);
    right.input({ kind: 'dataplane.event', event: { kind: 'mapping', sa, from: ELSEWHERE } });
    right.input({ kind: 'dataplane.event', event: { kind: 'mapping', sa: { ...sa, spi: 7 }, from: OUTSIDE } });
    expect(right.steps('move-sa')).toHaveLength(2);
  });

  it('is followed once the kernel has answered, however often it reported the packets meanwhile', () => {
    const { right } = natted();
    const sa = right.views()[0]?.children[0]?.inbound;
    if (sa === undefined) throw new Error('no Child SA');
    right.hold = true;
    right.fire('liveness');
    for (let n = 0; n < 100; n++)
      right.input({ kind: 'dataplane.event', event: { kind: 'mapping', sa, from: ELSEWHERE } });
    expect(right.ikeSa().queue).toHaveLength(1);
    right.hold = false;
    right.answerHeld();
    expect(right.views()[0]).toMatchObject({ remote: ELSEWHERE });
  });

  it('does not follow us: behind the NAT is who must not move', () => {
    const { left, right } = natted();
    const before = left.views()[0]?.remote;
    const to = { address: LEFT.address, port: 4500 };
    left.receive({ ...forge(right, { exchange: 'INFORMATIONAL', messageId: 0, payloads: [] }), from: ELSEWHERE, to });
    expect(left.takeOne().to).toEqual(ELSEWHERE);
    expect(left.views()[0]?.remote).toEqual(before);
  });
});

describe('a peer that is not behind a NAT', () => {
  it('stays where it is, though its message came from elsewhere and is answered there', () => {
    const both = pair({ left: { mobike: false } });
    both.left.initiate();
    for (let turn = 0; turn < 2; turn++) {
      both.right.receive(both.left.takeOne());
      both.left.receive(both.right.takeOne());
    }
    both.right.receive({ ...probeFrom(both.left), from: ELSEWHERE });
    expect(both.right.takeOne().to).toEqual(ELSEWHERE);
    expect(both.right.views()[0]).toMatchObject({ remote: AT_500 });
    const sa = both.right.views()[0]?.children[0]?.inbound;
    if (sa === undefined) throw new Error('no Child SA');
    both.right.input({ kind: 'dataplane.event', event: { kind: 'mapping', sa, from: ELSEWHERE } });
    expect(both.right.steps('move-sa')).toEqual([]);
  });
});

describe('both behind a NAT', () => {
  it('the one that was called, whose own translation is fixed, follows the other', () => {
    const { left, right } = natted('198.51.100.99');
    expect(right.views()[0]?.nat).toEqual({ local: true, remote: true });
    right.receive({ ...probeFrom(left), from: ELSEWHERE, to: { address: RIGHT.address, port: 4500 } });
    expect(right.views()[0]).toMatchObject({ remote: ELSEWHERE });
    expect(right.steps('move-sa')).toHaveLength(2);
  });
});

describe('a kernel that does not follow', () => {
  it('ends the tunnel, at both places: IKE and kernel may not disagree', () => {
    const { left, right } = natted();
    right.refuses = 'move-sa';
    right.receive({ ...probeFrom(left), from: ELSEWHERE });
    right.refuses = undefined;
    expect(right.reasonsOf('child.deleted')).toEqual(['kernel-refused']);
    expect(right.core.children()).toEqual([]);
    const outbound = right
      .steps('remove-sa')
      .flatMap((step) => (step.kind === 'remove-sa' ? [step.sa.destination] : []));
    expect(outbound.filter((address) => address !== RIGHT.address)).toEqual([OUTSIDE.address, ELSEWHERE.address]);
  });
});
