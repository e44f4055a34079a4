import { WireError } from '../../base/errors.ts';
import type { Context } from '../common/context.ts';
import type { Reason } from '../common/reason.ts';
import type { Work } from '../common/work.ts';
import { decodeHeader, FLAG_RESPONSE, type IkeHeader } from '../wire/header.ts';
import { putOffSwitches } from './child-switch.ts';
import { abandon, closeIkeSa } from './close.ts';
import type { ContextV2 } from './context.ts';
import { isUnprotectedAnswer, onUnprotectedAnswer } from './crash-detection.ts';
import { type OpenedMessage, openMessage, peekFragment } from './encrypted-payload.ts';
import { addFragment, fragmentRefusal, REASSEMBLY_LIMITS, UNAUTHENTICATED_REASSEMBLY_LIMITS } from './fragmentation.ts';
import { messageKeys } from './keymat.ts';
import { synchronize } from './message-id-sync.ts';
import { recordMessage } from './message-record.ts';
import { digestOf, repeatAnswer, sendResponse, settleRequest } from './message-window.ts';
import { followResponse } from './mobike/search.ts';
import { unsupportedCritical } from './payload-set.ts';
import { followPeer } from './peer-path.ts';
import { putOffDeletes, releaseDeletes } from './postpone.ts';
import type { Received } from './received.ts';
import type { IkeSaV2 } from './state.ts';
import { findTransition, type Transition } from './transitions.ts';
import { decodePlainMessage } from './wire/message.ts';
import { notifyPayload } from './wire/notify.ts';
import { decodePayloads, type Payload } from './wire/payload.ts';

type Datagram = Extract<Work, { readonly kind: 'datagram' }>;

/**
 * A message for this IKE SA. In this order, and each step changes nothing unless the ones before it have passed: a
 * repetition is answered from memory; an answer that is not protected needs the peer's token; the message must be one
 * that is due here (transitions.ts), with the message ID that is due (or be the one that sets that anew,
 * message-id-sync.ts); it must be authentic; it must parse. Only then is it acted upon. @throws WireError
 */
export function receive(ctx: ContextV2, sa: IkeSaV2, datagram: Datagram): void {
  const header = decodeHeader(datagram.message);
  const isResponse = (header.flags & FLAG_RESPONSE) !== 0;
  const { local, remote, message } = datagram;
  const request = { messageId: header.messageId, digest: digestOf(message), local, remote };
  if (!isResponse && repeatAnswer(ctx, sa, request)) {
    putOffSwitches(ctx, sa);
    return putOffDeletes(ctx, sa);
  }
  if (isUnprotectedAnswer(sa, header)) return onUnprotectedAnswer(ctx, sa, datagram);
  const transition = findTransition(sa, header.exchangeType, isResponse ? 'response' : 'request');
  if (transition === undefined) return ctx.drop(remote, 'unexpected-message');
  const received: Closed = { header, messageId: header.messageId, message, digest: request.digest, local, remote };
  if (transition.message === 'request' && synchronize(ctx, sa, received)) return;
  if (!isDue(sa, header, transition)) return ctx.drop(remote, 'message-id');
  if (transition.exchange === 'IKE_SA_INIT') {
    const { payloads } = decodePlainMessage(message);
    // RFC 7296 §2.5; nobody is told, as nobody has proven to have sent it.
    if (unsupportedCritical(payloads) !== undefined) return ctx.drop(remote, 'critical-payload');
    recordMessage(ctx, sa, 'received', header, payloads);
    return transition.run(ctx, sa, { ...received, payloads });
  }
  receiveProtected(ctx, sa, transition, received);
}

/** RFC 7296 §2.3 with a window of one. */
function isDue(sa: IkeSaV2, header: IkeHeader, transition: Transition): boolean {
  if (transition.message === 'request') return header.messageId === sa.expectedRequestId;
  return sa.outstanding?.messageId === header.messageId && sa.outstanding.exchange === transition.exchange;
}

