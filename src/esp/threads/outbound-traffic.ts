import type { Duration, Instant } from '../../base/time.ts';
import { SECOND } from '../../base/time.ts';
import type { Arena } from '../../native/arena.ts';
import type { PolicySpec, SaSpec } from '../../sa/data-plane.ts';
import type { Command, CommandFailure, Report } from '../commands.ts';
import type { Counters, Drop } from '../counters.ts';
import { PolicyTable } from '../flow/policy-table.ts';
import { clampMss } from '../ip/mss.ts';
import { PacketView } from '../ip/packet-view.ts';
import { EXHAUSTED } from '../transform/fault.ts';
import type { OutboundTransform } from '../transform/transform.ts';
import { newlyReached, type UsageBounds } from '../usage-bounds.ts';
import { acquireOf } from './acquire.ts';
import type { Egress, EgressPath } from './egress.ts';
import { HeldPackets } from './held-packets.ts';
import { type OutboundSa, OutboundSas } from './outbound-sas.ts';
import type { Refusals } from './refusals.ts';

export type OutboundParts<Path extends EgressPath> = {
  readonly arena: Arena;
  readonly egress: Egress<Path>;
  readonly counters: Counters;
  readonly refusals: Pick<Refusals, 'tooBig' | 'prohibited'>;
  readonly transformOf: (sa: SaSpec) => OutboundTransform;
  readonly report: (report: Report) => void;
  readonly mono: () => Instant;
};

/**
 * The outbound half of the data plane (RFC 4301 §5.1): what comes out of the TUN meets the policies, is sealed in place
 * by the SA that they ask for, and is queued for its socket. What no policy lets out goes nowhere.
 */
export class OutboundTraffic<Path extends EgressPath> {
  readonly #parts: OutboundParts<Path>;
  readonly #policies = new PolicyTable<{ readonly policy: PolicySpec }>();
  readonly #sas: OutboundSas<Path>;
  readonly #view = new PacketView();
  readonly #held = new HeldPackets();
  /** When a trap was last told of, by its reqid. */
  readonly #asked = new Map<number, Instant>();
  /** While a packet is tried again: since when it waits. */
  #since: Instant | undefined;

  constructor(parts: OutboundParts<Path>) {
    this.#parts = parts;
    this.#sas = new OutboundSas(parts.egress);
  }

  apply(command: Command): CommandFailure | undefined {
    switch (command.kind) {
      case 'begin':
        return undefined;
      case 'add-sa': {
        const { slot, sa, pathMtu } = command;
        return this.#sas.add(slot, sa, pathMtu, this.#parts.transformOf);
      }
      case 'move-sa':
        return this.#sas.move(command.slot, command.to, command.pathMtu);
      case 'path-mtu':
        return void this.#sas.measure(command.slot, command.pathMtu);
      case 'remove-sa':
        return void this.#sas.remove(command.slot);
      case 'set-policy':
        return void this.#policies.add(command.key, { policy: command.policy });
      case 'clear-policy':
        return void this.#policies.remove(command.key);
      case 'stop':
        return void this.#sas.clear();
    }
  }

  /** Packets that met a trap go their way if there is one by now. `at` is room in the arena for one of them. */
  retry(at: number, wall: number): void {
    for (const { packet, since } of this.#held.take(this.#parts.mono())) {
      this.#parts.arena.bytes.set(packet, at);
      this.#since = since;
      this.forward(at, packet.length, wall);
      // The queue refers to the room, which the next one needs.
      this.#parts.egress.flush();
    }
    this.#since = undefined;
  }

  /**
   * One packet, the `length` bytes at `at` of the arena, with room before and behind it. It is sealed in place and
   * queued, and the memory is in use until the next flush. `wall` is the time, milliseconds.
   */
  forward(at: number, length: number, wall: number): void {
    const { arena, refusals } = this.#parts;
    const view = this.#view;
    if (!view.read(arena.bytes, at, length)) return;
    const policy = this.#policies.lookup(view)?.policy;
    if (policy === undefined || policy.action === 'block' || policy.action === 'bypass') {
      this.#drop('XfrmOutPolBlock');
      return refusals.prohibited(view);
    }
    const sa = policy.action === 'trap' ? undefined : this.#sas.forReqid(policy.template?.reqid ?? 0);
    if (sa === undefined) return this.#hold(policy, at);
    if (view.totalLength > sa.room && !mayBeCut(view)) {
      this.#drop('XfrmOutStateModeError');
      return refusals.tooBig(view, sa.room);
    }
    clampMss(arena, view, sa.room);
    this.#seal(sa, at, wall);
  }

  /** Sends all that is queued. */
  flush(): void {
    this.#parts.egress.flush();
  }

  #seal(sa: OutboundSa<Path>, at: number, wall: number): void {
    const { arena, egress, counters } = this.#parts;
    const { transform, path, slot } = sa;
    const { totalLength, version, tos, df } = this.#view;
    const start = at - transform.headroom;
    path.outer?.write(arena, start - path.outer.length, transform.headroom + totalLength, this.#view);
    const sealed = transform.seal(arena, at, totalLength, version === 4 ? IPV4 : IPV6);
    if (sealed < 0) return this.#drop(sealed === EXHAUSTED ? 'XfrmOutStateSeqError' : 'XfrmOutStateProtoError');
    egress.send(path, start - path.givenBytes, sealed + path.givenBytes, tos, df && version === 4 && sa.isWide);
    counters.count(slot, totalLength, wall);
    if (sa.limits !== undefined) this.#weigh(sa, sa.limits);
  }

  /** A soft limit asks for a successor, once; a hard one ends the SA. */
  #weigh(sa: OutboundSa<Path>, limits: UsageBounds): void {
    const limit = newlyReached(sa, limits, this.#parts.counters);
    if (limit === undefined) return;
    if (limit === 'hard') this.#sas.remove(sa.slot);
    this.#parts.report({ kind: 'expire', slot: sa.slot, hard: limit === 'hard' });
  }

  /** There is no SA, or not yet: whoever can make one is told, and the packet waits a moment for it. */
  #hold(policy: PolicySpec, at: number): void {
    const { arena, report, mono } = this.#parts;
    const reqid = policy.template?.reqid ?? 0;
    this.#drop('XfrmOutNoStates');
    const now = mono();
    this.#held.hold(arena.bytes.slice(at, at + this.#view.totalLength), this.#since ?? now);
    if (now - (this.#asked.get(reqid) ?? Number.NEGATIVE_INFINITY) < ASK_INTERVAL) return;
    if (this.#asked.size >= MAX_ASKED) this.#asked.clear();
    this.#asked.set(reqid, now);
    report(acquireOf(this.#view, reqid));
  }

  #drop(why: Drop): void {
    this.#parts.counters.drop(why);
  }
}

/**
 * Whether what is too long may be fragmented outside. No IPv6 sender goes below 1280 bytes (RFC 8200 §5), so that telling
 * it would not help (RFC 2473 §7.1).
 */
function mayBeCut(packet: PacketView): boolean {
  return packet.version === 4 ? !packet.df : packet.totalLength <= LEAST_IPV6_MTU;
}

const LEAST_IPV6_MTU = 1_280;
const IPV4 = 4;
const IPV6 = 41;
/** How often one trap is told of. */
const ASK_INTERVAL: Duration = 5 * SECOND;
const MAX_ASKED = 4_096;
