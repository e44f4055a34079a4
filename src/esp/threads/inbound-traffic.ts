import type { Duration, Instant } from '../../base/time.ts';
import { SECOND } from '../../base/time.ts';
import type { Arena } from '../../native/arena.ts';
import type { PolicySpec, SaSpec } from '../../sa/data-plane.ts';
import type { ChildProtocol } from '../../sa/proposal.ts';
import type { Command, CommandFailure, Report } from '../commands.ts';
import type { Counters, Drop } from '../counters.ts';
import { PolicyTable } from '../flow/policy-table.ts';
import { wordsAddress } from '../ip/address-words.ts';
import { decapsulateEcn } from '../ip/ecn.ts';
import { PacketView } from '../ip/packet-view.ts';
import { BAD_ICV, CRYPTO_FAILED, MALFORMED, NOT_TUNNEL, REPLAYED } from '../transform/fault.ts';
import type { InboundTransform } from '../transform/transform.ts';
import { newlyReached, type UsageBounds } from '../usage-bounds.ts';
import type { Arrival } from './arrival.ts';
import { type InboundSa, InboundSas } from './inbound-sas.ts';

/** What becomes of packets that were let in. */
export type Ingress = {
  /** The `length` bytes at `at` are one; `view` has read it. */
  deliver(arena: Arena, at: number, length: number, view: PacketView): void;
};

export type InboundParts = {
  readonly counters: Counters;
  readonly transformOf: (sa: SaSpec) => InboundTransform;
  readonly report: (report: Report) => void;
  readonly mono: () => Instant;
};

/**
 * The inbound half of the data plane (RFC 4301 §5.2): a sealed packet finds its SA by SPI, is opened in place, has to be
 * of the selectors that the SA is for, and only then goes on through the TUN.
 */
export class InboundTraffic {
  readonly #parts: InboundParts;
  readonly #policies = new PolicyTable<{ readonly policy: PolicySpec }>();
  readonly #sas = new InboundSas();
  readonly #view = new PacketView();
  /** When the new endpoint of an SA's peer was last told of, by slot. */
  readonly #mapped = new Map<number, Instant>();

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  apply(command: Command): CommandFailure | undefined {
    switch (command.kind) {
      case 'add-sa':
        return void this.#sas.add(command.slot, command.sa, this.#parts.transformOf(command.sa));
      case 'move-sa':
        return void this.#sas.move(command.slot, command.to);
      case 'remove-sa':
        return void this.#sas.remove(command.slot);
      case 'set-policy':
        return void this.#policies.add(command.key, { policy: command.policy });
      case 'clear-policy':
        return void this.#policies.remove(command.key);
      case 'begin':
      case 'path-mtu':
        return undefined;
      case 'stop':
        return void this.#sas.clear();
    }
  }

  /** One packet that came; it is opened where it lies, and goes on by `ingress`. `wall` is the time, milliseconds. */
  take(arrival: Arrival, wall: number, ingress: Ingress): void {
    const { counters } = this.#parts;
    const { arena, protocol, at, length, outerAt } = arrival;
    if (length < LEAST) return this.#drop('XfrmInHdrError');
    const sa = this.#sas.find(protocol, arena.view.getUint32(at + SPI_AT[protocol]));
    if (sa === undefined) return this.#drop('XfrmInNoStates');
    const inner = sa.transform.open(arena, at, length, outerAt);
    if (inner < 0) return this.#refuse(inner);
    counters.count(sa.slot, inner, wall);
    if (arrival.port !== sa.peerPort || !sameWords(arrival.source, sa.peer)) this.#follow(sa, arrival);
    this.#deliver(sa, arrival, at + sa.transform.headroom, inner, ingress);
    if (sa.limits !== undefined) this.#weigh(sa, sa.limits);
  }

  /** RFC 4301 §5.2: what comes by an SA has to be of its selectors, whoever has sealed it. */
  #deliver(sa: InboundSa, { arena, tos }: Arrival, at: number, length: number, ingress: Ingress): void {
    const view = this.#view;
    if (!view.read(arena.bytes, at, length) || NEXT_HEADER[view.version] !== sa.transform.nextHeader)
      return this.#drop('XfrmInHdrError');
    if (!this.#policies.selectsInbound(view, sa.reqid)) return this.#drop('XfrmInNoPols');
    // RFC 6040 §4.2: a packet that met congestion and cannot say so is dropped.
    if (!decapsulateEcn(arena, view, tos)) return this.#drop('XfrmInError');
    // What IP does not count in is padding (RFC 4303 §2.7).
    ingress.deliver(arena, at, view.totalLength, view);
  }

  /** RFC 3948 §3.3, RFC 7296 §2.23: an authentic packet from elsewhere shows where the peer is now. */
  #follow(sa: InboundSa, { source, family, port, protocol }: Arrival): void {
    if (protocol !== 'esp' || port === 0 || sa.peerPort === 0) return;
    const now = this.#parts.mono();
    if (now - (this.#mapped.get(sa.slot) ?? Number.NEGATIVE_INFINITY) < MAPPING_INTERVAL) return;
    if (this.#mapped.size >= MAX_MAPPED) this.#mapped.clear();
    this.#mapped.set(sa.slot, now);
    this.#parts.report({ kind: 'mapping', slot: sa.slot, from: { address: wordsAddress(source, family), port } });
  }

  #weigh(sa: InboundSa, limits: UsageBounds): void {
    const limit = newlyReached(sa, limits, this.#parts.counters);
    if (limit === undefined) return;
    if (limit === 'hard') this.#sas.remove(sa.slot);
    this.#parts.report({ kind: 'expire', slot: sa.slot, hard: limit === 'hard' });
  }

  #refuse(fault: number): void {
    const why = DROP_OF[fault];
    if (why !== undefined) this.#drop(why);
  }

  #drop(why: Drop): void {
    this.#parts.counters.drop(why);
  }
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0];
}

/** Dummy packets are what they should be: they are not counted. */
const DROP_OF: Readonly<Record<number, Drop>> = {
  [REPLAYED]: 'XfrmInStateSeqError',
  [BAD_ICV]: 'XfrmInStateProtoError',
  [MALFORMED]: 'XfrmInHdrError',
  [NOT_TUNNEL]: 'XfrmInStateModeError',
  [CRYPTO_FAILED]: 'XfrmInError',
};

/** RFC 4302 §2: next header, length and two reserved bytes come first. */
const SPI_AT: Readonly<Record<ChildProtocol, number>> = { esp: 0, ah: 4 };
/** SPI and sequence number of ESP, and of AH what precedes them. */
const LEAST = 12;
const NEXT_HEADER = { 4: 4, 6: 41 } as const;
const MAPPING_INTERVAL: Duration = SECOND;
const MAX_MAPPED = 4_096;
