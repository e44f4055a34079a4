import { ByteWriter, equalBytes } from '../../base/bytes.ts';
import { randomFraction } from '../../base/entropy.ts';
import { invariant } from '../../base/errors.ts';
import { addressFamily } from '../../base/net.ts';
import type { Duration, Instant } from '../../base/time.ts';
import { encryptionAlgorithm } from '../../crypto/algorithms.ts';
import { hash } from '../../crypto/hash.ts';
import type { Context } from '../common/context.ts';
import { maxMessageBytes } from '../common/datagram-size.ts';
import { NAT_TRAVERSAL_PORT } from '../common/ports.ts';
import { HANDSHAKE_RETRANSMIT, type RetransmitSchedule, retransmitDelay } from '../common/retransmit.ts';
import { transmit } from '../common/transmit.ts';
import { EXCHANGE, FLAG_INITIATOR, FLAG_RESPONSE } from '../wire/header.ts';
import { fragmentMessage } from './fragmentation.ts';
import { messageKeys } from './keymat.ts';
import { recordMessage } from './message-record.ts';
import type { RequestRef } from './received.ts';
import type { ExchangeName, IkeSaV2, Task } from './state.ts';
import { encodePlainMessage, type MessageHeader } from './wire/message.ts';
import type { Payload } from './wire/payload.ts';

export type RequestOptions = {
  readonly exchange: ExchangeName;
  readonly payloads: readonly Payload[];
  readonly schedule: RetransmitSchedule;
  readonly task?: Task;
  /** How long the peer may stay silent, if less than the whole schedule. */
  readonly patience?: Duration;
};

/** Sends a request of ours and keeps it until it is answered. The window must be free (RFC 7296 §2.3). */
export function sendRequest(ctx: Context, sa: IkeSaV2, options: RequestOptions): void {
  invariant(sa.outstanding === undefined, 'a window of one has one request');
  const messageId = sa.nextRequestId++;
  const datagrams = protectedDatagrams(ctx, sa, { ...options, messageId, response: false });
  startWaiting(ctx, sa, datagrams, messageId, options);
}

/** Sends IKE_SA_INIT, again with message ID 0 when a cookie or another group changes it; returns what AUTH covers. */
export function sendInitRequest(ctx: Context, sa: IkeSaV2, payloads: readonly Payload[]): Uint8Array {
  const header = messageHeader(sa, 'IKE_SA_INIT', { messageId: 0, response: false });
  recordMessage(ctx, sa, 'sent', header, payloads);
  const message = encodePlainMessage(header, payloads);
  sa.nextRequestId = 1;
  startWaiting(ctx, sa, [message], 0, { exchange: 'IKE_SA_INIT', payloads, schedule: HANDSHAKE_RETRANSMIT });
  return message;
}

/** A request that nobody waits for, as the IKE SA is gone for us already. */
export function sendLastWord(ctx: Context, sa: IkeSaV2, payloads: readonly Payload[]): void {
  const datagrams = protectedDatagrams(ctx, sa, {
    exchange: 'INFORMATIONAL',
    payloads,
    messageId: sa.nextRequestId++,
    response: false,
  });
  transmit(ctx, sa.local, sa.remote, datagrams);
}

/** Answers a request where it came from, and remembers the answer for its repetitions. */
export function sendResponse(
  ctx: Context,
  sa: IkeSaV2,
  request: RequestRef,
  response: { readonly exchange: ExchangeName; readonly payloads: readonly Payload[] },
): void {
  const { messageId } = request;
  rememberAnswer(ctx, sa, request, protectedDatagrams(ctx, sa, { ...response, messageId, response: true }));
}

/** The responder's IKE_SA_INIT; returns the message, which AUTH covers. */
export function sendInitResponse(
  ctx: Context,
  sa: IkeSaV2,
  request: RequestRef,
  payloads: readonly Payload[],
): Uint8Array {
  const header = messageHeader(sa, 'IKE_SA_INIT', { messageId: 0, response: true });
  recordMessage(ctx, sa, 'sent', header, payloads);
  const message = encodePlainMessage(header, payloads);
  rememberAnswer(ctx, sa, request, [message]);
  return message;
}

/** RFC 7296 §2.1: a request that is repeated to the letter gets the same answer; true where it was one. */
export function repeatAnswer(ctx: Context, sa: IkeSaV2, request: RequestRef): boolean {
  const answered = sa.answered;
  if (answered?.messageId !== request.messageId || !equalBytes(answered.requestDigest, request.digest)) return false;
  transmit(ctx, request.local, request.remote, answered.datagrams);
  return true;
}

/** Sends the outstanding request once more; false where its schedule is over and the peer counts as unreachable. */
export function retransmit(ctx: Context, sa: IkeSaV2): boolean {
  const outstanding = sa.outstanding;
  if (outstanding === undefined) return true;
  const over = ctx.now.mono >= (deadline(sa) ?? Number.POSITIVE_INFINITY);
  if (over || outstanding.sent >= outstanding.schedule.transmissions) return false;
  outstanding.sent++;
  transmit(ctx, sa.local, sa.remote, outstanding.datagrams);
  armRetransmit(ctx, sa);
  ctx.emit({ type: 'message.retransmitted', tunnel: sa.tunnel, ikeSa: sa.id, attempt: outstanding.sent });
  return true;
}

