import { concatBytes } from '../../base/bytes.ts';
import { invariant } from '../../base/errors.ts';
import {
  type FragmentPosition,
  fragmentCapacity,
  type Protection,
  sealChain,
  sealedBytes,
} from './encrypted-payload.ts';
import type { MessageHeader } from './wire/message.ts';
import { encodePayloads, type Payload } from './wire/payload.ts';

export type FragmentOptions = Protection & {
  readonly header: MessageHeader;
  readonly payloads: readonly Payload[];
  /** The largest IKE message that goes out in one piece; see `maxMessageBytes`. */
  readonly maxBytes: number;
  /** An IV for each message, as `sealMessage` needs it. */
  readonly nextIv: () => Uint8Array;
};

/** The message as one Encrypted payload where it fits, else as Encrypted Fragments in order (RFC 7383 §2.5). */
export function fragmentMessage(options: FragmentOptions): Uint8Array[] {
  const { header, suite, keys, maxBytes, nextIv } = options;
  const { firstType, bytes } = encodePayloads(options.payloads);
  if (sealedBytes(suite, bytes.length) <= maxBytes)
    return [sealChain({ header, suite, keys, innerType: firstType, chain: bytes, iv: nextIv() })];
  const capacity = fragmentCapacity(suite, maxBytes);
  invariant(capacity > 0, 'the datagram size has room for the headers');
  const total = Math.ceil(bytes.length / capacity);
  return Array.from({ length: total }, (_, index) =>
    sealChain({
      header,
      suite,
      keys,
      // RFC 7383 §2.5: only the first fragment names the first payload.
      innerType: index === 0 ? firstType : 0,
      chain: bytes.subarray(index * capacity, (index + 1) * capacity),
      iv: nextIv(),
      fragment: { number: index + 1, total },
    }),
  );
}

export type ReassemblyLimits = { readonly maxFragments: number; readonly maxBytes: number };

/** Our limits: what an authenticated peer may make us hold for one message. */
export const REASSEMBLY_LIMITS: ReassemblyLimits = { maxFragments: 64, maxBytes: 65_536 };

/** The same while the peer has proven nothing yet: whoever did a key exchange with us can send valid fragments. */
export const UNAUTHENTICATED_REASSEMBLY_LIMITS: ReassemblyLimits = { maxFragments: 64, maxBytes: 10_000 };

/** The fragments of one message that have come in so far. Plain data; it belongs to one direction of an IKE SA. */
export type Reassembly = {
  readonly messageId: number;
  readonly exchangeType: number;
  /** Requests and responses of the peer have the same message IDs: its flags tell them apart. */
  readonly flags: number;
  readonly total: number;
  /** By fragment number, the first at index 0; undefined where still missing. */
  readonly pieces: readonly (Uint8Array | undefined)[];
  readonly missing: number;
  readonly bytes: number;
  /** Of the first fragment; 0 and empty until it is there. */
  readonly firstType: number;
  readonly lead: Uint8Array;
};

/** An authenticated fragment: what `openMessage` yields where `fragment` is present. */
export type Fragment = {
  readonly header: { readonly messageId: number; readonly exchangeType: number; readonly flags: number };
  readonly firstType: number;
  readonly chain: Uint8Array;
  readonly lead: Uint8Array;
  readonly fragment: FragmentPosition;
};

export type ReassemblyResult =
  | { readonly kind: 'incomplete'; readonly state: Reassembly }
  | {
      readonly kind: 'complete';
      readonly firstType: number;
      readonly chain: Uint8Array;
      /** Of the first fragment (RFC 9242 §3.3.2). */
      readonly lead: Uint8Array;
    }
  /** The state stays as it was. */
  | { readonly kind: 'ignored'; readonly why: string };

/**
 * Takes one more fragment, RFC 7383 §2.6. The caller has checked that the message is the one that is due by its
 * message ID: fragments of another message start over.
 */
export function addFragment(
  state: Reassembly | undefined,
  fragment: Fragment,
  limits: ReassemblyLimits = REASSEMBLY_LIMITS,
): ReassemblyResult {
  const why = fragmentRefusal(state, fragment, limits);
  if (why !== undefined) return { kind: 'ignored', why };
  const before = continued(state, fragment) ?? emptyReassembly(fragment);
  const isFirst = fragment.fragment.number === 1;
  const bytes = before.bytes + fragment.chain.length + (isFirst ? fragment.lead.length : 0);
  if (bytes > limits.maxBytes) return { kind: 'ignored', why: 'fragments-too-large' };
  const pieces = before.pieces.with(fragment.fragment.number - 1, fragment.chain);
  const { firstType, lead } = isFirst ? fragment : before;
  const missing = before.missing - 1;
  if (missing > 0) return { kind: 'incomplete', state: { ...before, pieces, missing, bytes, firstType, lead } };
  return { kind: 'complete', firstType, lead, chain: concatBytes(...pieces.filter((piece) => piece !== undefined)) };
}

/**
 * Why a fragment is not even worth decrypting, or undefined: the checks of RFC 7383 §2.6 that come before its ICV.
 * A duplicate loses against the one that is there, whatever it holds.
 */
export function fragmentRefusal(
  state: Reassembly | undefined,
  fragment: Pick<Fragment, 'header' | 'fragment'>,
  limits: ReassemblyLimits = REASSEMBLY_LIMITS,
): string | undefined {
  const { number, total } = fragment.fragment;
  if (number === 0 || number > total) return 'fragment-number';
  if (total > limits.maxFragments) return 'too-many-fragments';
  if (state === undefined || !sameMessage(state, fragment)) return undefined;
  if (total < state.total) return 'fragment-of-smaller-total';
  if (total === state.total && state.pieces[number - 1] !== undefined) return 'fragment-repeated';
  return undefined;
}

/** The state that this fragment adds to, or undefined where it starts over. */
function continued(state: Reassembly | undefined, fragment: Fragment): Reassembly | undefined {
  if (state === undefined || !sameMessage(state, fragment)) return undefined;
  // RFC 7383 §2.6: a greater total means that the sender has split the message anew, into smaller pieces.
  return fragment.fragment.total > state.total ? undefined : state;
}

function sameMessage(state: Reassembly, fragment: Pick<Fragment, 'header'>): boolean {
  const { messageId, exchangeType, flags } = fragment.header;
  return state.messageId === messageId && state.exchangeType === exchangeType && state.flags === flags;
}

const NOTHING = new Uint8Array(0);

function emptyReassembly(fragment: Fragment): Reassembly {
  const { total } = fragment.fragment;
  const { messageId, exchangeType, flags } = fragment.header;
  const pieces = new Array<Uint8Array | undefined>(total).fill(undefined);
  return { messageId, exchangeType, flags, total, pieces, missing: total, bytes: 0, firstType: 0, lead: NOTHING };
}
