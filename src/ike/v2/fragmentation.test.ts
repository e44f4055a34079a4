import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invariant } from '../../base/errors.ts';
import { maxMessageBytes } from '../common/datagram-size.ts';
import { openMessage } from './encrypted-payload.ts';
import {
  addFragment,
  type Fragment,
  fragmentMessage,
  fragmentRefusal,
  type Reassembly,
  type ReassemblyLimits,
  UNAUTHENTICATED_REASSEMBLY_LIMITS,
} from './fragmentation.ts';
import { ivOf, PROTECTIONS, protectionOf } from './testing/protections.ts';
import type { MessageHeader } from './wire/message.ts';
import { decodePayloads, type Payload } from './wire/payload.ts';

const HEADER: MessageHeader = {
  initiatorSpi: 'c0c1c2c3c4c5c6c7',
  responderSpi: 'd0d1d2d3d4d5d6d7',
  exchangeType: 35,
  flags: 0x08,
  messageId: 1,
};

const payloadsOf = (bytes: number): Payload[] => [
  { type: 'V', data: new Uint8Array(bytes).map((_, index) => index * 7) },
  { type: 'Nonce', data: new Uint8Array(16).fill(9) },
];

describe('sending fragments (RFC 7383 §2.5)', () => {
  it('splits only what does not fit, into messages of at most the size, and they come together again', () => {
    const sizes = fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 200, max: 1252 }));
    fc.assert(
      fc.property(fc.constantFrom(...PROTECTIONS), sizes, (protection, [bytes, maxBytes]) => {
        const payloads = payloadsOf(bytes);
        const nextIv = ivCounter(ivOf(protection).length);
        const messages = fragmentMessage({ ...protection, header: HEADER, payloads, maxBytes, nextIv });
        for (const message of messages) expect(message.length).toBeLessThanOrEqual(maxBytes);
        const fragments = messages.map((message) => openFragment(message, protection));
        if (messages.length === 1) {
          expect(fragments[0]?.fragment).toBeUndefined();
          return;
        }
        // All but the last are as full as they can be: one piece less would not have been enough.
        const lengths = fragments.slice(0, -1).map(({ chain }) => chain.length);
        expect(new Set(lengths).size).toBe(1);
        expect(fragments.map(({ firstType }) => firstType !== 0)).toEqual(fragments.map((_, index) => index === 0));
        const whole = reassemble(fragments);
        expect(decodePayloads(whole.firstType, whole.chain)).toEqual(payloads);
      }),
      { numRuns: 60 },
    );
  });

  it('a message of exactly the size goes in one piece, of one byte more in two', () => {
    const protection = protectionOf('aes128gcm16');
    const count = (bytes: number) =>
      fragmentMessage({
        ...protection,
        header: HEADER,
        payloads: payloadsOf(bytes),
        maxBytes: 500,
        nextIv: ivCounter(8),
      }).length;
    const fits = 500 - (28 + 4 + 8 + 1 + 16) - (4 + 4 + 16);
    expect(count(fits)).toBe(1);
    expect(count(fits + 1)).toBe(2);
  });

  it('every fragment has an IV of its own', () => {
    const protection = protectionOf('chacha20poly1305');
    const messages = fragmentMessage({
      ...protection,
      header: HEADER,
      payloads: payloadsOf(2000),
      maxBytes: 600,
      nextIv: ivCounter(8),
    });
    expect(new Set(messages.map((message) => message.subarray(36, 44).join())).size).toBe(messages.length);
  });

  it('room in a datagram of 1280 bytes', () => {
    expect(maxMessageBytes(4, false)).toBe(1252);
    expect(maxMessageBytes(4, true)).toBe(1248);
    expect(maxMessageBytes(6, true, 1500)).toBe(1448);
  });
});

/** Of the first fragment; it counts as held. */
const LEAD = Uint8Array.of(7);

const piece = (number: number, total: number, chain = Uint8Array.of(number), messageId = 1): Fragment => ({
  header: { messageId, exchangeType: 35, flags: 0x08 },
  firstType: number === 1 ? 41 : 0,
  chain,
  lead: number === 1 ? LEAD : Uint8Array.of(9, 9),
  fragment: { number, total },
});

const add = (state: Reassembly | undefined, fragment: Fragment, limits?: ReassemblyLimits) =>
  addFragment(state, fragment, limits);

function stored(state: Reassembly | undefined, fragment: Fragment, limits?: ReassemblyLimits): Reassembly {
  const result = add(state, fragment, limits);
  invariant(result.kind === 'incomplete', 'the fragment is taken and is not the last');
  return result.state;
}

