import type { Entropy } from '../base/entropy.ts';
import { randomU32 } from '../base/entropy.ts';
import type { DataPlaneEvent, DataPlaneRequest, SaAddresses, SaCounters, SaKey, SaSpec } from '../sa/data-plane.ts';
import { saKey } from '../sa/ledger.ts';
import type { Outcome } from '../sa/outcome.ts';
import { done } from '../sa/outcome.ts';
import type { Command, CommandFailure, Report } from './commands.ts';
import type { Counters } from './counters.ts';
import { SLOTS } from './counters.ts';
import { refusal } from './refusal.ts';

type SpiRequest = Extract<DataPlaneRequest, { kind: 'allocate-spi' }>;

export type SadParts = {
  readonly entropy: Entropy;
  readonly counters: Counters;
  /** To the thread that carries the direction, and back. */
  readonly call: (direction: SaSpec['direction'], command: Command) => CommandFailure | undefined;
  /** Bytes that the path between two outer addresses takes. */
  readonly pathMtu: (addresses: SaAddresses) => number;
  readonly onExpire: (event: Extract<DataPlaneEvent, { kind: 'expire' }>) => void;
};

/** What is kept of an installed SA; its keys are the thread's alone. */
type Held = {
  readonly slot: number;
  readonly direction: SaSpec['direction'];
  readonly key: SaKey;
  readonly addresses: SaAddresses;
  readonly timer: NodeJS.Timeout | undefined;
};

/** The SAs that the threads carry, and the SPIs that were promised to peers. */
export class UserspaceSad {
  readonly #parts: SadParts;
  readonly #held = new Map<string, Held>();
  readonly #bySlot = new Map<number, string>();
  /** SPIs handed out and not in use yet, the eldest first. */
  readonly #reserved = new Set<number>();
  /** Those that packets come by: one SPI names one SA, whatever its protocol and address (RFC 4301 §4.1). */
  readonly #inbound = new Set<number>();
  #nextSlot = 0;

  constructor(parts: SadParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#held.size;
  }

