import { invariant } from '../../../base/errors.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { privateKeyBytes } from '../../../crypto/key-exchange.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import type { Context } from '../../common/context.ts';
import { vanish } from '../close.ts';
import { sendResponse } from '../message-window.ts';
import type { Received, RequestRef } from '../received.ts';
import type { IkeSaV2 } from '../state.ts';
import { notifyPayload } from '../wire/notify.ts';
import type { Payload } from '../wire/payload.ts';
import { coverOwnMessage, coverPeerMessage, endRound, handshakeOf, requireRoundValue } from './ike-intermediate.ts';

/** IKE_INTERMEDIATE SK { KEi(n) } -->. @throws WireError */
export function onIntermediateRequest(ctx: Context, sa: IkeSaV2, received: Received): void {
  const ke = requireRoundValue(sa, received);
  coverPeerMessage(sa, received);
  const { messageId, digest, local, remote } = received;
  // RFC 9242 §3.2: with a NAT on the path the initiator has moved to the ports 4500 by now, where a marker goes before
  // each message. Nothing else of the path is believed before IKE_AUTH.
  sa.local = { ...sa.local, port: local.port };
  const [method] = handshakeOf(sa).rounds;
  invariant(method !== undefined, 'a request of IKE_INTERMEDIATE is due only in a round');
  const privateKey = ctx.entropy.bytes(privateKeyBytes(method));
  const job = { kind: 'ke.respond', method, privateKey, peerPublic: ke.data.slice() } as const;
  const request = { messageId, digest, local, remote };
  sa.pending = { request: ctx.requestJob(sa.id, job), step: { kind: 'round-responded', request } };
}

/** <-- IKE_INTERMEDIATE SK { KEr(n) }, still by the keys of before (RFC 9370 §2.2.2). */
export function onRoundResponded(ctx: Context, sa: IkeSaV2, request: RequestRef, result: KeyExchangeResult): void {
  if (result.kind !== 'ke.respond') {
    // FIPS 203 §7.2, RFC 6989 §2.5: nothing can be made of such a value.
    sendResponse(ctx, sa, request, { exchange: 'IKE_INTERMEDIATE', payloads: [notifyPayload('INVALID_SYNTAX')] });
    return vanish(ctx, sa, 'bad-public-value');
  }
  const handshake = handshakeOf(sa);
  const [method] = handshake.rounds;
  invariant(method !== undefined, 'an answer of IKE_INTERMEDIATE ends a round');
  const payloads: Payload[] = [{ type: 'KE', method: keyExchangeMethod(method).group, data: result.publicValue }];
  coverOwnMessage(sa, { messageId: request.messageId, response: true, payloads });
  sendResponse(ctx, sa, request, { exchange: 'IKE_INTERMEDIATE', payloads });
  endRound(sa, result.sharedSecret);
  sa.phase = handshake.rounds.length > 0 ? 'intermediate-due' : 'init-answered';
}
