import { concatBytes } from '../../base/bytes.ts';
import { randomFraction, randomU32 } from '../../base/entropy.ts';
import { invariant } from '../../base/errors.ts';
import { addressFamily } from '../../base/net.ts';
import type { Context } from '../common/context.ts';
import { maxMessageBytes } from '../common/datagram-size.ts';
import { NAT_TRAVERSAL_PORT } from '../common/ports.ts';
import { HANDSHAKE_RETRANSMIT, type RetransmitSchedule, retransmitDelay } from '../common/retransmit.ts';
import { transmit } from '../common/transmit.ts';
import { EXCHANGE_V1, FLAG_V1 } from '../wire/header.ts';
import { hash1, type Phase2HashKey } from './hashes.ts';
import { encryptBody, forgetExchange, type IvChain, type MessageCipher } from './iv-chain.ts';
import { encryptionOf, hashOf, prfOf } from './keymat.ts';
import { recordMessage } from './message-record.ts';
import type { Path } from './nat.ts';
import type { IkeSaV1, LastMessage } from './state.ts';
import { isDpd } from './wire/dpd.ts';
import { encodeClearMessage, encodeMessage, type MessageHeaderV1 } from './wire/message.ts';
import { encodePayloads, type PayloadChain, type PayloadV1 } from './wire/payload.ts';
import { fragmentMessage } from './wire/reassembly.ts';

/** Exchange type of each mode of phase 1. */
export const PHASE_1_EXCHANGE = { main: EXCHANGE_V1.MAIN_MODE, aggressive: EXCHANGE_V1.AGGRESSIVE_MODE } as const;

export type Phase1Message = {
  readonly payloads: readonly PayloadV1[];
  readonly encrypted?: true;
  /** The digest of the message that it answers. */
  readonly answers?: Uint8Array;
  /** Where to, if not along the path of the IKE SA. */
  readonly path?: Path;
};

/** Sends a message of phase 1 and keeps it: it is repeated when the peer repeats its own. */
export function sendPhase1(ctx: Context, sa: IkeSaV1, message: Phase1Message): void {
  const exchangeType = PHASE_1_EXCHANGE[sa.mode];
  recordMessage(ctx, sa, 'sent', { exchangeType, messageId: 0 }, message.payloads);
  const chain = encodePayloads(message.payloads);
  const bytes =
    message.encrypted === true
      ? encrypted(sa, { exchangeType, messageId: 0 }, chain)
      : encodeMessage(headerOf(sa, exchangeType, 0, 0), chain);
  sa.last = { datagrams: inDatagrams(sa, bytes), answers: message.answers, sent: 1, repeated: 0 };
  const { local, remote } = message.path ?? sa;
  transmit(ctx, local, remote, sa.last.datagrams);
}

/** As initiator: sends a message and repeats it until the next one comes. */
export function sendPhase1Request(ctx: Context, sa: IkeSaV1, message: Phase1Message): void {
  // A timer that has gone off while something was under way was about the message before.
  sa.queue = sa.queue.filter((work) => work.kind !== 'timer' || work.name !== 'retransmit');
  sendPhase1(ctx, sa, message);
  armRetransmit(ctx, sa, 'retransmit', sa.last);
}

/** Repeats the message of phase 1; false where its schedule is over. */
export function retransmitPhase1(ctx: Context, sa: IkeSaV1): boolean {
  return retransmit(ctx, sa, 'retransmit', sa.last);
}

/** Sends it once more and sets the timer for the next time; false where the schedule is over. */
export function retransmit(
  ctx: Context,
  sa: IkeSaV1,
  timer: string,
  last: LastMessage | undefined,
  schedule = HANDSHAKE_RETRANSMIT,
): boolean {
  if (last === undefined || last.sent >= schedule.transmissions) return false;
  last.sent++;
  transmit(ctx, sa.local, sa.remote, last.datagrams);
  armRetransmit(ctx, sa, timer, last, schedule);
  ctx.emit({ type: 'message.retransmitted', tunnel: sa.tunnel, ikeSa: sa.id, attempt: last.sent });
  return true;
}

export function armRetransmit(
  ctx: Context,
  sa: IkeSaV1,
  timer: string,
  last: LastMessage | undefined,
  schedule: RetransmitSchedule = HANDSHAKE_RETRANSMIT,
): void {
  const wait = retransmitDelay(last?.sent ?? 1, randomFraction(ctx.entropy), schedule);
  if (wait !== undefined) ctx.setTimer(sa.id, timer, ctx.now.mono + wait);
}

/**
 * The peer has repeated the message that `last` answers. Before it has proven that it gets what we send, that is worth
 * two answers: whoever sends from a stolen address must not make us send many times as much (CVE-2016-5361).
 */
export function repeatAnswer(ctx: Context, last: LastMessage, path: Path, proven: boolean): void {
  if (last.repeated >= (proven ? MAX_REPEATED : MAX_REPEATED_UNPROVEN))
    return ctx.drop(path.remote, 'repeated-too-often');
  last.repeated++;
  transmit(ctx, path.local, path.remote, last.datagrams);
}

const MAX_REPEATED_UNPROVEN = 2;
const MAX_REPEATED = 20;

/** A message of a Quick Mode; the caller has made its HASH payload. */
export function exchangeDatagrams(
  ctx: Context,
  sa: IkeSaV1,
  messageId: number,
  payloads: readonly PayloadV1[],
): readonly Uint8Array[] {
  const header = { exchangeType: EXCHANGE_V1.QUICK_MODE, messageId };
  recordMessage(ctx, sa, 'sent', header, payloads);
  return inDatagrams(sa, encrypted(sa, header, encodePayloads(payloads)));
}

