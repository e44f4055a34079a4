import type { Endpoint } from '../../base/net.ts';
import type { Duration, Instant, Moment } from '../../base/time.ts';
import type { KeyExchangeKeyword } from '../../crypto/algorithms.ts';
import type { DirectionKeys, SaLimits } from '../../sa/child-sa.ts';
import type { SaKey } from '../../sa/data-plane.ts';
import type { Identity } from '../../sa/identity.ts';
import type { CipherSuite } from '../../sa/proposal.ts';
import type { TrafficSelector } from '../../sa/traffic-selector.ts';
import type { Nat } from '../common/nat-detection.ts';
import type { Reason } from '../common/reason.ts';
import type { Work } from '../common/work.ts';
import type { IvChain } from './iv-chain.ts';
import type { IkeKeys } from './keymat.ts';
import type { ChildOffer, IkeOffer } from './proposals.ts';
import type { Lifetimes } from './transform-attributes.ts';
import type { IdPayload } from './wire/id.ts';
import type { PayloadV1 } from './wire/payload.ts';
import type { Reassembly } from './wire/reassembly.ts';

/**
 * An IKE SA of IKEv1 (an ISAKMP SA). Plain data throughout; only the modules of this folder change it. Child SAs are
 * not part of it: they belong to the tunnel, and live on when it ends.
 */
export type IkeSaV1 = {
  readonly version: 1;
  readonly id: number;
  /** As long as a responder does not know who the peer is, the best guess by address. */
  tunnel: string;
  /** Other tunnels of the same peer that have had Child SAs by it (see common/sharing.ts). */
  guests: string[];
  readonly role: 'initiator' | 'responder';
  readonly mode: 'main' | 'aggressive';
  phase: Phase;
  /** RFC 2408 calls the two SPIs cookies. */
  readonly initiatorSpi: string;
  /** Zero until the responder has answered. */
  responderSpi: string;
  local: Endpoint;
  remote: Endpoint;
  /** Where the first message came from or went to. */
  readonly origin: Endpoint;
  nat: Nat;
  /** What both sides can do beside the standard, as the vendor IDs say. */
  features: Features;
  suite: CipherSuite | undefined;
  keys: IkeKeys | undefined;
  ivs: IvChain | undefined;
  localId: Identity | undefined;
  remoteId: Identity | undefined;

  /** Phase 1: what was sent last, to be repeated by our timer or on the peer's repetition. */
  last: LastMessage | undefined;
  reassembly: Reassembly | undefined;
  nextFragmentId: number;

  /** The effect that phase 1 waits for, and what arrived meanwhile. */
  pending: Pending | undefined;
  queue: Work[];

  /** Only until established. */
  handshake: Handshake | undefined;
  /** Whether we owe the tunnel its Child SAs once this is established; else it only takes the place of an older one. */
  connects: boolean;
  /** By message ID. */
  readonly quickModes: Map<number, QuickMode>;
  /** Quick Modes that wait for a free place. */
  waiting: QuickModePlan[];
  /**
   * Message IDs of Quick Modes, eldest first. One that the peer has used is a replay when it begins another; one of
   * ours is a reflection, as IKEv1 has the same keys for both directions.
   */
  usedMessageIds: number[];
  /** The same of informational exchanges, without those of DPD, which have sequence numbers. */
  usedInformationalIds: number[];
  /** Quick Modes of the peer that we have refused, by message ID: what we answered. */
  readonly refusals: Map<number, LastMessage>;
  /** The peer holds no other state with us (RFC 2407 §4.6.3.3). */
  initialContact: boolean;
  dpd: Dpd;

  readonly startedAt: Instant;
  establishedAt: Moment | undefined;
  /** When it is to be replaced. */
  rekeyAt: Moment | undefined;
  /** The last proof that the peer lives. */
  lastHeardAt: Instant;
};

export type Phase =
  /** Aggressive Mode: no message of ours has gone out yet, as our public value is being computed. */
  | 'larval'
  | 'mm1-sent'
  | 'mm2-sent'
  | 'mm3-sent'
  | 'mm4-sent'
  | 'mm5-sent'
  | 'am1-sent'
  | 'am2-sent'
  | 'established'
  /** Another IKE SA has taken over; exchanges under way may come to their end. */
  | 'replaced'
  | 'closed';

