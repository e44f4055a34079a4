import type { Endpoint } from '../../base/net.ts';
import type { Duration, Instant, Moment } from '../../base/time.ts';
import type { KeyExchangeKeyword } from '../../crypto/algorithms.ts';
import type { KeyExchangeSlot } from '../../sa/additional-key-exchange.ts';
import type { DirectionKeys, SaLimits } from '../../sa/child-sa.ts';
import type { SaKey } from '../../sa/data-plane.ts';
import type { Identity } from '../../sa/identity.ts';
import type { ChildProtocol, CipherSuite } from '../../sa/proposal.ts';
import type { PacketSelectors } from '../../sa/traffic-selector.ts';
import type { Nat } from '../common/nat-detection.ts';
import type { Reason } from '../common/reason.ts';
import type { RetransmitSchedule } from '../common/retransmit.ts';
import type { Work } from '../common/work.ts';
import type {
  ChildAnswer,
  ChildNegotiation,
  CreateChildTask,
  Creation,
  CreationAnswer,
  FollowUp,
  IkeAnswer,
  IkeRekeyAnswer,
  RekeyIkeTask,
} from './creation.ts';
import type { Reassembly } from './fragmentation.ts';
import type { IntAuth } from './int-auth.ts';
import type { IkeKeys } from './keymat.ts';
import type { Mobike } from './mobike/state.ts';
import type { RequestRef } from './received.ts';
import type { Payload } from './wire/payload.ts';

/**
 * An IKE SA of IKEv2. Plain data throughout (snapshots rest on it); only the modules of this folder change it, and
 * nothing of it changes before the message that asks for the change is authenticated.
 */
export type IkeSaV2 = {
  readonly version: 2;
  readonly id: number;
  /** As long as a responder does not know who the peer is, the best guess by address. */
  tunnel: string;
  /** Other tunnels of the same peer that have had Child SAs by it (see common/sharing.ts). */
  guests: string[];
  /** Tunnels that the peer makes no Child SA of by this one. */
  refused: string[];
  /** The original role: it decides the flag bit, the keys and which SPI is ours (RFC 7296 §3.1). */
  readonly role: 'initiator' | 'responder';
  phase: Phase;
  readonly initiatorSpi: string;
  /** Zero until the responder has answered. */
  responderSpi: string;
  local: Endpoint;
  remote: Endpoint;
  /** Where the first message came from or went to. */
  readonly origin: Endpoint;
  nat: Nat;
  /** Where both ends can move to other addresses (RFC 4555). */
  mobike: Mobike | undefined;
  suite: CipherSuite | undefined;
  keys: IkeKeys | undefined;
  /** A post-quantum key has gone into the keys, or into those of a predecessor (RFC 8784). */
  ppk: boolean;
  /** Counts AEAD initialization vectors: RFC 5282 §3.1 asks for uniqueness, not for randomness. */
  ivCounter: number;
  fragmentation: boolean;
  /** Initiator: the peer also takes an IKE_AUTH without a Child SA (RFC 6023 §3). */
  childless: boolean;
  localId: Identity | undefined;
  remoteId: Identity | undefined;

  /** RFC 7296 §2.3, window of one: the request of ours that waits for its response. */
  outstanding: Outstanding | undefined;
  nextRequestId: number;
  expectedRequestId: number;
  /** RFC 7296 §2.1: a repeated request gets the same response, unprocessed. */
  answered: Answered | undefined;
  reassembly: Reassembly | undefined;
  firstFragmentDigest: Uint8Array | undefined;

  /** The effect that must be answered before anything else of this IKE SA is handled. */
  pending: Pending | undefined;
  /** What arrived meanwhile, in order and bounded. */
  queue: Work[];
  /** Requests that wait for the window. */
  tasks: Task[];
  /**
   * What the peer could not do just then (RFC 7296 §2.25): put in line again when the timer `retry` goes off. Deletes of
   * Child SAs wait there for the peer to have our last answer, or for the timer `answered`.
   */
  postponed: Task[];
  /** The CREATE_CHILD_SA of ours that is under way. */
  creation: Creation | undefined;
  /** What the peer has under way with several exchanges. Bounded. */
  followUps: FollowUp[];
  /** Child SAs that the peer has made to replace others, until it is known to receive through them. */
  switches: Switch[];

  /** Only until established. */
  handshake: Handshake | undefined;
  /** The peer says that it holds no other IKE SA with us (RFC 7296 §2.4). */
  initialContact: boolean;
  /** What the peer can show after a crash, and nobody else: RFC 6290. */
  peerToken: Uint8Array | undefined;
  /** Where both ends know how to go on after a failover within a cluster (RFC 6311). */
  idSync: IdSync | undefined;

  /** When its initial exchanges began, or those of the IKE SA that it goes back to by rekeying. */
  readonly startedAt: Instant;
  establishedAt: Moment | undefined;
  /** When a successor is due. */
  rekeyAt: Moment | undefined;
  /** The lower nonce of the exchange that rekeyed its predecessor: it decides a collision (RFC 7296 §2.8.2). */
  readonly lowerNonce: Uint8Array | undefined;
  /** Since when it is ours to delete, as soon as the peer is known to have what takes its place. */
  superfluousSince: Instant | undefined;
  /** Since when another IKE SA has its place, or is to have it: whatever becomes of this one, nor is its successor wanted. */
  outdatedSince: Instant | undefined;
  /** The peer is known to have it as well: it has said something since the IKE SA was established. */
  proven: boolean;
  /** The last proof that the peer lives. */
  lastHeardAt: Instant;
};

