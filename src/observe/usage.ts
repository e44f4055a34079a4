import { renameKeys } from '../base/rename-keys.ts';
import type { ChildSaView } from '../ike/common/view.ts';
import type { SaCounters, SaKey } from '../sa/data-plane.ts';
import { saKey } from '../sa/ledger.ts';
import { formatSelector } from '../sa/traffic-selector.ts';

/** What has been carried, as the data plane counts it. */
export type Carried = { readonly bytes: number; readonly packets: number };

/** Of a tunnel, or of one pair of its segments. `lastPacketAt` is wall clock, milliseconds. */
export type UsageTotals = { readonly in: Carried; readonly out: Carried; readonly lastPacketAt?: number };

type Direction = 'in' | 'out';

/** An SA and whose it is; `pair` where it carries one pair of segments alone. */
type Counted = {
  readonly tunnel: string;
  readonly pair: string | undefined;
  readonly direction: Direction;
  seen: Carried;
};

type Sum = { in: Carried; out: Carried; lastPacketAt: number | undefined };

const NOTHING: Carried = { bytes: 0, packets: 0 };

/**
 * What each tunnel has carried since the daemon was started, whatever SAs came and went: an SA counts from zero, so
 * what it had at its end is added up. Nothing is counted twice, and no total ever goes back.
 */
export class Usage {
  readonly #sas = new Map<string, Counted>();
  readonly #tunnels = new Map<string, Sum>();
  readonly #pairs = new Map<string, Map<string, Sum>>();

  /** Whose SAs these are. */
  learn(child: ChildSaView): void {
    this.#learn(child, child.inbound, 'in');
    this.#learn(child, child.outbound, 'out');
  }

  /** Of these keys, those of SAs that are counted. */
  known(sas: readonly SaKey[]): SaKey[] {
    return sas.filter((sa) => this.#sas.has(saKey(sa)));
  }

  /** What the data plane says now. */
  observe(counters: readonly SaCounters[]): void {
    for (const { sa, bytes, packets, lastUsedAt } of counters) {
      const counted = this.#sas.get(saKey(sa));
      if (counted === undefined) continue;
      const more = { bytes: bytes - counted.seen.bytes, packets: packets - counted.seen.packets };
      // Less than before is another SA of the same name, which began anew.
      const added = more.packets < 0 || more.bytes < 0 ? { bytes, packets } : more;
      counted.seen = { bytes, packets };
      for (const sum of this.#sums(counted)) addTo(sum, counted.direction, added, lastUsedAt);
    }
  }

  /** The SA goes on at another address; `now` is what the data plane says of it there. */
  move(from: SaKey, to: SaKey, now: Carried = NOTHING): void {
    const counted = this.#sas.get(saKey(from));
    if (counted === undefined) return;
    this.#sas.delete(saKey(from));
    this.#sas.set(saKey(to), { ...counted, seen: { bytes: now.bytes, packets: now.packets } });
  }

  /** The SAs have been removed; what they carried stays counted. */
  forget(sas: readonly SaKey[]): void {
    for (const sa of sas) this.#sas.delete(saKey(sa));
  }

  total(tunnel: string): UsageTotals {
    return totals(this.#tunnels.get(tunnel));
  }

  /** Of one pair of segments, as far as SAs carried it alone. */
  ofPair(tunnel: string, local: string, remote: string): UsageTotals {
    return totals(this.#pairs.get(tunnel)?.get(pairName(local, remote)));
  }

  /** Tunnels go on under other names: `renamed` has the new one by the old. */
  rename(renamed: ReadonlyMap<string, string>): void {
    renameKeys(this.#tunnels, renamed);
    renameKeys(this.#pairs, renamed);
    for (const [key, counted] of this.#sas)
      this.#sas.set(key, { ...counted, tunnel: renamed.get(counted.tunnel) ?? counted.tunnel });
  }

  forgetTunnel(tunnel: string): void {
    this.#tunnels.delete(tunnel);
    this.#pairs.delete(tunnel);
  }

  /** Forgets the tunnels that are configured no longer. */
  keepOnly(tunnels: ReadonlySet<string>): void {
    for (const name of [...this.#tunnels.keys()]) if (!tunnels.has(name)) this.#tunnels.delete(name);
    for (const name of [...this.#pairs.keys()]) if (!tunnels.has(name)) this.#pairs.delete(name);
  }

  #learn({ tunnel, localSelectors, remoteSelectors }: ChildSaView, sa: SaKey, direction: Direction): void {
    const key = saKey(sa);
    if (this.#sas.has(key)) return;
    const [local, ...moreLocal] = localSelectors;
    const [remote, ...moreRemote] = remoteSelectors;
    const single = local !== undefined && remote !== undefined && moreLocal.length + moreRemote.length === 0;
    const pair = single ? pairName(formatSelector(local), formatSelector(remote)) : undefined;
    this.#sas.set(key, { tunnel, pair, direction, seen: NOTHING });
  }

  #sums({ tunnel, pair }: Counted): Sum[] {
    const sum = entry(this.#tunnels, tunnel, newSum);
    if (pair === undefined) return [sum];
    return [sum, entry(entry(this.#pairs, tunnel, newPairs), pair, newSum)];
  }
}

function pairName(local: string, remote: string): string {
  return `${local} ${remote}`;
}

function newSum(): Sum {
  return { in: NOTHING, out: NOTHING, lastPacketAt: undefined };
}

function newPairs(): Map<string, Sum> {
  return new Map();
}

function entry<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  const found = map.get(key) ?? create();
  map.set(key, found);
  return found;
}

function addTo(sum: Sum, direction: Direction, added: Carried, lastUsedAt: number | undefined): void {
  const before = sum[direction];
  sum[direction] = { bytes: before.bytes + added.bytes, packets: before.packets + added.packets };
  if (lastUsedAt !== undefined) sum.lastPacketAt = Math.max(lastUsedAt, sum.lastPacketAt ?? 0);
}

function totals(sum: Sum | undefined): UsageTotals {
  const { in: inbound, out, lastPacketAt } = sum ?? newSum();
  return { in: inbound, out, ...(lastPacketAt === undefined ? {} : { lastPacketAt }) };
}
