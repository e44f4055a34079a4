import { WireError } from '../../base/errors.ts';
import type { Context } from '../common/context.ts';
import { EXCHANGE } from '../wire/header.ts';
import { openMessage, peekFragment } from './encrypted-payload.ts';
import { messageKeys } from './keymat.ts';
import { recordMessage } from './message-record.ts';
import { askAgain, sendResponse } from './message-window.ts';
import { findNotify, notifies } from './payload-set.ts';
import { followPeer } from './peer-path.ts';
import type { Received } from './received.ts';
import type { IdSync, IkeSaV2 } from './state.ts';
import { decodeMessageIdSync, encodeMessageIdSync, type MessageIdSync } from './wire/message-id-sync.ts';
import { NOTIFY, type NotifyPayload, notifyPayload } from './wire/notify.ts';
import { decodePayloads, type Payload } from './wire/payload.ts';

/**
 * RFC 6311: where the peer is a cluster and another member of it takes over, that may not know which messages the last
 * one has sent and received. It names the message IDs to go on with, and we answer; we are no cluster and never ask.
 * The initiator of an IKE SA says that it knows this, and the responder only where the initiator has (§5).
 */
export function announceIdSync(): NotifyPayload {
  return notifyPayload('IKEV2_MESSAGE_ID_SYNC_SUPPORTED');
}

/** What an IKE SA begins with whose peer has said the same. */
export function agreedIdSync(theirs: readonly Payload[]): IdSync | undefined {
  return findNotify(theirs, 'IKEV2_MESSAGE_ID_SYNC_SUPPORTED') === undefined ? undefined : { named: undefined };
}

/** A successor has message IDs of its own. */
export function inheritedIdSync({ idSync }: IkeSaV2): IdSync | undefined {
  return idSync === undefined ? undefined : { named: undefined };
}

/**
 * INFORMATIONAL SK { N(IKEV2_MESSAGE_ID_SYNC) } --> with message ID 0, whichever is due (§5.1). True where it was one,
 * be it refused, which the peer is not told; where not, nothing has changed.
 */
export function synchronize(ctx: Context, sa: IkeSaV2, received: Closed): boolean {
  const { header, message, remote } = received;
  const { idSync } = sa;
  if (idSync === undefined || header.messageId !== 0 || header.exchangeType !== EXCHANGE.INFORMATIONAL) return false;
  const payloads = contentOf(sa, message);
  if (payloads === undefined || findNotify(payloads, 'IKEV2_MESSAGE_ID_SYNC') === undefined) return false;
  const asked = readSync(payloads);
  const why = asked === undefined ? 'sync-malformed' : refusalOf(sa, idSync, asked);
  if (asked === undefined || why !== undefined) {
    ctx.drop(remote, why ?? 'sync-malformed');
    return true;
  }
  recordMessage(ctx, sa, 'received', header, payloads);
  sa.lastHeardAt = ctx.now.mono;
  if (sa.mobike === undefined) followPeer(ctx, sa, received);
  idSync.named = asked.sends;
  sa.expectedRequestId = asked.sends;
  sa.nextRequestId = Math.max(sa.nextRequestId, asked.expects);
  // §9: neither the rest of a request nor an answer is waited for any more.
  sa.reassembly = undefined;
  const answer = { nonce: asked.nonce, sends: sa.nextRequestId, expects: sa.expectedRequestId };
  sendResponse(ctx, sa, received, { exchange: 'INFORMATIONAL', payloads: [encodeMessageIdSync(answer)] });
  askAgain(ctx, sa);
  if (sa.creation !== undefined) sa.creation.askedAgain = true;
  ctx.emit({ type: 'peer.synchronized', tunnel: sa.tunnel, ikeSa: sa.id });
  return true;
}

/** A message before it is opened. */
type Closed = Omit<Received, 'payloads'>;

/** RFC 7296 §2.2: message IDs never wrap. No IKE SA comes near this by itself, and none is to be brought there. */
const HIGHEST_NAMED = 0xf000_0000;

/** undefined also for fragments: what can say no more than this fits one message. */
function contentOf(sa: IkeSaV2, message: Uint8Array): readonly Payload[] | undefined {
  if (sa.suite === undefined || sa.keys === undefined || peekFragment(message) !== undefined) return undefined;
  const sender = sa.role === 'initiator' ? 'responder' : 'initiator';
  try {
    const opened = openMessage(message, sa.suite, messageKeys(sa.keys, sender));
    return opened === undefined ? undefined : decodePayloads(opened.firstType, opened.chain);
  } catch (error) {
    // An ordinary request says so to the peer, where one is due.
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** §5.1: nothing else may be in the message, but for what is about the counters of Child SAs. */
function readSync(payloads: readonly Payload[]): MessageIdSync | undefined {
  const own = notifies(payloads).filter(({ notify }) => notify !== NOTIFY.IPSEC_REPLAY_COUNTER_SYNC);
  const [sync, ...more] = own;
  const counters = notifies(payloads).length - own.length;
  if (sync === undefined || more.length > 0 || payloads.length - counters !== 1) return undefined;
  return decodeMessageIdSync(sync);
}

/**
 * §5.1: what the peer names for itself has to be new, or an old synchronization could be played back. The examples of
 * appendix A also show one that lies behind; the rule does not allow it.
 */
function refusalOf({ expectedRequestId }: IkeSaV2, { named }: IdSync, asked: MessageIdSync): string | undefined {
  if (asked.sends < expectedRequestId || (named !== undefined && asked.sends <= named)) return 'sync-stale';
  return asked.sends > HIGHEST_NAMED || asked.expects > HIGHEST_NAMED ? 'sync-out-of-range' : undefined;
}
