import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../base/bytes.ts';
import { decodeHeader, HEADER_BYTES, type IkeHeader } from '../../wire/header.ts';
import type { FragmentPayload } from './fragment.ts';
import { decodeMessage, encodeClearMessage } from './message.ts';
import type { PayloadV1 } from './payload.ts';
import {
  addFragment,
  fragmentMessage,
  type Reassembly,
  type ReassemblyResult,
  UNAUTHENTICATED_REASSEMBLY_LIMITS,
} from './reassembly.ts';

const SPIS = { initiatorSpi: '0102030405060708', responderSpi: '1112131415161718' };
const HEADER = { ...SPIS, exchangeType: 2, flags: 0, messageId: 0 };
const MESSAGE = encodeClearMessage(HEADER, [
  { type: 'V', data: Uint8Array.from({ length: 500 }, (_, index) => index) },
]);

type Piece = { readonly outer: IkeHeader; readonly fragment: FragmentPayload };

function split(message: Uint8Array, maxBytes: number, id = 7): Piece[] {
  return fragmentMessage({ header: HEADER, message, id, maxBytes }).map(readPiece);
}

function readPiece(datagram: Uint8Array): Piece {
  const outer = decodeHeader(datagram);
  const [payload] = decodeMessage(outer, datagram.subarray(HEADER_BYTES));
  if (payload?.type !== 'FRAG') throw new Error('no fragment');
  return { outer, fragment: payload };
}

/** What comes of all pieces, one after the other: the last result, and the state that is left. */
function feed(pieces: readonly Piece[], start?: Reassembly) {
  let state = start;
  const results: ReassemblyResult[] = [];
  for (const { outer, fragment } of pieces) {
    const result = addFragment(state, outer, fragment);
    if (result.kind === 'incomplete') state = result.state;
    if (result.kind === 'complete' || result.kind === 'refused') state = undefined;
    results.push(result);
  }
  return { results, last: results.at(-1), state };
}

const at = (pieces: readonly Piece[], ...numbers: number[]) =>
  numbers.map((number) => {
    const piece = pieces[number - 1];
    if (piece === undefined) throw new Error('no such piece');
    return piece;
  });