  allocate(request: SpiRequest): { readonly ok: true; readonly spi: number } | Extract<Outcome, { ok: false }> {
    const { protocol } = request;
    for (let attempt = 0; attempt < MAX_DRAWS; attempt++) {
      const spi = (FIRST_SPI | (randomU32(this.#parts.entropy) & SPI_MASK)) >>> 0;
      if (this.#inbound.has(spi) || this.#reserved.has(spi)) continue;
      this.#reserve(spi);
      return { ok: true, spi };
    }
    return refusal(`reserve ${protocol.toUpperCase()} SPI`, { code: 'EAGAIN' });
  }

  add(sa: SaSpec): Outcome {
    const operation = `add ${sa.protocol.toUpperCase()} SA`;
    if (sa.mode === 'transport') return refusal(`${operation} in transport mode`, { code: 'EOPNOTSUPP' });
    if (isOfKernel(sa)) return refusal(operation, { code: 'EOPNOTSUPP' });
    const id = saKey(sa);
    const isTaken = this.#held.has(id) || (sa.direction === 'in' && this.#inbound.has(sa.spi));
    if (isTaken) return refusal(operation, { code: 'EEXIST' });
    const slot = this.#freeSlot();
    if (slot === undefined) return refusal(operation, { code: 'ENOSPC' });
    this.#parts.counters.clear(slot);
    const failure = this.#parts.call(sa.direction, { kind: 'add-sa', slot, sa, pathMtu: this.#parts.pathMtu(sa) });
    if (failure !== undefined) {
      // A thread that only was late would have it after all, and with it a key that must not be used twice.
      this.#parts.call(sa.direction, { kind: 'remove-sa', slot });
      return refusal(operation, failure);
    }
    if (sa.direction === 'in') this.#reserved.delete(sa.spi);
    const { direction, protocol, destination, spi, source, encap, hardLifetime } = sa;
    const key = { protocol, destination, spi };
    const timer = hardLifetime === undefined ? undefined : setTimeout(() => this.#expire(slot), hardLifetime);
    timer?.unref();
    const addresses = { source, destination, ...(encap === undefined ? {} : { encap }) };
    this.#hold({ slot, direction, key, addresses, timer });
    return done(() => void this.remove(key));
  }

  /** In place: sequence numbers and counters go on. */
  move(sa: SaKey, to: SaAddresses): { readonly outcome: Outcome } {
    const operation = `move ${sa.protocol.toUpperCase()} SA`;
    const held = this.#held.get(saKey(sa));
    if (held === undefined) return { outcome: refusal(operation, { code: 'ESRCH' }) };
    const key = { ...held.key, destination: to.destination };
    if (saKey(key) !== saKey(sa) && this.#held.has(saKey(key)))
      return { outcome: refusal(operation, { code: 'EEXIST' }) };
    const { slot, direction } = held;
    const pathMtu = this.#parts.pathMtu(to);
    const failure = this.#parts.call(direction, { kind: 'move-sa', slot, to, pathMtu });
    if (failure !== undefined) return { outcome: refusal(operation, failure) };
    this.#held.delete(saKey(sa));
    this.#hold({ ...held, key, addresses: to });
    return { outcome: done(() => void this.move(key, held.addresses)) };
  }

  /** Removing what is not there counts as done. */
  remove(sa: SaKey): undefined {
    const held = this.#held.get(saKey(sa));
    if (held === undefined) return void this.#reserved.delete(sa.spi);
    this.#forget(held);
    this.#parts.call(held.direction, { kind: 'remove-sa', slot: held.slot });
  }

  counters(sas: readonly SaKey[]): readonly SaCounters[] {
    const { counters } = this.#parts;
    return sas.flatMap((sa) => {
      const held = this.#held.get(saKey(sa));
      if (held === undefined) return [];
      const lastUsedAt = counters.lastUsedAt(held.slot);
      const used = lastUsedAt === undefined ? {} : { lastUsedAt };
      return { sa: held.key, bytes: counters.bytes(held.slot), packets: counters.packets(held.slot), ...used };
    });
  }

  /** The event that a thread's report is, undefined where its SA is gone already. */
  eventOf(report: Extract<Report, { readonly slot: number }>): DataPlaneEvent | undefined {
    const held = this.#held.get(this.#bySlot.get(report.slot) ?? '');
    if (held === undefined) return undefined;
    if (report.kind === 'mapping') return { kind: 'mapping', sa: held.key, from: report.from };
    if (report.kind === 'oversize') return void this.#measure(held);
    // At its hard limit the thread has dropped the SA by itself.
    if (report.hard) this.#forget(held);
    return { kind: 'expire', sa: held.key, hard: report.hard };
  }

  /** The threads are gone and everything with them. */
  takeAll(): readonly SaKey[] {
    const keys = [...this.#held.values()].map(({ key }) => key);
    for (const held of [...this.#held.values()]) this.#forget(held);
    return keys;
  }

  /** The way to the peer has changed, or what it takes. */
  #measure({ slot, direction, addresses }: Held): undefined {
    this.#parts.call(direction, { kind: 'path-mtu', slot, pathMtu: this.#parts.pathMtu(addresses) });
  }

  #expire(slot: number): void {
    const held = this.#held.get(this.#bySlot.get(slot) ?? '');
    if (held === undefined) return;
    this.remove(held.key);
    this.#parts.onExpire({ kind: 'expire', sa: held.key, hard: true });
  }

  #hold(held: Held): void {
    this.#held.set(saKey(held.key), held);
    this.#bySlot.set(held.slot, saKey(held.key));
    if (held.direction === 'in') this.#inbound.add(held.key.spi);
  }

  #forget({ key, slot, direction, timer }: Held): void {
    clearTimeout(timer);
    if (direction === 'in') this.#inbound.delete(key.spi);
    this.#held.delete(saKey(key));
    this.#bySlot.delete(slot);
  }

  #freeSlot(): number | undefined {
    if (this.#bySlot.size >= SLOTS) return undefined;
    while (this.#bySlot.has(this.#nextSlot)) this.#nextSlot = (this.#nextSlot + 1) % SLOTS;
    const slot = this.#nextSlot;
    // Not again at once: a report that is under way must not meet another SA.
    this.#nextSlot = (slot + 1) % SLOTS;
    return slot;
  }

  #reserve(spi: number): void {
    const [eldest] = this.#reserved;
    if (this.#reserved.size >= MAX_RESERVED && eldest !== undefined) this.#reserved.delete(eldest);
    this.#reserved.add(spi);
  }
}

/** Marks and interfaces are of packets within the kernel; the headers are copied in one way here. */
function isOfKernel({ mark, setMark, ifId, headers }: SaSpec): boolean {
  return [mark, setMark, ifId, headers].some((attribute) => attribute !== undefined);
}

/** As in the kernel's allocation, so that a capture of either reads alike; 1..255 are reserved (RFC 4303 §2.1). */
const FIRST_SPI = 0xc000_0000;
const SPI_MASK = 0x0fff_ffff;
const MAX_DRAWS = 16;
/** Negotiations under way at once; what is forgotten may be drawn again, in one of 2^28 draws. */
const MAX_RESERVED = 4_096;
