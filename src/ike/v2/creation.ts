import type { Instant } from '../../base/time.ts';
import type { KeyExchangeKeyword } from '../../crypto/algorithms.ts';
import type { KeyExchangeSlot } from '../../sa/additional-key-exchange.ts';
import type { ChildSa } from '../../sa/child-sa.ts';
import type { SaKey } from '../../sa/data-plane.ts';
import type { CipherSuite } from '../../sa/proposal.ts';
import type { TrafficSelector } from '../../sa/traffic-selector.ts';
import type { RequestRef } from './received.ts';
import type { Payload } from './wire/payload.ts';

export type CreateChildTask = {
  readonly kind: 'create-child';
  readonly tunnel: string;
  /** The Child SA that it is to take the place of. */
  readonly replaces: string | undefined;
  readonly local: readonly TrafficSelector[];
  readonly remote: readonly TrafficSelector[];
  readonly retry?: MethodRetry;
  /** How often the peer has forgotten it between two of its exchanges (RFC 9370 §2.2.4). */
  readonly restarts?: number;
};

/** The IKE SA is to get a successor. */
export type RekeyIkeTask = { readonly kind: 'rekey-ike'; readonly retry?: MethodRetry; readonly restarts?: number };

/** The key exchange method that the peer has asked for (RFC 7296 §1.3), and how often it has done so. */
export type MethodRetry = { readonly method: KeyExchangeKeyword; readonly count: number };

/** A CREATE_CHILD_SA of ours, from its preparation until what it made is installed. */
export type Creation = {
  readonly task: CreateChildTask | RekeyIkeTask;
  readonly begunAt: Instant;
  readonly ownNonce: Uint8Array;
  /** Absent where a Child SA takes its keys from the IKE SA alone (no PFS). */
  readonly exchange: { readonly method: KeyExchangeKeyword; readonly privateKey: Uint8Array } | undefined;
  publicValue: Uint8Array;
  /** For a Child SA: the inbound SPI that the data plane holds ready. */
  reservedSpi: SaKey | undefined;
  /** For an IKE SA: our new SPI. */
  readonly ikeSpi: string | undefined;
  /** What the peer's own exchange for the same SA has made meanwhile: a Child SA, or an IKE SA. */
  rival: string | number | undefined;
  /** It has been asked for a second time, and the peer may have done it at the first (RFC 6311 §8.3). */
  askedAgain?: true;
  /** What the peer has deleted without our knowing it: its answer may have been overtaken by that. Bounded. */
  deletedSpis: number[];
  /** What it goes on with in IKE_FOLLOWUP_KE, once CREATE_CHILD_SA is answered. */
  rounds: Rounds | undefined;
  /** What it was to replace has been ended: whatever comes of it is not used. */
  unwanted?: true;
};

/** Additional key exchanges of a CREATE_CHILD_SA of ours (RFC 9370 §2.2.4): the one under way, and what is known. */
export type Rounds = {
  readonly agreed: CreationAnswer | IkeRekeyAnswer;
  readonly exchange: { readonly method: KeyExchangeKeyword; readonly privateKey: Uint8Array };
  publicValue: Uint8Array;
  /** By this the peer knows what the exchange belongs to; what it means is the peer's affair. */
  readonly link: Uint8Array;
  /** The methods that come after this one. */
  readonly left: readonly KeyExchangeKeyword[];
  /** That of CREATE_CHILD_SA first. */
  readonly secrets: readonly Uint8Array[];
};

/** A Child SA as agreed on paper, before it has an inbound SPI. */
export type ChildNegotiation = {
  readonly suite: CipherSuite;
  readonly proposalNumber: number;
  readonly leftOut: readonly KeyExchangeSlot[];
  readonly peerSpi: number;
  readonly mode: ChildSa['mode'];
  /** As in `ChildSa`. */
  readonly declined?: true;
  readonly localSelectors: readonly TrafficSelector[];
  readonly remoteSelectors: readonly TrafficSelector[];
};

/** What the peer's answer to our CREATE_CHILD_SA agreed on for a Child SA. */
export type CreationAnswer = {
  readonly negotiation: ChildNegotiation;
  readonly nonce: Uint8Array;
  /** For the first additional key exchange, where one was agreed. */
  readonly link: Uint8Array | undefined;
};

/** The same for an IKE SA. */
export type IkeRekeyAnswer = {
  readonly suite: CipherSuite;
  readonly responderSpi: string;
  readonly nonce: Uint8Array;
  /** RFC 6290 §4.3. */
  readonly peerToken: Uint8Array | undefined;
  readonly link: Uint8Array | undefined;
};

/** Our answer to a CREATE_CHILD_SA for a Child SA, while it is being made. */
export type ChildAnswer = {
  readonly request: RequestRef;
  readonly tunnel: string;
  readonly begunAt: Instant;
  readonly negotiation: ChildNegotiation;
  readonly replaces: string | undefined;
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
  /** With PFS, once it is computed. */
  readonly exchange?: { readonly publicValue: Uint8Array; readonly sharedSecret: Uint8Array };
  /** After additional key exchanges: their secrets, and what the last of them is answered with. */
  readonly rounds?: { readonly secrets: readonly Uint8Array[]; readonly reply: Payload };
};

/** The same for an IKE SA. */
export type IkeAnswer = {
  readonly request: RequestRef;
  readonly suite: CipherSuite;
  readonly proposalNumber: number;
  readonly leftOut: readonly KeyExchangeSlot[];
  readonly initiatorSpi: string;
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
};

/**
 * What the peer makes by a CREATE_CHILD_SA that we have answered, and goes on with in IKE_FOLLOWUP_KE (RFC 9370 §2.2.4).
 * The SA comes into being with the last of these.
 */
export type FollowUp = {
  readonly made: FollowUpOfChild | FollowUpOfIke;
  /** The lower of the two nonces: it decides where both ends replace the same SA (RFC 7296 §2.8.1, §2.8.2). */
  readonly lowerNonce: Uint8Array;
  /** What the next request has to bring. */
  link: Uint8Array;
  expiresAt: Instant;
  /** The methods that are still to be done, in order. */
  left: readonly KeyExchangeKeyword[];
  /** Those of the additional key exchanges so far. */
  secrets: readonly Uint8Array[];
};

export type FollowUpOfChild = { readonly kind: 'child'; readonly answer: ChildAnswer; readonly reservedSpi: SaKey };

export type FollowUpOfIke = {
  readonly kind: 'ike';
  readonly answer: IkeAnswer;
  readonly responderSpi: string;
  readonly sharedSecret: Uint8Array;
};
