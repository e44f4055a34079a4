import { renameKeys } from '../base/rename-keys.ts';
import type { Instant, Now } from '../base/time.ts';
import { SECOND } from '../base/time.ts';
import type { GatewayEvent } from '../ike/common/event.ts';

/** How often things happened to a tunnel since the daemon was started. */
export type TunnelCounts = {
  ikeRekeys: number;
  childRekeys: number;
  retransmits: number;
  /** The peer was found dead. */
  deadPeers: number;
  connects: number;
  /** By stage and reason: `1 no-response`. */
  readonly failures: Map<string, number>;
};

/** Seconds: the upper bounds of the buckets that handshakes are sorted into. */
export const HANDSHAKE_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** How long handshakes took that we began and that came to a good end. */
export type HandshakeTimes = {
  /** By bucket, and at last those that took longer; each handshake counts once. */
  readonly buckets: number[];
  /** Seconds. */
  sum: number;
  count: number;
};

/** Counts the events. Its size is bounded by the configured tunnels and by words of ours. */
export class EventCounts {
  readonly #tunnels = new Map<string, TunnelCounts>();
  readonly #begun = new Map<number, Instant>();
  readonly handshakes: HandshakeTimes = { buckets: new Array(HANDSHAKE_BUCKETS.length + 1).fill(0), sum: 0, count: 0 };
  /** Datagrams without effect, by why. */
  readonly drops = new Map<string, number>();
  kernelFailures = 0;

  add(event: GatewayEvent, now: Now): void {
    if (event.type === 'datagram.dropped') return increase(this.drops, event.why, event.count);
    if (event.type === 'kernel.failed') this.kernelFailures++;
    this.#time(event, now.mono);
    if ('tunnel' in event && event.tunnel !== undefined) countEvent(this.#of(event.tunnel), event);
  }

  of(tunnel: string): Readonly<TunnelCounts> {
    return this.#tunnels.get(tunnel) ?? newCounts();
  }

  /** Tunnels go on under other names: `renamed` has the new one by the old. */
  rename(renamed: ReadonlyMap<string, string>): void {
    renameKeys(this.#tunnels, renamed);
  }

  forgetTunnel(tunnel: string): void {
    this.#tunnels.delete(tunnel);
  }

  /** Forgets the tunnels that are configured no longer. */
  keepOnly(tunnels: ReadonlySet<string>): void {
    for (const name of [...this.#tunnels.keys()]) if (!tunnels.has(name)) this.#tunnels.delete(name);
  }

  #of(tunnel: string): TunnelCounts {
    const counts = this.#tunnels.get(tunnel) ?? newCounts();
    this.#tunnels.set(tunnel, counts);
    return counts;
  }

  /** Each IKE SA that is begun is established or fails. */
  #time(event: GatewayEvent, mono: Instant): void {
    if (event.type === 'ike.initiated') this.#begun.set(event.ikeSa, mono);
    if (event.type !== 'ike.established' && event.type !== 'ike.failed') return;
    const begun = this.#begun.get(event.ikeSa);
    this.#begun.delete(event.ikeSa);
    if (begun !== undefined && event.type === 'ike.established') addTime(this.handshakes, (mono - begun) / SECOND);
  }
}

function newCounts(): TunnelCounts {
  return { ikeRekeys: 0, childRekeys: 0, retransmits: 0, deadPeers: 0, connects: 0, failures: new Map() };
}

function countEvent(counts: TunnelCounts, event: GatewayEvent): void {
  switch (event.type) {
    case 'ike.rekeyed':
      counts.ikeRekeys++;
      return;
    case 'child.rekeyed':
      counts.childRekeys++;
      return;
    case 'message.retransmitted':
      counts.retransmits++;
      return;
    case 'peer.unresponsive':
      counts.deadPeers++;
      return;
    case 'ike.established':
      counts.connects++;
      return;
    case 'ike.failed':
      return increase(counts.failures, `${event.stage} ${event.reason.code}`);
    case 'child.failed':
      return increase(counts.failures, `2 ${event.reason.code}`);
    case 'peer.refused':
      return increase(counts.failures, `1 ${event.reason.code}`);
  }
}

function addTime(times: HandshakeTimes, seconds: number): void {
  const found = HANDSHAKE_BUCKETS.findIndex((bound) => seconds <= bound);
  const bucket = found < 0 ? HANDSHAKE_BUCKETS.length : found;
  times.buckets[bucket] = (times.buckets[bucket] ?? 0) + 1;
  times.sum += seconds;
  times.count++;
}

function increase(map: Map<string, number>, key: string, by = 1): void {
  map.set(key, (map.get(key) ?? 0) + by);
}
