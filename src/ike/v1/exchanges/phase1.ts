import { invariant } from '../../../base/errors.ts';
import { constantTimeEqual } from '../../../crypto/constant-time.ts';
import type { KeyExchangeJob, KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import type { CipherSuite } from '../../../sa/proposal.ts';
import type { Context } from '../../common/context.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import type { Reason } from '../../common/reason.ts';
import type { ContextV1 } from '../context.ts';
import { initiatorHash, responderHash } from '../hashes.ts';
import { startIvChain } from '../iv-chain.ts';
import { deriveIkeKeys, type IkeKeys, phase1Iv, prfOf, skeyidFromPsk } from '../keymat.ts';
import { ikeNotify, lifetimeData } from '../notifies.ts';
import type { Handshake, IkeSaV1, Step } from '../state.ts';
import { IKE_CLASSES } from '../transform-attributes.ts';
import type { PayloadV1 } from '../wire/payload.ts';

/** RFC 2409 §5 asks for 8 to 256; 32 suit every prf. */
export const NONCE_BYTES = 32;

export function newHandshake(saBody: Uint8Array): Handshake {
  const nothing = new Uint8Array(0);
  return {
    saBody,
    method: undefined,
    privateKey: nothing,
    publicI: nothing,
    publicR: nothing,
    nonceI: nothing,
    nonceR: nothing,
    sharedSecret: nothing,
    triedKeys: 0,
    lifetime: undefined,
    offeredLifetime: undefined,
    answering: undefined,
    peerIdBody: nothing,
    vendorIds: [],
    offer: undefined,
    refusal: undefined,
  };
}

export function handshakeOf(sa: IkeSaV1): Handshake {
  invariant(sa.handshake !== undefined, 'phase 1 has its state');
  return sa.handshake;
}

export function suiteOf(sa: IkeSaV1): CipherSuite {
  invariant(sa.suite !== undefined, 'the suite is settled before the keys');
  return sa.suite;
}

/** Asks for a step of the key exchange; until it is done, phase 1 waits. */
export function requestKeyExchange(ctx: Context, sa: IkeSaV1, job: KeyExchangeJob, step: Step): void {
  sa.pending = { request: ctx.requestJob(sa.id, job), step };
}

/** The keys of this IKE SA if both sides have this pre-shared key (RFC 2409 §5, §5.4). */
export function keysFromPsk(sa: IkeSaV1, policy: Pick<TunnelPolicy, 'psk'>, sharedSecret: Uint8Array): IkeKeys {
  const suite = suiteOf(sa);
  const { nonceI, nonceR } = handshakeOf(sa);
  const skeyid = skeyidFromPsk(prfOf(suite), policy.psk.expose(), nonceI, nonceR);
  return deriveIkeKeys({ suite, skeyid, sharedSecret, spiI: sa.initiatorSpi, spiR: sa.responderSpi });
}

/** The chain of IVs before the first encrypted message. */
export function firstIvs(sa: IkeSaV1) {
  const { publicI, publicR } = handshakeOf(sa);
  return startIvChain(phase1Iv(suiteOf(sa), publicI, publicR));
}

/** HASH_I or HASH_R over the ID payload of the side whose it is. */
export function phase1HashOf(sa: IkeSaV1, side: 'initiator' | 'responder', skeyid: Uint8Array, idBody: Uint8Array) {
  const { publicI, publicR, saBody } = handshakeOf(sa);
  const make = side === 'initiator' ? initiatorHash : responderHash;
  return make({
    prf: prfOf(suiteOf(sa)),
    skeyid,
    spiI: sa.initiatorSpi,
    spiR: sa.responderSpi,
    publicI,
    publicR,
    saBody,
    idBody,
  });
}

/** Whether the peer has the key that `skeyid` was made with. */
export function isGenuine(
  sa: IkeSaV1,
  skeyid: Uint8Array,
  claim: { readonly idBody: Uint8Array; readonly hash: Uint8Array },
): boolean {
  const peer = sa.role === 'initiator' ? 'responder' : 'initiator';
  return constantTimeEqual(claim.hash, phase1HashOf(sa, peer, skeyid, claim.idBody));
}

/** RFC 2407 §4.6.3.3: a peer that has forgotten us may as well forget what it still holds of the time before. */
export function initialContact(ctx: ContextV1, sa: IkeSaV1, policy: TunnelPolicy): PayloadV1[] {
  const first = ctx.isOnlyContact(sa.id, policy) && ctx.childrenOf(policy.name).length === 0;
  return first ? [ikeNotify(sa, 'INITIAL_CONTACT')] : [];
}

/** RFC 2407 §4.6.3.1: the responder accepts another lifetime than its own as it is offered, and tells the lower one. */
export function responderLifetime(sa: IkeSaV1): PayloadV1[] {
  const { lifetime, offeredLifetime } = handshakeOf(sa);
  if (lifetime === undefined || lifetime === offeredLifetime) return [];
  return [ikeNotify(sa, 'RESPONDER_LIFETIME', lifetimeData({ lifetime }, IKE_CLASSES))];
}

export function keyExchangeFailed(result: KeyExchangeResult): Reason {
  const detail = result.kind === 'ke.refused' ? result.reason : 'it came to nothing';
  return { code: 'protocol-error', text: `the key exchange failed: ${detail}` };
}