export type Features = {
  /** How NAT traversal is said: RFC 3947, or its drafts 02 and 03 with numbers of their own; absent: not at all. */
  readonly natTraversal?: 'standard' | 'draft';
  readonly dpd: boolean;
  readonly fragmentation: boolean;
};

export const NO_FEATURES: Features = { dpd: false, fragmentation: false };

/** The message that we sent last and the one that it answers. */
export type LastMessage = {
  readonly datagrams: readonly Uint8Array[];
  /** SHA-256 of the message that it answers; absent for a first message. */
  readonly answers: Uint8Array | undefined;
  /** Transmissions by our own timer. */
  sent: number;
  /** Repetitions because the peer repeated its own message. */
  repeated: number;
};

/** The fragments of a first message, since when. */
export type PartialOpening = { readonly state: Reassembly; readonly at: Instant };

/** What goes on when the answer of an effect arrives; a continuation as plain data. */
export type Step =
  | { readonly kind: 'main-generated' }
  | { readonly kind: 'main-agreed' }
  | { readonly kind: 'main-responded' }
  | { readonly kind: 'aggressive-generated' }
  | { readonly kind: 'aggressive-agreed'; readonly answer: AggressiveAnswer }
  | { readonly kind: 'aggressive-responded' };

export type Pending = { readonly request: number; readonly step: Step };

/** What the second message of Aggressive Mode said, kept while its shared secret is computed. */
export type AggressiveAnswer = {
  readonly digest: Uint8Array;
  readonly responderSpi: string;
  readonly suite: CipherSuite;
  readonly lifetime: Duration;
  readonly features: Features;
  readonly nat: Nat;
  readonly publicR: Uint8Array;
  readonly nonceR: Uint8Array;
  readonly idBody: Uint8Array;
  readonly remoteId: Identity;
  readonly hashR: Uint8Array;
};

/** The state of phase 1, dropped with its secrets when it is over. */
export type Handshake = {
  /** SAi_b: both hashes cover what the initiator offered, to the letter. */
  readonly saBody: Uint8Array;
  method: KeyExchangeKeyword | undefined;
  privateKey: Uint8Array;
  publicI: Uint8Array;
  publicR: Uint8Array;
  nonceI: Uint8Array;
  nonceR: Uint8Array;
  /** Main Mode as responder: until the fifth message tells whose key it is. */
  sharedSecret: Uint8Array;
  /** How often a key was tried on what claimed to be that message. */
  triedKeys: number;
  /** What was agreed, and as responder what the initiator had offered. */
  lifetime: Duration | undefined;
  offeredLifetime: Duration | undefined;
  /** The digest of the message that is being answered while an effect is under way. */
  answering: Uint8Array | undefined;
  /** Aggressive Mode as responder: the initiator's ID. */
  peerIdBody: Uint8Array;
  /** Aggressive Mode as responder: what goes with our answer. */
  vendorIds: readonly PayloadV1[];
  /** As responder: what we chose. */
  offer: IkeOffer | undefined;
  /** Evidence of why it may fail; unauthenticated, so it only explains a failure and causes none by itself. */
  refusal: Reason | undefined;
};

/** Dead peer detection, RFC 3706. */
export type Dpd = {
  /** Sequence numbers of our probe: the first and the last of the series that waits for an answer. */
  asking: { readonly first: number; readonly since: Instant } | undefined;
  /** Of all of ours. */
  readonly firstSequence: number;
  nextSequence: number;
  /** The last R-U-THERE of the peer. */
  peerSequence: number | undefined;
  /** Whether the peer puts HASH behind the notify; we answer in its order. */
  hashLast: boolean;
  /** A look at the counters of the data plane is under way. */
  counting: { readonly request: number; readonly purpose: CountPurpose } | undefined;
};