export type Phase =
  /** No message has gone out yet: the key exchange is being computed. */
  | 'larval'
  | 'init-sent'
  /** Additional key exchanges have been agreed (RFC 9370), and the next request is one of them. */
  | 'intermediate-due'
  | 'intermediate-sent'
  /** IKE_AUTH is due. */
  | 'init-answered'
  | 'auth-sent'
  | 'established'
  /** A successor has its Child SAs, or may yet get those of its predecessor: it only answers, until it is deleted. */
  | 'rekeyed'
  /** A Delete for this IKE SA is on its way. */
  | 'deleting'
  | 'closed';

export type ExchangeName =
  | 'IKE_SA_INIT'
  | 'IKE_INTERMEDIATE'
  | 'IKE_AUTH'
  | 'CREATE_CHILD_SA'
  | 'IKE_FOLLOWUP_KE'
  | 'INFORMATIONAL';

export type IdSync = {
  /** The message ID that the peer has last named for its next request: it never names that one or a lower one again. */
  named: number | undefined;
};

export type Outstanding = {
  readonly messageId: number;
  readonly exchange: ExchangeName;
  /** What the request was for; absent in the initial exchanges. */
  readonly task: Task | undefined;
  /** What it says, as it may have to be said again under another message ID. */
  readonly payloads: readonly Payload[];
  readonly datagrams: readonly Uint8Array[];
  readonly schedule: RetransmitSchedule;
  /** Transmissions so far. */
  sent: number;
  readonly firstSentAt: Instant;
  /** How long the peer may stay silent, if less than the whole schedule. */
  readonly patience: Duration | undefined;
};

export type Answered = {
  readonly messageId: number;
  /** SHA-256 of the request's datagram (of the first fragment): only a true repetition is answered again. */
  readonly requestDigest: Uint8Array;
  readonly datagrams: readonly Uint8Array[];
};

export type Task =
  | { readonly kind: 'liveness' }
  | { readonly kind: 'announce-token' }
  /** RFC 4555 §3.5, §3.6, §3.7. */
  | { readonly kind: 'update-addresses'; readonly change: number; readonly cookie: Uint8Array }
  | { readonly kind: 'announce-addresses' }
  | { readonly kind: 'check-address'; readonly change: number; readonly cookie: Uint8Array }
  | { readonly kind: 'delete-ike'; readonly reason: Reason }
  | DeleteChildrenTask
  | CreateChildTask
  | RekeyIkeTask;

export type DeleteChildrenTask = {
  readonly kind: 'delete-children';
  readonly protocol: ChildProtocol;
  /** Our inbound ones. */
  readonly spis: readonly number[];
  /** The outbound ones of those that are gone here already: by these the peer would name them. */
  readonly peerSpis?: readonly number[];
};

/** Its inbound half is installed; the outbound half follows, with what that takes. */
export type Switch = {
  readonly child: string;
  /** What still sends, be it of an older IKE SA of the tunnel. */
  readonly predecessor: string;
  /** When it is to be seen whether it may follow, and again and again. */
  readonly wait: Duration;
  /** When it follows at the latest, unless the peer asks again for our answer. */
  readonly latest: Instant;
  readonly keys: DirectionKeys;
  readonly limits: SaLimits;
};

/** What goes on when the answer of an effect arrives; a continuation as plain data. */
export type Step =
  | { readonly kind: 'init-generated' }
  | { readonly kind: 'init-agreed'; readonly answer: InitAnswer }
  | { readonly kind: 'init-responded' }
  | { readonly kind: 'round-generated' }
  | { readonly kind: 'round-agreed' }
  | { readonly kind: 'round-responded'; readonly request: RequestRef }
  | { readonly kind: 'auth-spi-allocated' }
  | { readonly kind: 'auth-installed'; readonly child: string }
  | { readonly kind: 'auth-response-spi-allocated'; readonly negotiation: ChildNegotiation; readonly reply: AuthReply }
  | {
      readonly kind: 'auth-response-installed';
      readonly child: string;
      readonly negotiation: ChildNegotiation;
      readonly reply: AuthReply;
      readonly waits?: Switch;
    }
  | { readonly kind: 'liveness-counted' }
  | { readonly kind: 'creation-generated' }
  | { readonly kind: 'creation-spi-allocated' }
  | { readonly kind: 'creation-agreed'; readonly answer: CreationAnswer }
  | { readonly kind: 'creation-installed'; readonly child: string }
  | { readonly kind: 'ike-rekey-agreed'; readonly answer: IkeRekeyAnswer }
  | { readonly kind: 'answer-computed'; readonly answer: ChildAnswer }
  | { readonly kind: 'answer-spi-allocated'; readonly answer: ChildAnswer }
  | { readonly kind: 'answer-installed'; readonly answer: ChildAnswer; readonly child: string; readonly waits?: Switch }
  | { readonly kind: 'ike-answer-computed'; readonly answer: IkeAnswer }
  | { readonly kind: 'follow-up-generated' }
  | { readonly kind: 'follow-up-agreed'; readonly link: Uint8Array | undefined }
  | { readonly kind: 'follow-up-responded'; readonly request: RequestRef; readonly link: Uint8Array }
  | { readonly kind: 'switch-counted'; readonly child: string }
  | { readonly kind: 'switched'; readonly switches: readonly Switch[] };

