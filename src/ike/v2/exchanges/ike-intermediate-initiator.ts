import { equalBytes } from '../../../base/bytes.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { privateKeyBytes } from '../../../crypto/key-exchange.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import { attemptDuration } from '../../common/attempt.ts';
import type { Context } from '../../common/context.ts';
import type { Reason } from '../../common/reason.ts';
import { HANDSHAKE_RETRANSMIT } from '../../common/retransmit.ts';
import { abandon } from '../close.ts';
import { sendRequest, settleRequest } from '../message-window.ts';
import { findError } from '../payload-set.ts';
import type { Received } from '../received.ts';
import type { IkeSaV2 } from '../state.ts';
import { notifyName } from '../wire/notify.ts';
import type { Payload } from '../wire/payload.ts';
import { requestFirstSpi } from './ike-auth-initiator.ts';
import { coverOwnMessage, coverPeerMessage, endRound, handshakeOf, requireRoundValue } from './ike-intermediate.ts';

/** The next additional key exchange (RFC 9370 §2.2.2); where none is left, IKE_AUTH. */
export function startRound(ctx: Context, sa: IkeSaV2): void {
  const handshake = handshakeOf(sa);
  const [method] = handshake.rounds;
  if (method === undefined) return requestFirstSpi(ctx, sa);
  handshake.method = method;
  handshake.privateKey = ctx.entropy.bytes(privateKeyBytes(method));
  const job = { kind: 'ke.generate', method, privateKey: handshake.privateKey } as const;
  sa.pending = { request: ctx.requestJob(sa.id, job), step: { kind: 'round-generated' } };
}

/** IKE_INTERMEDIATE SK { KEi(n) } --> */
export function onRoundGenerated(ctx: Context, sa: IkeSaV2, result: KeyExchangeResult): void {
  if (result.kind !== 'ke.generate') return abandon(ctx, sa, failed(result));
  const handshake = handshakeOf(sa);
  handshake.publicValue = result.publicValue;
  const group = keyExchangeMethod(handshake.method).group;
  const payloads: Payload[] = [{ type: 'KE', method: group, data: result.publicValue }];
  coverOwnMessage(sa, { messageId: sa.nextRequestId, response: false, payloads });
  sa.phase = 'intermediate-sent';
  sendRequest(ctx, sa, { exchange: 'IKE_INTERMEDIATE', payloads, schedule: HANDSHAKE_RETRANSMIT });
}

/** <-- IKE_INTERMEDIATE SK { KEr(n) } or an error. @throws WireError */
export function onIntermediateResponse(ctx: Context, sa: IkeSaV2, received: Received): void {
  const error = findError(received.payloads);
  if (error !== undefined) return abandon(ctx, sa, refusedWith(notifyName(error.notify)));
  const ke = requireRoundValue(sa, received);
  const handshake = handshakeOf(sa);
  // A value of ours coming back is nobody's answer.
  if (equalBytes(ke.data, handshake.publicValue)) return abandon(ctx, sa, REFLECTED);
  settleRequest(ctx, sa);
  coverPeerMessage(sa, received);
  const { method, privateKey } = handshake;
  const job = { kind: 'ke.agree', method, privateKey, peerPublic: ke.data.slice() } as const;
  sa.pending = { request: ctx.requestJob(sa.id, job), step: { kind: 'round-agreed' } };
}

/** The shared secret is there: on with the new keys. */
export function onRoundAgreed(ctx: Context, sa: IkeSaV2, result: KeyExchangeResult): void {
  if (result.kind !== 'ke.agree') return abandon(ctx, sa, failed(result));
  endRound(sa, result.sharedSecret);
  // The peer is there: the next exchange has as much time as the ones before.
  const policy = ctx.policies.get(sa.tunnel);
  if (policy !== undefined) ctx.setTimer(sa.id, 'handshake', ctx.now.mono + attemptDuration(policy));
  startRound(ctx, sa);
}

function failed(result: KeyExchangeResult): Reason {
  const detail = result.kind === 'ke.refused' ? result.reason : 'it came to nothing';
  return { code: 'protocol-error', text: `an additional key exchange failed: ${detail}` };
}

function refusedWith(notify: string): Reason {
  return { code: 'protocol-error', text: `the peer refuses IKE_INTERMEDIATE with ${notify}` };
}

const REFLECTED: Reason = { code: 'protocol-error', text: 'the peer sent our own key exchange value back' };
