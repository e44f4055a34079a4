import type { Answer, NetlinkClient } from '../netlink/netlink-client.ts';
import { contents } from '../netlink/netlink-client.ts';
import { refused } from '../netlink/refusal.ts';
import type {
  DataPlaneFailure,
  DataPlaneRequest,
  Mark,
  SaAddresses,
  SaCounters,
  SaKey,
  SaSpec,
} from '../sa/data-plane.ts';
import { saKey } from '../sa/ledger.ts';
import type { Outcome } from '../sa/outcome.ts';
import { done } from '../sa/outcome.ts';
import { isOwnReqid } from '../sa/reqid.ts';
import { XFRM_MSG_NEWSA } from './constants.ts';
import {
  encodeAllocateSpi,
  encodeDeleteSa,
  encodeDumpSas,
  encodeGetSa,
  encodeNewSa,
  encodeUpdateSa,
} from './sa-messages.ts';
import type { SaSnapshot } from './sa-snapshot.ts';
import { encodeMovedPorts, encodeMovedSa, keysRedacted, parseSa, saCounters, saEncap } from './sa-snapshot.ts';
import { readApart } from './structs.ts';

type Refused = { readonly ok: false; readonly failure: DataPlaneFailure };
/** With `mark`, the kernel finds it by that mark alone. */
type Ours = { readonly key: SaKey; readonly larval: boolean; readonly mark?: Mark };
type SpiRequest = Extract<DataPlaneRequest, { kind: 'allocate-spi' }>;

/**
 * Our entries of the kernel's SAD. The set of those that are ours is the only title to change or delete one; it holds
 * no keys.
 */
export class KernelSad {
  readonly #client: NetlinkClient;
  /** Larval SAs hold an SPI that the peer may have been told; `installed` ones carry traffic. */
  readonly #ours = new Map<string, Ours>();

  constructor(client: NetlinkClient) {
    this.#client = client;
  }

  has(sa: SaKey): boolean {
    return this.#ours.get(saKey(sa))?.larval === false;
  }

  allocate(request: SpiRequest): { readonly ok: true; readonly spi: number } | Refused {
    const operation = `reserve ${request.protocol.toUpperCase()} SPI`;
    const answer = this.#client.request(encodeAllocateSpi(request));
    const sa = readSa(answer);
    if (!answer.ok) return refused(operation, answer);
    if (sa === undefined) return refused(operation, NO_ANSWER);
    this.#ours.set(saKey(sa.key), { key: sa.key, larval: true });
    return { ok: true, spi: sa.key.spi };
  }

  add(sa: SaSpec): Outcome {
    const id = saKey(sa);
    const larval = this.#ours.get(id)?.larval === true;
    const update: Answer = larval ? this.#client.request(encodeUpdateSa(sa)) : GONE;
    // A larval SA expires by itself (net.core.xfrm_acq_expires, 30 s) while a slow negotiation still goes on.
    const answer = !update.ok && update.code === 'ESRCH' ? this.#client.request(encodeNewSa(sa)) : update;
    if (!answer.ok) return refused(`add ${sa.protocol.toUpperCase()} SA`, answer, algorithmName(sa));
    const { protocol, destination, spi, mark } = sa;
    this.#ours.set(id, { key: { protocol, destination, spi }, larval: false, ...(mark && { mark }) });
    return done(() => void this.remove(sa));
  }