/** An informational exchange: one message that nobody answers (RFC 2409 §5.7). Returns what it sent. */
export function sendInformational(
  ctx: Context,
  sa: IkeSaV1,
  payloads: readonly PayloadV1[],
  options: { readonly hashLast?: boolean } = {},
): readonly Uint8Array[] {
  const messageId = newMessageId(ctx, sa);
  const key = hashKey(sa, messageId);
  const header = { exchangeType: EXCHANGE_V1.INFORMATIONAL, messageId };
  const proven = hashed(key, payloads, options);
  recordMessage(ctx, sa, 'sent', header, proven);
  const message = encrypted(sa, header, encodePayloads(proven));
  forgetIvs(sa, messageId);
  rememberInformational(sa, messageId, payloads);
  const datagrams = inDatagrams(sa, message);
  transmit(ctx, sa.local, sa.remote, datagrams);
  return datagrams;
}

/** So that the same message, of either side, does not count again. */
export function rememberInformational(sa: IkeSaV1, messageId: number, payloads: readonly PayloadV1[]): void {
  if (!payloads.some((payload) => payload.type === 'N' && isDpd(payload)))
    rememberMessageId(sa.usedInformationalIds, messageId);
}

/** Adds to the message IDs that have been used, and forgets the eldest of very many. */
export function rememberMessageId(used: number[], messageId: number): void {
  used.push(messageId);
  if (used.length > MAX_USED_IDS) used.shift();
}

const MAX_USED_IDS = 1024;

/** A notify in the clear, where there are no keys: it proves nothing, and says why to who can read it. */
export function sendClearNotify(ctx: Context, spis: SpiPair, path: Path, payload: PayloadV1): void {
  const header = { ...spis, exchangeType: EXCHANGE_V1.INFORMATIONAL, flags: 0, messageId: nonZero(ctx) };
  transmit(ctx, path.local, path.remote, [encodeClearMessage(header, [payload])]);
}

/** A message ID that no exchange of this IKE SA has (RFC 2408 §3.1: random, and 0 is phase 1). */
export function newMessageId(ctx: Context, sa: IkeSaV1): number {
  let messageId = nonZero(ctx);
  while (sa.quickModes.has(messageId)) messageId = nonZero(ctx);
  return messageId;
}

/** What the hashes of an exchange of phase 2 are made with. */
export function hashKey(sa: IkeSaV1, messageId: number): Phase2HashKey {
  invariant(sa.suite !== undefined && sa.keys !== undefined, 'phase 2 follows phase 1');
  return { prf: prfOf(sa.suite), skeyidA: sa.keys.skeyidA, messageId };
}

/** How the messages of an IKE SA with keys are encrypted. */
export function cipherOf(sa: IkeSaV1): MessageCipher {
  invariant(sa.suite !== undefined && sa.keys !== undefined, 'there are keys');
  return { encryption: encryptionOf(sa.suite), key: sa.keys.encryptionKey, hash: hashOf(sa.suite) };
}

export function ivsOf(sa: IkeSaV1): IvChain {
  invariant(sa.ivs !== undefined, 'the chain of IVs starts with the keys');
  return sa.ivs;
}

/** The exchange is over: nothing of it stays. */
export function forgetIvs(sa: IkeSaV1, messageId: number): void {
  sa.ivs = forgetExchange(ivsOf(sa), messageId);
}

type SpiPair = { readonly initiatorSpi: string; readonly responderSpi: string };

function spisOf({ initiatorSpi, responderSpi }: SpiPair): SpiPair {
  return { initiatorSpi, responderSpi };
}

function encrypted(
  sa: IkeSaV1,
  { exchangeType, messageId }: { readonly exchangeType: number; readonly messageId: number },
  chain: PayloadChain,
): Uint8Array {
  const sealed = encryptBody(ivsOf(sa), cipherOf(sa), messageId, chain.bytes);
  sa.ivs = sealed.next;
  const header = headerOf(sa, exchangeType, FLAG_V1.ENCRYPTION, messageId);
  return encodeMessage(header, { firstType: chain.firstType, bytes: sealed.bytes });
}

function headerOf(spis: SpiPair, exchangeType: number, flags: number, messageId: number): MessageHeaderV1 {
  const { initiatorSpi, responderSpi } = spis;
  return { initiatorSpi, responderSpi, exchangeType, flags, messageId };
}

/** HASH(1) covers everything but the HASH payload itself, which belongs first; some devices put it last. */
function hashed(
  key: Phase2HashKey,
  payloads: readonly PayloadV1[],
  { hashLast = false }: { readonly hashLast?: boolean },
): readonly PayloadV1[] {
  if (!hashLast) return [{ type: 'HASH', data: hash1(key, encodePayloads(payloads).bytes) }, ...payloads];
  const unhashed = encodePayloads([...payloads, { type: 'HASH', data: new Uint8Array(0) }]);
  const data = hash1(key, unhashed.bytes.subarray(0, -4));
  return [...payloads, { type: 'HASH', data }];
}

/** In one piece, or in the fragments of Cisco and Microsoft where the peer knows them and the message is long. */
function inDatagrams(sa: IkeSaV1, message: Uint8Array): readonly Uint8Array[] {
  if (!sa.features.fragmentation) return [message];
  const maxBytes = maxMessageBytes(addressFamily(sa.remote.address), sa.local.port === NAT_TRAVERSAL_PORT);
  if (message.length <= maxBytes) return [message];
  const id = sa.nextFragmentId;
  sa.nextFragmentId = (id % 0xffff) + 1;
  return fragmentMessage({
    header: { ...spisOf(sa), exchangeType: PHASE_1_EXCHANGE[sa.mode] },
    message: concatBytes(message),
    id,
    maxBytes,
  });
}

function nonZero(ctx: Context): number {
  return randomU32(ctx.entropy) || 1;
}
