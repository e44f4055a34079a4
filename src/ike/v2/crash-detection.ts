import type { Endpoint } from '../../base/net.ts';
import { SECOND } from '../../base/time.ts';
import { candidatesFor } from '../common/candidates.ts';
import type { Context } from '../common/context.ts';
import type { RateLimit } from '../common/rate-limit.ts';
import type { Reason } from '../common/reason.ts';
import { transmit } from '../common/transmit.ts';
import type { Work } from '../common/work.ts';
import { EXCHANGE, FLAG_INITIATOR, FLAG_RESPONSE, type IkeHeader, ZERO_SPI } from '../wire/header.ts';
import { abandon } from './close.ts';
import { showsToken, tokenPayloads } from './crash-token.ts';
import type { IkeSaV2 } from './state.ts';
import { decodePlainMessage, encodePlainMessage } from './wire/message.ts';
import { notifyPayload } from './wire/notify.ts';
import { PAYLOAD_TYPE } from './wire/payload.ts';

type Path = { readonly local: Endpoint; readonly remote: Endpoint };

/** A peer of a known address repeats a request for some seconds, for each of its IKE SAs with us. */
const TO_KNOWN_PEER: RateLimit = { burst: 8, interval: SECOND };

/** All others together: after a crash many may ask at once, and anyone can pretend to. */
const TO_OTHERS: RateLimit = { burst: 64, interval: SECOND / 10 };

/** RFC 6290 §8.1. A peer shows its token once for each request of ours; one bucket for where it is, one for elsewhere. */
const VERIFIED: RateLimit = { burst: 8, interval: SECOND };

/**
 * A protected request for an IKE SA that we do not have: if we had it before a crash, our token proves to the peer
 * that it is gone. RFC 6290 §4.5: SPIs and message ID are those of the request. RFC 7296 §1.5: so is the exchange type,
 * and it is a response, which nobody ever answers.
 *
 * `isLive` tells of either SPI whether an IKE SA of ours has it: its token must never be seen (RFC 6290 §9.2), however
 * the rest of the header is forged. RFC 6290 §9.3: only peers of some tunnel are told, at a limited rate, so that
 * nobody can collect tokens.
 */
export function answerUnknownSpis(ctx: Context, header: IkeHeader, path: Path, isLive: (spi: string) => boolean): void {
  const { initiatorSpi, responderSpi, exchangeType, messageId } = header;
  if (ctx.crashSecret === undefined || !isProtectedRequest(header)) return;
  if (isLive(initiatorSpi) || isLive(responderSpi)) return;
  const [policy] = candidatesFor(ctx.policies, 2, path.local, path.remote);
  if (policy === undefined) return;
  const known = policy.remote.address.kind === 'address';
  const key = `token ${known ? policy.name : ''}`;
  if (!ctx.isWithin(key, known ? TO_KNOWN_PEER : TO_OTHERS)) return;
  // We have the other role.
  const flags = FLAG_RESPONSE | ((header.flags & FLAG_INITIATOR) === 0 ? FLAG_INITIATOR : 0);
  const answer = { initiatorSpi, responderSpi, exchangeType, messageId, flags };
  const payloads = [notifyPayload('INVALID_IKE_SPI'), ...tokenPayloads(ctx, header)];
  transmit(ctx, path.local, path.remote, [encodePlainMessage(answer, payloads)]);
}

/** Whether a message for an established IKE SA is one that only a token can make credible. */
export function isUnprotectedAnswer(sa: IkeSaV2, header: IkeHeader): boolean {
  const isResponse = (header.flags & FLAG_RESPONSE) !== 0;
  return sa.establishedAt !== undefined && isResponse && header.nextPayload === PAYLOAD_TYPE.N;
}

/**
 * The peer says that it knows nothing of the IKE SA. RFC 6290 §4.5: with its token it is believed, whatever address
 * that comes from (§3), and the IKE SA ends here too, silently; without, RFC 7296 §2.21.4 lets nothing change.
 * @throws WireError
 */
export function onUnprotectedAnswer(ctx: Context, sa: IkeSaV2, datagram: Work & { kind: 'datagram' }): void {
  const { remote, message } = datagram;
  if (sa.peerToken === undefined) return ctx.drop(remote, 'unprotected');
  const from = remote.address === sa.remote.address ? 'peer' : 'elsewhere';
  if (!ctx.isWithin(`token from ${from} ${sa.tunnel}`, VERIFIED)) return ctx.drop(remote, 'too-many-tokens');
  if (!showsToken(sa, decodePlainMessage(message).payloads)) return ctx.drop(remote, 'no-token');
  const task = sa.outstanding?.task;
  abandon(ctx, sa, task?.kind === 'delete-ike' ? task.reason : PEER_RESTARTED);
}

/** RFC 6290 §4.5 speaks of protected requests; an answer is never answered (RFC 7296 §2.21.4). */
function isProtectedRequest({ flags, exchangeType, nextPayload, responderSpi, majorVersion }: IkeHeader): boolean {
  const isRequest = majorVersion === 2 && (flags & FLAG_RESPONSE) === 0 && responderSpi !== ZERO_SPI;
  const isProtected = nextPayload === PAYLOAD_TYPE.SK || nextPayload === PAYLOAD_TYPE.SKF;
  return isRequest && isProtected && exchangeType !== EXCHANGE.IKE_SA_INIT;
}

const PEER_RESTARTED: Reason = {
  code: 'peer-restarted',
  text: 'the peer has restarted and lost the tunnel',
};