describe('receiving fragments (RFC 7383 §2.6)', () => {
  it('every order of arrival gives the message in the order of numbers', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 5 }), (order) => {
        const whole = reassemble(order.map((number) => piece(number, 5)));
        expect(whole).toEqual({ kind: 'complete', firstType: 41, lead: LEAD, chain: Uint8Array.of(1, 2, 3, 4, 5) });
      }),
    );
  });

  it('F1: numbers of zero, beyond the total, and totals beyond our limit are ignored', () => {
    for (const [number, total] of [
      [0, 0],
      [0, 2],
      [1, 0],
      [3, 2],
      [1, 65],
      [1, 65535],
    ] as const)
      expect(add(undefined, piece(number, total)).kind).toBe('ignored');
    expect(add(undefined, piece(1, 64)).kind).toBe('incomplete');
  });

  it('F1: a fragment of one is the whole message', () => {
    expect(add(undefined, piece(1, 1))).toEqual({
      kind: 'complete',
      firstType: 41,
      lead: LEAD,
      chain: Uint8Array.of(1),
    });
  });

  it('F2: a smaller total is ignored, a greater one starts over', () => {
    const state = stored(stored(undefined, piece(1, 3)), piece(2, 3));
    expect(add(state, piece(1, 2))).toEqual({ kind: 'ignored', why: 'fragment-of-smaller-total' });
    const over = stored(state, piece(2, 4));
    expect(over).toMatchObject({ total: 4, missing: 3, bytes: 1, firstType: 0 });
    const whole = reassemble([piece(1, 4), piece(3, 4), piece(4, 4)], over);
    expect(whole.chain).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  it('F2: the first valid one of a number wins, over a copy and over other content', () => {
    const state = stored(undefined, piece(1, 2));
    expect(add(state, piece(1, 2))).toEqual({ kind: 'ignored', why: 'fragment-repeated' });
    expect(add(state, piece(1, 2, Uint8Array.of(99)))).toMatchObject({ kind: 'ignored' });
    expect(reassemble([piece(2, 2)], state).chain).toEqual(Uint8Array.of(1, 2));
  });

  it('F3: the checks that need no ICV are made before it', () => {
    const state = stored(undefined, piece(2, 3));
    expect(fragmentRefusal(state, piece(2, 3))).toBe('fragment-repeated');
    expect(fragmentRefusal(state, piece(1, 2))).toBe('fragment-of-smaller-total');
    expect(fragmentRefusal(state, piece(4, 3))).toBe('fragment-number');
    expect(fragmentRefusal(state, piece(1, 3))).toBeUndefined();
    expect(fragmentRefusal(state, piece(1, 9))).toBeUndefined();
  });

  it('F4: empty fragments count, and what later ones name as first payload does not', () => {
    const state = stored(undefined, { ...piece(2, 3, new Uint8Array(0)), firstType: 33 });
    const whole = reassemble([piece(3, 3), piece(1, 3)], state);
    expect(whole).toMatchObject({ firstType: 41, chain: Uint8Array.of(1, 3) });
  });

  it('F5: what a peer makes us hold has a limit, and less before it is authenticated', () => {
    const big = (number: number, bytes: number) => piece(number, 64, new Uint8Array(bytes));
    const state = stored(undefined, big(1, 60_000));
    expect(add(state, big(2, 5_536))).toEqual({ kind: 'ignored', why: 'fragments-too-large' });
    expect(add(state, big(2, 5_535)).kind).toBe('incomplete');
    expect(add(undefined, big(1, 65_537)).kind).toBe('ignored');
    const early = stored(undefined, big(1, 9_000), UNAUTHENTICATED_REASSEMBLY_LIMITS);
    expect(add(early, big(2, 1_000), UNAUTHENTICATED_REASSEMBLY_LIMITS).kind).toBe('ignored');
    // What stands in clear before the first piece is held as well, because IntAuth may cover it.
    const crowded = { ...big(1, 1), lead: new Uint8Array(10_000) };
    expect(add(undefined, crowded, UNAUTHENTICATED_REASSEMBLY_LIMITS).kind).toBe('ignored');
  });

  it('F5: any number of fragments of the same number leave the state as it was', () => {
    let state = stored(undefined, piece(1, 3));
    const before = structuredClone(state);
    for (let index = 0; index < 10_000; index++) {
      const result = add(state, piece(1, 3, new Uint8Array(1000)));
      if (result.kind === 'incomplete') state = result.state;
    }
    expect(state).toEqual(before);
  });

  it('a fragment of another message starts over', () => {
    const state = stored(undefined, piece(1, 2));
    expect(stored(state, piece(2, 2, Uint8Array.of(2), 7))).toMatchObject({ messageId: 7, missing: 1 });
  });

  it('adding a fragment does not change the state that it was added to', () => {
    const state = stored(undefined, piece(1, 3));
    const before = structuredClone(state);
    stored(state, piece(2, 3));
    expect(state).toEqual(before);
  });
});

function reassemble(fragments: readonly Fragment[], from?: Reassembly): { firstType: number; chain: Uint8Array } {
  let state = from;
  for (const fragment of fragments) {
    const result = addFragment(state, fragment);
    if (result.kind === 'complete') return result;
    state = result.kind === 'incomplete' ? result.state : state;
  }
  throw new Error('the message is not complete');
}

function openFragment(message: Uint8Array, protection: (typeof PROTECTIONS)[number]): Fragment {
  const opened = openMessage(message, protection.suite, protection.keys);
  invariant(opened !== undefined, 'our own fragment opens');
  return opened as Fragment;
}

function ivCounter(length: number): () => Uint8Array {
  let count = 0;
  return () => new Uint8Array(length).fill(++count);
}