export type Pending = { readonly request: number; readonly step: Step };

/** What an IKE_SA_INIT answer said, kept while its shared secret is computed. */
export type InitAnswer = {
  readonly message: Uint8Array;
  readonly responderSpi: string;
  readonly suite: CipherSuite;
  readonly nonce: Uint8Array;
  readonly nat: Nat;
  /** Whether the peer knows NAT traversal at all. */
  readonly natTraversal: boolean;
  readonly fragmentation: boolean;
  readonly childless: boolean;
  readonly usePpk: boolean;
};

/** The state of the initial exchanges, dropped with its secrets when they are over. */
export type Handshake = {
  method: KeyExchangeKeyword;
  privateKey: Uint8Array;
  publicValue: Uint8Array;
  readonly ownNonce: Uint8Array;
  peerNonce: Uint8Array;
  /** The exact last IKE_SA_INIT messages of both sides: AUTH covers them (RFC 7296 §2.15). */
  ownMessage: Uint8Array;
  peerMessage: Uint8Array;
  /** Initiator: the cookie to repeat (RFC 7296 §2.6). */
  cookie: Uint8Array | undefined;
  cookieRetries: number;
  methodRetries: number;
  /** Evidence of why it may fail; unauthenticated, so it only explains a failure and causes none by itself. */
  refusal: Reason | undefined;
  /** Both sides have said USE_PPK (RFC 8784 §3). */
  usePpk: boolean;
  /** The methods of the additional key exchanges that are still to be done, in order (RFC 9370 §2.2.2). */
  rounds: readonly KeyExchangeKeyword[];
  /** Absent before the first IKE_INTERMEDIATE. */
  intAuth: IntAuth | undefined;
  /** Initiator: the packet that has asked for the tunnel. */
  readonly packet: PacketSelectors | undefined;
  /** Responder: which of the peer's proposals was chosen, and which of its additional key exchanges are left out. */
  proposalNumber: number;
  leftOut: readonly KeyExchangeSlot[];
  /** What the data plane holds ready for the first Child SA. */
  reservedSpi: SaKey | undefined;
};

/** What the responder's IKE_AUTH answer says of itself, kept while the Child SA is installed. */
export type AuthReply = {
  readonly request: RequestRef;
  readonly payloads: readonly Payload[];
};

export type NewIkeSa = {
  readonly id: number;
  readonly tunnel: string;
  readonly guests?: string[];
  readonly role: 'initiator' | 'responder';
  readonly initiatorSpi: string;
  readonly responderSpi: string;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly startedAt: Instant;
  /** Absent where it is a successor: it needs no initial exchanges. */
  readonly handshake?: Handshake;
  readonly lowerNonce?: Uint8Array;
};

export function newIkeSa(options: NewIkeSa): IkeSaV2 {
  return {
    version: 2,
    guests: [],
    refused: [],
    phase: 'larval',
    nat: { local: false, remote: false },
    mobike: undefined,
    suite: undefined,
    keys: undefined,
    ppk: false,
    ivCounter: 0,
    fragmentation: false,
    childless: false,
    localId: undefined,
    remoteId: undefined,
    outstanding: undefined,
    nextRequestId: 0,
    // RFC 7296 §2.2: each side counts its own requests from 0; a responder has then already seen IKE_SA_INIT, unless
    // this is a successor (§1.3.2).
    expectedRequestId: options.role === 'responder' && options.handshake !== undefined ? 1 : 0,
    answered: undefined,
    reassembly: undefined,
    firstFragmentDigest: undefined,
    pending: undefined,
    queue: [],
    tasks: [],
    postponed: [],
    creation: undefined,
    followUps: [],
    switches: [],
    handshake: undefined,
    initialContact: false,
    peerToken: undefined,
    idSync: undefined,
    establishedAt: undefined,
    rekeyAt: undefined,
    lowerNonce: undefined,
    superfluousSince: undefined,
    outdatedSince: undefined,
    proven: false,
    lastHeardAt: options.startedAt,
    origin: options.remote,
    ...options,
  };
}