describe('IKEv1 fragments', () => {
  const pieces = split(MESSAGE, 150);

  it('a message comes back whole, whatever the order and the repetitions', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(pieces, { minLength: pieces.length }),
        fc.array(fc.constantFrom(...pieces), { maxLength: 10 }),
        (order, repeated) => {
          const held = order.slice(0, -1);
          const again = repeated.filter((piece) => held.includes(piece));
          const { last, results } = feed([...held, ...again, ...order.slice(-1)]);
          expect(last).toEqual({ kind: 'complete', header: decodeHeader(MESSAGE), message: MESSAGE });
          expect(results.filter(({ kind }) => kind === 'ignored')).toHaveLength(again.length);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('fit the datagram, are in the clear, and have no message ID', () => {
    const datagrams = fragmentMessage({ header: HEADER, message: MESSAGE, id: 1, maxBytes: 150 });
    expect(datagrams.map(({ length }) => length)).toEqual([150, 150, 150, 150, 112]);
    for (const bytes of datagrams) expect(decodeHeader(bytes)).toMatchObject({ ...SPIS, flags: 0, messageId: 0 });
    expect(fragmentMessage({ header: HEADER, message: MESSAGE, id: 1, maxBytes: MESSAGE.length })).toEqual([MESSAGE]);
  });

  it('F8: with a gap nothing comes of it', () => {
    expect(feed(at(pieces, 1, 2, 4, 5)).last?.kind).toBe('incomplete');
  });

  it('F8: interleaved IDs never mix', () => {
    const other = split(MESSAGE, 150, 8);
    const { results } = feed(pieces.flatMap((piece, index) => [piece, ...at(other, index + 1)]));
    expect(results.every(({ kind }) => kind === 'incomplete')).toBe(true);
    expect(feed(other, feed(at(pieces, 1, 2)).state).last).toMatchObject({ kind: 'complete', message: MESSAGE });
  });

  it('F8: a second end, or a fragment behind the end, starts over', () => {
    const marked = (number: number, last: boolean): Piece[] =>
      at(pieces, number).map(({ outer, fragment }) => ({ outer, fragment: { ...fragment, last } }));
    const ending = (number: number) => marked(number, true);
    for (const sequence of [
      [...at(pieces, 1, 2, 3, 5), ...ending(4)],
      [...at(pieces, 1, 2), ...ending(4), ...at(pieces, 5)],
      [...at(pieces, 1, 2), ...ending(4), ...marked(5, false)],
      [...at(pieces, 1, 2, 3), ...ending(3)],
      [...at(pieces, 1, 2, 5), ...marked(5, false)],
      [...at(pieces, 1, 2, 4), ...ending(3)],
      [...at(pieces, 1, 2, 4, 5), ...ending(3)],
    ]) {
      const { state, last } = feed(sequence);
      expect(last?.kind).toBe('incomplete');
      expect(state).toMatchObject({ count: 1 });
    }
  });

  it('what is left of an old message with the same ID gives way to the next message', () => {
    const next = encodeClearMessage(HEADER, [{ type: 'V', data: new Uint8Array(450).fill(1) }]);
    const { state } = feed(at(pieces, 1));
    expect(feed(split(next, 150), state).last).toMatchObject({ kind: 'complete', message: next });
  });

  it('F8: more fragments or bytes than the limits are ignored, and the set stays', () => {
    const [first] = at(pieces, 1);
    const state = first && feed([first]).state;
    const numbered = (number: number, length: number) => ({
      type: 'FRAG' as const,
      id: 7,
      number,
      last: false,
      data: new Uint8Array(length),
    });
    const outer = decodeHeader(MESSAGE);
    expect(addFragment(state, outer, numbered(65, 1))).toEqual({ kind: 'ignored', why: 'too-many-fragments' });
    expect(addFragment(state, outer, numbered(2, 65_500))).toEqual({ kind: 'ignored', why: 'fragments-too-large' });
    expect(addFragment(state, outer, numbered(64, 9_950)).kind).toBe('incomplete');
    expect(addFragment(state, outer, numbered(64, 9_950), UNAUTHENTICATED_REASSEMBLY_LIMITS)).toEqual({
      kind: 'ignored',
      why: 'fragments-too-large',
    });
  });

  it('F8: what they make must be a message of the same IKE SA and version, and no fragment', () => {
    const nested: PayloadV1 = { type: 'FRAG', id: 1, number: 1, last: true, data: fromHex('aa') };
    const version2 = MESSAGE.slice();
    version2[17] = 0x20;
    const cases = [
      [encodeClearMessage(HEADER, [nested]), 'fragment-in-fragments'],
      [encodeClearMessage({ ...HEADER, initiatorSpi: 'ff'.repeat(8) }, []), 'fragments-of-another-ike-sa'],
      [encodeClearMessage({ ...HEADER, responderSpi: 'ff'.repeat(8) }, []), 'fragments-of-another-ike-sa'],
      [version2, 'fragments-of-another-version'],
      [MESSAGE.slice(0, -1), 'fragments-make-no-message'],
      [fromHex('00'), 'fragments-make-no-message'],
    ] as const;
    for (const [message, why] of cases) {
      const outer = decodeHeader(MESSAGE);
      const fragment = { type: 'FRAG', id: 1, number: 1, last: true, data: message } as const;
      expect(addFragment(undefined, outer, fragment)).toEqual({ kind: 'refused', why });
    }
  });

  it('any sequence of fragments stays within the limits', () => {
    const any = fc.record({
      type: fc.constant('FRAG' as const),
      id: fc.constantFrom(1, 2),
      number: fc.integer({ min: 1, max: 255 }),
      last: fc.boolean(),
      data: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    });
    const outer = decodeHeader(MESSAGE);
    const limits = { maxFragments: 6, maxBytes: 100 };
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), (fragments) => {
        let state: Reassembly | undefined;
        for (const fragment of fragments) {
          const result = addFragment(state, outer, { ...fragment, number: (fragment.number % 8) + 1 }, limits);
          if (result.kind === 'incomplete') state = result.state;
          const held = (state?.pieces ?? []).filter((piece) => piece !== undefined);
          expect(state?.count ?? 0).toBe(held.length);
          expect(state?.bytes ?? 0).toBe(toHex(Uint8Array.from(held.flatMap((piece) => [...piece]))).length / 2);
          expect(state?.pieces.length ?? 0).toBeLessThanOrEqual(limits.maxFragments);
          expect(state?.bytes ?? 0).toBeLessThanOrEqual(limits.maxBytes);
        }
      }),
      { numRuns: 100 },
    );
  });
});