function receiveProtected(ctx: ContextV2, sa: IkeSaV2, transition: Transition, received: Closed): void {
  let opened: Whole | undefined;
  let payloads: readonly Payload[];
  try {
    opened = open(ctx, sa, received);
    if (opened === undefined) return;
    payloads = decodePayloads(opened.firstType, opened.chain);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    // It was authentic, so the peer is told, and the IKE SA ends (RFC 7296 §2.21.3).
    return failSyntax(ctx, sa, { transition, received }, error);
  }
  recordMessage(ctx, sa, 'received', received.header, payloads);
  const { digest, lead, chain } = opened;
  const { header, messageId, message, local, remote } = received;
  const complete: Received = { header, messageId, message, digest, payloads, content: { lead, chain }, local, remote };
  sa.reassembly = undefined;
  sa.lastHeardAt = ctx.now.mono;
  sa.proven = sa.establishedAt !== undefined;
  if (transition.message === 'request') {
    sa.expectedRequestId++;
    releaseDeletes(ctx, sa);
  }
  // RFC 4555 §3.8: who can say that it has moved is not followed for any message that comes from elsewhere.
  if (sa.mobike === undefined) followPeer(ctx, sa, received);
  else if (transition.message === 'response') followResponse(ctx, sa, received);
  const critical = unsupportedCritical(payloads);
  if (critical !== undefined) return refuseCritical(ctx, sa, { transition, received: complete }, critical);
  try {
    transition.run(ctx, sa, complete);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    failSyntax(ctx, sa, { transition, received }, error);
  }
}

/** A message and what is to become of it. */
type Arrival = { readonly transition: Transition; readonly received: Closed };

/** A message before it is opened. */
type Closed = Omit<Received, 'payloads'>;

type Whole = {
  readonly firstType: number;
  readonly chain: Uint8Array;
  readonly lead: Uint8Array;
  readonly digest: Uint8Array;
};

/** The whole plaintext, once the last fragment is there (RFC 7383 §2.6). @throws WireError where it is authentic. */
function open(ctx: Context, sa: IkeSaV2, received: Closed): Whole | undefined {
  const { message, header, remote, digest } = received;
  if (sa.suite === undefined || sa.keys === undefined) return dropped(ctx, received, 'no-keys');
  const limits = sa.establishedAt === undefined ? UNAUTHENTICATED_REASSEMBLY_LIMITS : REASSEMBLY_LIMITS;
  const position = peekFragment(message);
  if (position !== undefined) {
    const why = sa.fragmentation
      ? fragmentRefusal(sa.reassembly, { header, fragment: position }, limits)
      : 'fragment-not-negotiated';
    if (why !== undefined) return dropped(ctx, received, why);
  }
  const sender = sa.role === 'initiator' ? 'responder' : 'initiator';
  const opened: OpenedMessage | undefined = openMessage(message, sa.suite, messageKeys(sa.keys, sender));
  if (opened === undefined) return dropped(ctx, received, 'not-authentic');
  const { firstType, chain, lead } = opened;
  if (opened.fragment === undefined) return { firstType, chain, lead, digest };
  const added = addFragment(sa.reassembly, { ...opened, fragment: opened.fragment }, limits);
  if (added.kind === 'ignored') {
    ctx.drop(remote, added.why);
    return undefined;
  }
  // RFC 7383 §2.6.1: a repeated request shows by its first fragment.
  if (opened.fragment.number === 1) sa.firstFragmentDigest = digest;
  if (added.kind === 'incomplete') {
    sa.reassembly = added.state;
    return undefined;
  }
  return { ...added, digest: sa.firstFragmentDigest ?? digest };
}

/** RFC 7296 §2.5: the request is refused; without an answer to our own request there is nothing to go on with. */
function refuseCritical(ctx: Context, sa: IkeSaV2, arrival: Arrival, type: number): void {
  const { transition, received } = arrival;
  const reason = {
    code: 'protocol-error',
    text: `the peer sent payload type ${type}, which it calls critical`,
  } as const;
  if (transition.message === 'request') {
    const payloads = [notifyPayload('UNSUPPORTED_CRITICAL_PAYLOAD', Uint8Array.of(type))];
    sendResponse(ctx, sa, received, { exchange: transition.exchange, payloads });
    if (sa.establishedAt === undefined) abandon(ctx, sa, reason);
    return;
  }
  giveUpAfter(ctx, sa, reason);
}

function failSyntax(ctx: Context, sa: IkeSaV2, arrival: Arrival, error: WireError): void {
  const { transition, received } = arrival;
  const reason = {
    code: 'protocol-error',
    text: `the peer sent a malformed ${transition.exchange}: ${error.message}`,
  } as const;
  if (transition.message === 'response') return giveUpAfter(ctx, sa, reason);
  sendResponse(ctx, sa, received, { exchange: transition.exchange, payloads: [notifyPayload('INVALID_SYNTAX')] });
  abandon(ctx, sa, reason);
}

/** A response that is of no use: the peer believes that all is well, so it is told, unless we were parting anyway. */
function giveUpAfter(ctx: Context, sa: IkeSaV2, reason: Reason): void {
  settleRequest(ctx, sa);
  if (sa.phase === 'deleting') abandon(ctx, sa, reason);
  else closeIkeSa(ctx, sa, reason);
}

function dropped(ctx: Context, received: Closed, why: string): undefined {
  ctx.drop(received.remote, why);
  return undefined;
}
