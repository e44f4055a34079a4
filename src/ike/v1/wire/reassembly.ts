import { concatBytes, equalBytes } from '../../../base/bytes.ts';
import { invariant, WireError } from '../../../base/errors.ts';
import { decodeHeader, HEADER_BYTES, type IkeHeader } from '../../wire/header.ts';
import { GENERIC_HEADER_BYTES } from '../../wire/payload-chain.ts';
import { FRAGMENT_HEADER_BYTES, type FragmentPayload } from './fragment.ts';
import { encodeMessage, type MessageHeaderV1 } from './message.ts';
import { encodePayloads, PAYLOAD_TYPE } from './payload.ts';

export type ReassemblyLimits = { readonly maxFragments: number; readonly maxBytes: number };

/** Our limits: what a peer may make us hold for one message. */
export const REASSEMBLY_LIMITS: ReassemblyLimits = { maxFragments: 64, maxBytes: 65_536 };

/** The same while the peer has proven nothing yet. Fragments of IKEv1 are never authenticated themselves. */
export const UNAUTHENTICATED_REASSEMBLY_LIMITS: ReassemblyLimits = { maxFragments: 64, maxBytes: 10_000 };

/**
 * The fragments of one message that have come in so far. Plain data; it belongs to one IKE SA, and there is one at a
 * time. A fragment with another ID starts over, and so does one that contradicts those that are there: strongSwan
 * gives all its messages the ID 1, so that what is left of an old message looks like a part of the next.
 */
export type Reassembly = {
  readonly id: number;
  /** By number, the first at index 0; undefined where still missing. */
  readonly pieces: readonly (Uint8Array | undefined)[];
  /** How many fragments there are; known when the last one is there. */
  readonly total?: number;
  /** Held so far. */
  readonly count: number;
  readonly bytes: number;
};

export type ReassemblyResult =
  | { readonly kind: 'incomplete'; readonly state: Reassembly }
  /** A datagram as if it had come in one piece; `header` is its own. */
  | { readonly kind: 'complete'; readonly header: IkeHeader; readonly message: Uint8Array }
  /** The state stays as it was. */
  | { readonly kind: 'ignored'; readonly why: string }
  /** All fragments are there and make no message of this IKE SA: the state is to be dropped. */
  | { readonly kind: 'refused'; readonly why: string };

/** Takes one more fragment; `outer` is the header that it came with. */
export function addFragment(
  state: Reassembly | undefined,
  outer: IkeHeader,
  fragment: FragmentPayload,
  limits: ReassemblyLimits = REASSEMBLY_LIMITS,
): ReassemblyResult {
  if (state !== undefined && isRepeated(state, fragment)) return { kind: 'ignored', why: 'fragment-repeated' };
  const fits = state !== undefined && state.id === fragment.id && !contradicts(state, fragment);
  const before = fits ? state : { id: fragment.id, pieces: [], count: 0, bytes: 0 };
  if (fragment.number > limits.maxFragments) return { kind: 'ignored', why: 'too-many-fragments' };
  if (before.bytes + fragment.data.length > limits.maxBytes) return { kind: 'ignored', why: 'fragments-too-large' };
  const after = withFragment(before, fragment);
  if (after.count !== after.total) return { kind: 'incomplete', state: after };
  return wholeMessage(outer, concatBytes(...after.pieces.filter((piece) => piece !== undefined)));
}

const MAX_FRAGMENT_NUMBER = 255;

export type FragmentOptions = {
  /** The exchange type is that of phase 1 for later messages as well, and the message ID 0: so others do it. */
  readonly header: Pick<MessageHeaderV1, 'initiatorSpi' | 'responderSpi' | 'exchangeType'>;
  readonly message: Uint8Array;
  /** The same in no two messages of an IKE SA that are under way at once; 1..65535. */
  readonly id: number;
  /** The largest IKE message that goes out in one piece. */
  readonly maxBytes: number;
};

/** Splits a whole message, in order. A message that fits goes out as it is. */
export function fragmentMessage(options: FragmentOptions): Uint8Array[] {
  const { header, message, id, maxBytes } = options;
  if (message.length <= maxBytes) return [message];
  const capacity = maxBytes - HEADER_BYTES - GENERIC_HEADER_BYTES - FRAGMENT_HEADER_BYTES;
  invariant(capacity > 0, 'the datagram size has room for the headers');
  const total = Math.ceil(message.length / capacity);
  invariant(total <= MAX_FRAGMENT_NUMBER, 'the number of a fragment has one octet');
  return Array.from({ length: total }, (_, index) => {
    const data = message.subarray(index * capacity, (index + 1) * capacity);
    const fragment = { type: 'FRAG', id, number: index + 1, last: index === total - 1, data } as const;
    return encodeMessage({ ...header, flags: 0, messageId: 0 }, encodePayloads([fragment]));
  });
}

function isRepeated(state: Reassembly, fragment: FragmentPayload): boolean {
  const held = state.pieces[fragment.number - 1];
  const sameEnd = fragment.last === (state.total === fragment.number);
  return state.id === fragment.id && held !== undefined && sameEnd && equalBytes(held, fragment.data);
}

/** Whether it cannot be of the same message: another content of its number, a second end, or behind the end. */
function contradicts(state: Reassembly, fragment: FragmentPayload): boolean {
  const { number, last } = fragment;
  if (state.pieces[number - 1] !== undefined) return true;
  if (state.total !== undefined) return last || number > state.total;
  // The pieces reach to the highest number that is there.
  return last && number < state.pieces.length;
}

function withFragment(state: Reassembly, fragment: FragmentPayload): Reassembly {
  const length = Math.max(state.pieces.length, fragment.number);
  const pieces = Array.from({ length }, (_, index) =>
    index === fragment.number - 1 ? fragment.data : state.pieces[index],
  );
  const grown = { ...state, pieces, count: state.count + 1, bytes: state.bytes + fragment.data.length };
  return fragment.last ? { ...grown, total: fragment.number } : grown;
}

/** The message inside must be one of the same IKE SA, and no fragment again: nothing here calls itself. */
function wholeMessage(outer: IkeHeader, message: Uint8Array): ReassemblyResult {
  const header = innerHeader(message);
  if (header === undefined) return { kind: 'refused', why: 'fragments-make-no-message' };
  if (header.nextPayload === PAYLOAD_TYPE.FRAG) return { kind: 'refused', why: 'fragment-in-fragments' };
  if (header.majorVersion !== outer.majorVersion) return { kind: 'refused', why: 'fragments-of-another-version' };
  if (header.initiatorSpi !== outer.initiatorSpi || header.responderSpi !== outer.responderSpi)
    return { kind: 'refused', why: 'fragments-of-another-ike-sa' };
  return { kind: 'complete', header, message };
}

/** Refusals are values here: what does not parse was put together by us. */
function innerHeader(message: Uint8Array): IkeHeader | undefined {
  try {
    return decodeHeader(message);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
