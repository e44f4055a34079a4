import { describe, expect, it } from 'vitest';
import { LEFT, RIGHT, tunnelPolicy } from '../../sim/tunnels.ts';
import { type Sent, TestGateway } from '../testing/gateway.ts';
import { converse, type Pair, pair } from '../testing/pair.ts';
import { decodeHeader } from '../wire/header.ts';
import { fragmentMessage } from './wire/reassembly.ts';

const AGGRESSIVE = { version: 1, mode: 'aggressive' } as const;

function opening(both: Pair): Sent[] {
  both.left.initiate();
  const sent = both.left.takeOne();
  const header = decodeHeader(sent.datagram);
  const pieces = fragmentMessage({ header, message: sent.datagram, id: 1, maxBytes: 120 });
  return pieces.map((datagram) => ({ ...sent, datagram }));
}

describe('a first message in fragments', () => {
  it('of Aggressive Mode is put together, in whatever order it comes', () => {
    const both = pair({ left: AGGRESSIVE, right: AGGRESSIVE });
    const pieces = opening(both);
    expect(pieces.length).toBeGreaterThan(2);
    for (const piece of pieces.reverse()) both.right.receive(piece);
    converse(both);
    expect(both.right.core.children()).toMatchObject([{ state: 'installed' }]);
    expect(both.right.core.snapshot().partialOpenings.size).toBe(0);
  });

  it('is not even kept where no tunnel has that mode', () => {
    const both = pair({ left: AGGRESSIVE, right: { version: 1, mode: 'main' } });
    for (const piece of opening(both)) both.right.receive(piece);
    expect(both.right.take()).toEqual([]);
    expect(both.right.core.snapshot().partialOpenings.size).toBe(0);
  });

  it('F5: what never becomes whole takes a bounded place for a bounded time', () => {
    const right = new TestGateway(RIGHT.address, { seed: 2, tunnels: [tunnelPolicy(RIGHT, LEFT, AGGRESSIVE)] });
    const begin = (seed: number) => {
      const left = new TestGateway(LEFT.address, { seed, tunnels: [tunnelPolicy(LEFT, RIGHT, AGGRESSIVE)] });
      const [piece] = opening({ left, right });
      if (piece !== undefined) right.receive(piece);
    };
    for (let seed = 100; seed < 150; seed++) begin(seed);
    expect(right.core.snapshot().partialOpenings.size).toBe(32);
    right.mono += 11_000;
    begin(200);
    expect(right.core.snapshot().partialOpenings.size).toBe(1);
    expect(right.views()).toEqual([]);
  });
});