/** The path is another one (RFC 4555 §3.5): what is under way goes on there, with all its time before it. */
export function resendRequest(ctx: Context, sa: IkeSaV2): void {
  if (sa.outstanding === undefined) return;
  sa.outstanding = { ...sa.outstanding, sent: 1, firstSentAt: ctx.now.mono };
  transmit(ctx, sa.local, sa.remote, sa.outstanding.datagrams);
  armRetransmit(ctx, sa);
}

/** RFC 6311 §9: the peer no longer answers what is under way; it is asked again under the message ID that is next now. */
export function askAgain(ctx: Context, sa: IkeSaV2): void {
  const { outstanding } = sa;
  if (outstanding === undefined) return;
  const { exchange, payloads } = outstanding;
  const messageId = sa.nextRequestId++;
  const datagrams = protectedDatagrams(ctx, sa, { exchange, payloads, messageId, response: false });
  sa.outstanding = { ...outstanding, messageId, datagrams };
  resendRequest(ctx, sa);
}

/** The response has come: the window is free again. */
export function settleRequest(ctx: Context, sa: IkeSaV2): void {
  sa.outstanding = undefined;
  ctx.clearTimer(sa.id, 'retransmit');
  // It may have gone off while something was under way; it was about this request and no other.
  sa.queue = sa.queue.filter((work) => work.kind !== 'timer' || work.name !== 'retransmit');
}

/** Puts a request in line; the machine sends it when the window is free. */
export function addTask(sa: IkeSaV2, task: Task): void {
  sa.tasks.push(task);
}

/** The header of a message of ours. */
export function messageHeader(
  sa: IkeSaV2,
  exchange: ExchangeName,
  { messageId, response }: { readonly messageId: number; readonly response: boolean },
): MessageHeader {
  const flags = (sa.role === 'initiator' ? FLAG_INITIATOR : 0) | (response ? FLAG_RESPONSE : 0);
  const { initiatorSpi, responderSpi } = sa;
  return { initiatorSpi, responderSpi, exchangeType: EXCHANGE[exchange], flags, messageId };
}

/** How a datagram is known again. */
export function digestOf(message: Uint8Array): Uint8Array {
  return hash('sha256', message);
}

type MessageParts = {
  readonly exchange: ExchangeName;
  readonly payloads: readonly Payload[];
  readonly messageId: number;
  readonly response: boolean;
};

function protectedDatagrams(ctx: Context, sa: IkeSaV2, parts: MessageParts): Uint8Array[] {
  const { suite, keys } = sa;
  invariant(suite !== undefined && keys !== undefined, 'protected messages follow the key exchange');
  const whole = Number.POSITIVE_INFINITY;
  const marked = sa.local.port === NAT_TRAVERSAL_PORT;
  const header = messageHeader(sa, parts.exchange, parts);
  recordMessage(ctx, sa, 'sent', header, parts.payloads);
  return fragmentMessage({
    suite,
    keys: messageKeys(keys, sa.role),
    header,
    payloads: parts.payloads,
    maxBytes: sa.fragmentation ? maxMessageBytes(addressFamily(sa.remote.address), marked) : whole,
    nextIv: () => nextIv(ctx, sa),
  });
}

/** Random for CBC (RFC 7296 §3.14), a counter for combined-mode ciphers (RFC 5282 §3.1). */
function nextIv(ctx: Context, sa: IkeSaV2): Uint8Array {
  invariant(sa.suite?.encryption !== undefined, 'an agreed IKE suite has a cipher');
  const cipher = encryptionAlgorithm(sa.suite.encryption);
  if (cipher.aeadIcvBytes === undefined) return ctx.entropy.bytes(cipher.ivBytes);
  const count = ++sa.ivCounter;
  return new ByteWriter(cipher.ivBytes)
    .u32(Math.floor(count / 2 ** 32))
    .u32(count % 2 ** 32)
    .finish();
}

function startWaiting(
  ctx: Context,
  sa: IkeSaV2,
  datagrams: readonly Uint8Array[],
  messageId: number,
  options: RequestOptions,
): void {
  sa.outstanding = {
    messageId,
    exchange: options.exchange,
    task: options.task,
    payloads: options.payloads,
    datagrams,
    schedule: options.schedule,
    sent: 1,
    firstSentAt: ctx.now.mono,
    patience: options.patience,
  };
  transmit(ctx, sa.local, sa.remote, datagrams);
  armRetransmit(ctx, sa);
}

function armRetransmit(ctx: Context, sa: IkeSaV2): void {
  const outstanding = sa.outstanding;
  if (outstanding === undefined) return;
  const wait = retransmitDelay(outstanding.sent, randomFraction(ctx.entropy), outstanding.schedule) ?? 0;
  const at = ctx.now.mono + wait;
  ctx.setTimer(sa.id, 'retransmit', Math.min(at, deadline(sa) ?? at));
}

/** RFC 7296 §2.4: whatever authentic message arrives meanwhile shows that the peer lives, and gives it more time. */
function deadline(sa: IkeSaV2): Instant | undefined {
  const { outstanding } = sa;
  if (outstanding?.patience === undefined) return undefined;
  return Math.max(outstanding.firstSentAt, sa.lastHeardAt) + outstanding.patience;
}

function rememberAnswer(ctx: Context, sa: IkeSaV2, request: RequestRef, datagrams: readonly Uint8Array[]): void {
  sa.answered = { messageId: request.messageId, requestDigest: request.digest, datagrams };
  transmit(ctx, request.local, request.remote, datagrams);
}