  /**
   * Moves an SA to other addresses or ports. Where its destination changes it gets another key: the old SA stays
   * beside the new one, and `leftover` names it for removal once nothing can fail any more.
   */
  move(sa: SaKey, to: SaAddresses): { readonly outcome: Outcome; readonly leftover?: SaKey } {
    const operation = `move ${sa.protocol.toUpperCase()} SA`;
    if (!this.has(sa)) return { outcome: refused(operation, GONE) };
    const answer = this.#client.request(encodeGetSa(sa, this.#markOf(sa)));
    if (!answer.ok) return { outcome: refused(operation, answer) };
    const snapshot = readSa(answer);
    if (snapshot === undefined) return { outcome: refused(operation, NO_ANSWER) };
    const from = addressesOf(snapshot);
    const sameHosts = from.source === to.source && from.destination === to.destination;
    if (sameHosts && from.encap !== undefined && to.encap !== undefined) {
      return { outcome: this.#movePorts(operation, snapshot, to) };
    }
    if (keysRedacted(snapshot)) return { outcome: refused(operation, KEYS_HIDDEN) };
    if (from.destination === to.destination) return { outcome: this.#recreate(operation, snapshot, to) };
    return this.#duplicate(operation, snapshot, to);
  }

  /** Undefined where it is gone, also where it was never ours. */
  remove(sa: SaKey): DataPlaneFailure | undefined {
    const id = saKey(sa);
    if (!this.#ours.has(id)) return undefined;
    const answer = this.#client.request(encodeDeleteSa(sa, this.#markOf(sa)));
    if (!answer.ok && answer.code !== 'ESRCH') return refused(`remove ${sa.protocol.toUpperCase()} SA`, answer).failure;
    this.#ours.delete(id);
    return undefined;
  }

  /** Counters of those that are ours and there. */
  counters(sas: readonly SaKey[]): { readonly ok: true; readonly counters: readonly SaCounters[] } | Refused {
    const read = this.#read(sas.filter((sa) => this.has(sa)));
    return read.ok ? { ok: true, counters: read.snapshots.map(saCounters) } : read;
  }

  /** Ours that the kernel no longer has: expired unheard, or deleted by somebody. They are forgotten. */
  takeLost(): readonly SaKey[] {
    const ours = [...this.#ours.values()].filter(({ larval }) => !larval).map(({ key }) => key);
    const read = this.#read(ours);
    if (!read.ok) return [];
    const there = new Set(read.snapshots.map(({ key }) => saKey(key)));
    const lost = ours.filter((sa) => !there.has(saKey(sa)));
    for (const sa of lost) this.forget(sa);
    return lost;
  }

  /** The kernel dropped it. Whether it carried traffic. */
  forget(sa: SaKey): boolean {
    const installed = this.has(sa);
    this.#ours.delete(saKey(sa));
    return installed;
  }

  /**
   * Removes the SAs with a reqid of ours that this process has not installed: a run that was killed left them behind.
   * Returns how many there were.
   */
  removeLeftovers(): number {
    const leftovers = [...this.#dump().values()].filter(
      ({ key, reqid }) => isOwnReqid(reqid) && !this.#ours.has(saKey(key)),
    );
    for (const snapshot of leftovers) this.#client.request(encodeDeleteSa(snapshot.key, markOf(snapshot)));
    return leftovers.length;
  }

  clear(): void {
    for (const { key } of [...this.#ours.values()]) this.remove(key);
  }

  /** One by one, or many by one dump: a dump costs a seventh for each SA, but it goes through those of all programs. */
  #read(sas: readonly SaKey[]): { readonly ok: true; readonly snapshots: readonly SaSnapshot[] } | Refused {
    const dumped = sas.length < DUMP_THRESHOLD ? NO_SNAPSHOTS : this.#dump();
    const snapshots: SaSnapshot[] = [];
    for (const sa of sas) {
      // A dump that is interrupted by changes may miss some: only a request by name tells that one is gone.
      const answer = dumped.has(saKey(sa)) ? undefined : this.#client.request(encodeGetSa(sa, this.#markOf(sa)));
      if (answer?.ok === false && answer.code !== 'ESRCH') return refused('query SA', answer);
      const snapshot = answer === undefined ? dumped.get(saKey(sa)) : readSa(answer);
      if (snapshot !== undefined) snapshots.push(snapshot);
    }
    return { ok: true, snapshots };
  }

  #dump(): ReadonlyMap<string, SaSnapshot> {
    const snapshots = contents(this.#client.request(encodeDumpSas()), XFRM_MSG_NEWSA, parseSa);
    return new Map(snapshots.map((snapshot) => [saKey(snapshot.key), snapshot]));
  }

  #markOf(sa: SaKey): Mark | undefined {
    return this.#ours.get(saKey(sa))?.mark;
  }

  #movePorts(operation: string, snapshot: SaSnapshot, to: SaAddresses): Outcome {
    const answer = this.#client.request(encodeMovedPorts(snapshot, to));
    if (!answer.ok) return refused(operation, answer);
    return done(() => void this.#client.request(encodeMovedPorts(snapshot, addressesOf(snapshot))));
  }

  /** Under the same key there is room for one: the old SA goes first, and comes back where the new one is refused. */
  #recreate(operation: string, snapshot: SaSnapshot, to: SaAddresses): Outcome {
    const removed = this.#client.request(encodeDeleteSa(snapshot.key, markOf(snapshot)));
    if (!removed.ok) return refused(operation, removed);
    const added = this.#client.request(encodeMovedSa(snapshot, to));
    const back = () => this.#client.request(encodeMovedSa(snapshot, addressesOf(snapshot)));
    if (!added.ok) {
      if (!back().ok) this.forget(snapshot.key);
      return refused(operation, added);
    }
    return done(() => {
      this.#client.request(encodeDeleteSa(snapshot.key, markOf(snapshot)));
      if (!back().ok) this.forget(snapshot.key);
    });
  }

  #duplicate(operation: string, snapshot: SaSnapshot, to: SaAddresses): { outcome: Outcome; leftover?: SaKey } {
    const answer = this.#client.request(encodeMovedSa(snapshot, to));
    if (!answer.ok) return { outcome: refused(operation, answer) };
    const key: SaKey = { ...snapshot.key, destination: to.destination };
    const mark = markOf(snapshot);
    this.#ours.set(saKey(key), { key, larval: false, ...(mark && { mark }) });
    return { outcome: done(() => void this.remove(key)), leftover: snapshot.key };
  }
}

/** `3des-sha1`, `aes256gcm16`, `sha256`: how the failure names what the kernel was asked for. */
export function algorithmName(sa: Pick<SaSpec, 'encryption' | 'integrity'>): string {
  return [sa.encryption, sa.integrity].filter((keyword) => keyword !== undefined).join('-');
}

function markOf(snapshot: SaSnapshot): Mark | undefined {
  return readApart(snapshot.attributes).mark;
}

function readSa(answer: Answer): SaSnapshot | undefined {
  return contents(answer, XFRM_MSG_NEWSA, parseSa)[0];
}

function addressesOf(snapshot: SaSnapshot): SaAddresses {
  const encap = saEncap(snapshot);
  const addresses = { source: snapshot.source, destination: snapshot.key.destination };
  return encap === undefined ? addresses : { ...addresses, encap };
}

const DUMP_THRESHOLD = 32;
const NO_SNAPSHOTS: ReadonlyMap<string, SaSnapshot> = new Map();
const GONE = { ok: false, code: 'ESRCH' } as const;
const NO_ANSWER = { ok: false, code: 'EBADMSG' } as const;
const KEYS_HIDDEN = { ok: false, code: 'EPERM', detail: 'the kernel hides the keys of its SAs (lockdown)' } as const;