/** `quiet`: whether to ask at all. `doubt`: to ask in any case. `verdict`: there was no answer; does nothing come in? */
export type CountPurpose = 'quiet' | 'doubt' | 'verdict';

/** A Quick Mode that we want to begin. */
export type QuickModePlan = {
  readonly tunnel: string;
  readonly local: TrafficSelector;
  readonly remote: TrafficSelector;
  /** Which of the PFS groups that the policy allows; none of them is one as well. */
  readonly groupIndex: number;
  /** The Child SA that it replaces. */
  readonly replaces: string | undefined;
};

/** One Quick Mode: an exchange of three messages that makes one Child SA (RFC 2409 §5.5). */
export type QuickMode = {
  readonly messageId: number;
  readonly role: 'initiator' | 'responder';
  readonly plan: QuickModePlan;
  readonly begunAt: Instant;
  phase: QuickModePhase;
  pending: { readonly request: number; readonly step: QuickModeStep } | undefined;
  method: KeyExchangeKeyword | undefined;
  privateKey: Uint8Array;
  publicValue: Uint8Array;
  peerPublic: Uint8Array;
  nonceI: Uint8Array;
  nonceR: Uint8Array;
  /** The SPI that the data plane holds ready. */
  reserved: SaKey | undefined;
  /** What was agreed. */
  agreed: QuickModeAgreement | undefined;
  /** The digest of the message that is being answered. */
  answering: Uint8Array | undefined;
  /** As responder: IDci and IDcr as they came. */
  echoedIds: readonly IdPayload[];
  /** The Child SA, once it is being installed, and how long it may live. */
  child: string | undefined;
  lifetime: Duration;
  /** What the outbound half is made of, kept until the peer can receive. */
  outbound: { readonly keys: DirectionKeys; readonly limits: SaLimits } | undefined;
  last: LastMessage | undefined;
};

export type QuickModePhase =
  /** Nothing is sent yet. */
  | 'preparing'
  | 'qm1-sent'
  /** As responder: the inbound half stands, the third message is to come. */
  | 'qm2-sent'
  /** The data plane is at work on what the other side knows already. */
  | 'installing'
  /** As initiator: the third message is sent, the outbound SA waits until the peer has had time to install. */
  | 'switching'
  /** Kept to answer repetitions. */
  | 'done';

export type QuickModeStep =
  | 'spi-allocated'
  | 'generated'
  | 'agreed'
  | 'responded'
  | 'inbound-installed'
  | 'outbound-installed'
  | 'counted';

export type QuickModeAgreement = {
  readonly suite: CipherSuite;
  readonly peerSpi: Uint8Array;
  readonly local: TrafficSelector;
  readonly remote: TrafficSelector;
  readonly lifetimes: Lifetimes;
  /** As it came: a responder sends it back. */
  readonly offer: ChildOffer;
};

export type NewIkeSa = Pick<
  IkeSaV1,
  | 'id'
  | 'tunnel'
  | 'role'
  | 'mode'
  | 'phase'
  | 'initiatorSpi'
  | 'responderSpi'
  | 'local'
  | 'remote'
  | 'startedAt'
  | 'handshake'
> & { readonly firstSequence: number };

export function newIkeSa({ firstSequence, ...options }: NewIkeSa): IkeSaV1 {
  return {
    version: 1,
    guests: [],
    nat: { local: false, remote: false },
    features: NO_FEATURES,
    suite: undefined,
    keys: undefined,
    ivs: undefined,
    localId: undefined,
    remoteId: undefined,
    last: undefined,
    reassembly: undefined,
    nextFragmentId: 1,
    pending: undefined,
    queue: [],
    connects: false,
    quickModes: new Map(),
    waiting: [],
    usedMessageIds: [],
    usedInformationalIds: [],
    refusals: new Map(),
    initialContact: false,
    dpd: {
      asking: undefined,
      firstSequence,
      nextSequence: firstSequence,
      peerSequence: undefined,
      hashLast: false,
      counting: undefined,
    },
    establishedAt: undefined,
    rekeyAt: undefined,
    lastHeardAt: options.startedAt,
    origin: options.remote,
    ...options,
  };
}
