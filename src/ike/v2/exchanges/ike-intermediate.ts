import { invariant, WireError } from '../../../base/errors.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { coverMessage, NO_INT_AUTH, ownContent, type ProtectedContent } from '../int-auth.ts';
import { deriveAdditionalIkeKeys, prfOf } from '../keymat.ts';
import { messageHeader } from '../message-window.ts';
import { requirePayload } from '../payload-set.ts';
import type { Received } from '../received.ts';
import type { Handshake, IkeSaV2 } from '../state.ts';
import type { KePayload } from '../wire/ke.ts';
import type { Payload } from '../wire/payload.ts';

/** The state of the initial exchanges, which the rounds are part of. */
export function handshakeOf(sa: IkeSaV2): Handshake {
  invariant(sa.handshake !== undefined, 'the initial exchanges have their state');
  return sa.handshake;
}

/**
 * The peer's value for the round that is under way. @throws WireError where it is missing, doubled or of another
 * method: what has been agreed leaves no choice here.
 */
export function requireRoundValue(sa: IkeSaV2, received: Received): KePayload {
  const [method] = handshakeOf(sa).rounds;
  invariant(method !== undefined, 'a message of IKE_INTERMEDIATE is due only in a round');
  const ke = requirePayload(received.payloads, 'KE');
  if (ke.method !== keyExchangeMethod(method).group) throw new WireError('value', 'KE.method');
  return ke;
}

/** RFC 9242 §3.3.2: the message that we are about to send becomes part of what IKE_AUTH covers. */
export function coverOwnMessage(
  sa: IkeSaV2,
  message: { readonly messageId: number; readonly response: boolean; readonly payloads: readonly Payload[] },
): void {
  const header = messageHeader(sa, 'IKE_INTERMEDIATE', message);
  cover(sa, sa.role, ownContent(header, message.payloads));
}

/** The same for one of the peer's, as it was before encryption and fragmentation. */
export function coverPeerMessage(sa: IkeSaV2, received: Received): void {
  invariant(received.content !== undefined, 'messages of IKE_INTERMEDIATE are protected');
  cover(sa, sa.role === 'initiator' ? 'responder' : 'initiator', received.content);
}

/** RFC 9370 §2.2.2: the round is over, and its secret is part of all keys from here on. */
export function endRound(sa: IkeSaV2, sharedSecret: Uint8Array): void {
  const handshake = handshakeOf(sa);
  const { suite, keys, role, initiatorSpi, responderSpi } = sa;
  invariant(suite !== undefined && keys !== undefined, 'a round follows the first key exchange');
  const [nonceI, nonceR] =
    role === 'initiator' ? [handshake.ownNonce, handshake.peerNonce] : [handshake.peerNonce, handshake.ownNonce];
  sa.keys = deriveAdditionalIkeKeys(keys, {
    suite,
    sharedSecret,
    nonceI,
    nonceR,
    spiI: initiatorSpi,
    spiR: responderSpi,
  });
  handshake.rounds = handshake.rounds.slice(1);
  handshake.privateKey = new Uint8Array(0);
}

function cover(sa: IkeSaV2, sender: 'initiator' | 'responder', content: ProtectedContent): void {
  const handshake = handshakeOf(sa);
  invariant(sa.suite !== undefined && sa.keys !== undefined, 'a round follows the first key exchange');
  const skP = sender === 'initiator' ? sa.keys.skPi : sa.keys.skPr;
  handshake.intAuth = coverMessage(handshake.intAuth ?? NO_INT_AUTH, sender, { prf: prfOf(sa.suite), skP, content });
}
