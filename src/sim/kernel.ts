import type { Duration } from '../base/time.ts';
import { SECOND } from '../base/time.ts';
import type {
  DataPlaneEvent,
  DataPlaneFailure,
  DataPlaneReply,
  DataPlaneRequest,
  DataPlaneStep,
  PolicySpec,
  SaKey,
} from '../sa/data-plane.ts';
import { saKey } from '../sa/ledger.ts';
import type { Dice, Range } from './dice.ts';
import type { InstalledSa } from './kernel-tables.ts';
import { inForce, KernelTables } from './kernel-tables.ts';
import type { Scheduler } from './scheduler.ts';

/** One way in which a kernel refuses. `times` counts down; without it the fault stays. */
export type KernelFault = {
  readonly on: 'allocate-spi' | DataPlaneStep['kind'];
  readonly code: string;
  readonly probability: number;
  readonly times?: number;
};

export type KernelBehaviour = {
  /** From the request to the reply; half of it passes before anything is changed. */
  readonly delay: Range;
  readonly faults: readonly KernelFault[];
};

export const PROMPT_KERNEL: KernelBehaviour = { delay: [0, 0.2], faults: [] };

/** Linux keeps a larval SA for net.core.xfrm_acq_expires seconds, 30 unless changed. */
export const LARVAL_LIFETIME: Duration = 30 * SECOND;

export type SimKernelOptions = {
  readonly scheduler: Scheduler;
  readonly dice: Dice;
  readonly behaviour: KernelBehaviour;
  readonly onEvent: (event: DataPlaneEvent) => void;
  /** Wall clock, for the time of last use. */
  readonly wall: () => number;
};

/** A data plane in memory. Requests are done one after another, as netlink does them. */
export class SimKernel {
  behaviour: KernelBehaviour;
  readonly #options: SimKernelOptions;
  readonly #spent = new Map<KernelFault, number>();
  #tables = new KernelTables();
  #busyUntil = 0;
  #pending = 0;
  #generation = 0;

  constructor(options: SimKernelOptions) {
    this.#options = options;
    this.behaviour = options.behaviour;
  }

  /** Requests without a reply so far. */
  get pending(): number {
    return this.#pending;
  }

  get tables(): KernelTables {
    return this.#tables;
  }

  sas(): readonly InstalledSa[] {
    return [...this.#tables.sas.values()];
  }

  policies(): readonly { readonly policy: PolicySpec; readonly owners: readonly string[] }[] {
    return [...this.#tables.policies.values()].flatMap((shared) => {
      const policy = inForce(shared);
      return policy === undefined ? [] : [{ policy, owners: [...shared.specs.keys()] }];
    });
  }

  routeOwners(): readonly string[] {
    return [...this.#tables.routes.values()].flatMap((shared) => [...shared.specs.keys()]);
  }

  request(operation: DataPlaneRequest, reply: (answer: DataPlaneReply) => void): void {
    const { scheduler, dice } = this.#options;
    const delay = dice.within(this.behaviour.delay);
    const start = Math.max(scheduler.now, this.#busyUntil);
    const generation = this.#generation;
    this.#busyUntil = start + delay;
    this.#pending++;
    scheduler.at(start + delay / 2, () => {
      if (generation !== this.#generation) return;
      const answer = this.#perform(operation);
      scheduler.at(start + delay, () => {
        if (generation !== this.#generation) return;
        this.#pending--;
        reply(answer);
      });
    });
  }

  /** The machine restarts: everything is gone, and no reply of before comes any more. */
  reset(): void {
    this.#generation++;
    this.#tables = new KernelTables();
    this.#pending = 0;
    this.#busyUntil = 0;
  }

  /** An SA reaches its hard limit now, as when its byte limit is used up. */
  expire(key: SaKey): void {
    if (!this.#tables.sas.delete(saKey(key))) return;
    this.#options.onEvent({ kind: 'expire', sa: key, hard: true });
  }

  report(event: DataPlaneEvent): void {
    this.#options.onEvent(event);
  }

  /**
   * A packet has met a policy without SA. Linux makes a larval SA for its reqid and asks once; it does not ask again
   * before that has expired.
   */
  acquire(event: DataPlaneEvent & { kind: 'acquire' }): void {
    const tables = this.#tables;
    if (tables.acquiring.has(event.reqid)) return;
    tables.acquiring.add(event.reqid);
    this.#options.scheduler.after(LARVAL_LIFETIME, () => tables.acquiring.delete(event.reqid));
    this.report(event);
  }

  countPacket(sa: InstalledSa, bytes: number): void {
    sa.bytes += bytes;
    sa.packets++;
    sa.lastUsedAt = this.#options.wall();
    const { protocol, destination, spi } = sa.spec;
    const key = { protocol, destination, spi };
    const counts = [
      { limits: sa.spec.bytes, before: sa.bytes - bytes, now: sa.bytes },
      { limits: sa.spec.packets, before: sa.packets - 1, now: sa.packets },
    ];
    if (counts.some(({ limits, now }) => limits !== undefined && now >= limits.hard)) return this.expire(key);
    const crosses = counts.some(({ limits, before, now }) => limits && before < limits.soft && now >= limits.soft);
    if (crosses) this.report({ kind: 'expire', sa: key, hard: false });
  }

  #perform(operation: DataPlaneRequest): DataPlaneReply {
    switch (operation.kind) {
      case 'allocate-spi':
        return this.#allocate(operation);
      case 'apply':
        return this.#applyAll(operation.steps);
      case 'query':
        return {
          kind: 'counters',
          counters: operation.sas.flatMap((sa) => {
            const found = this.#tables.find(sa);
            if (found === undefined) return [];
            const { bytes, packets, lastUsedAt } = found;
            return [{ sa, bytes, packets, ...(lastUsedAt === undefined ? {} : { lastUsedAt }) }];
          }),
        };
    }
  }

  #allocate(operation: DataPlaneRequest & { kind: 'allocate-spi' }): DataPlaneReply {
    const fault = this.#fault('allocate-spi');
    if (fault !== undefined) return { kind: 'refused', failure: { operation: 'allocate SPI', code: fault.code } };
    const { scheduler, dice } = this.#options;
    const tables = this.#tables;
    let key: SaKey;
    do {
      key = { protocol: operation.protocol, destination: operation.local, spi: 0x100 + dice.below(0xffff_fe00) };
    } while (tables.sas.has(saKey(key)) || tables.larval.has(saKey(key)));
    const text = saKey(key);
    const larval = key;
    tables.larval.add(text);
    scheduler.after(LARVAL_LIFETIME, () => {
      // Linux reports a larval SA that nobody completed like any other hard expiry.
      if (tables === this.#tables && tables.larval.delete(text))
        this.#options.onEvent({ kind: 'expire', sa: larval, hard: true });
    });
    return { kind: 'spi', spi: key.spi };
  }

  #applyAll(steps: readonly DataPlaneStep[]): DataPlaneReply {
    const undo: (() => void)[] = [];
    const added: InstalledSa[] = [];
    for (const step of steps) {
      const failure = this.#applyOne(step, undo);
      if (failure === undefined) {
        const sa = step.kind === 'add-sa' ? this.#tables.find(step.sa) : undefined;
        if (sa !== undefined) added.push(sa);
        continue;
      }
      for (const back of undo.reverse()) back();
      return { kind: 'refused', failure };
    }
    for (const sa of added) this.#armLifetime(sa);
    return { kind: 'done' };
  }

  #applyOne(step: DataPlaneStep, undo: (() => void)[]): DataPlaneFailure | undefined {
    const fault = this.#fault(step.kind);
    if (fault !== undefined) return { operation: step.kind.replace('-', ' '), code: fault.code };
    const outcome = this.#tables.apply(step, this.#options.scheduler.now);
    if (!outcome.done) {
      const { done: _, ...failure } = outcome;
      return failure;
    }
    undo.push(outcome.undo);
    return undefined;
  }

  #armLifetime(sa: InstalledSa): void {
    const { hardLifetime } = sa.spec;
    if (hardLifetime === undefined) return;
    const tables = this.#tables;
    this.#options.scheduler.after(hardLifetime, () => {
      // It may have moved, and its SPI may be another SA's by now: the object itself tells.
      const { protocol, destination, spi } = sa.spec;
      if (tables === this.#tables && tables.find(sa.spec) === sa) this.expire({ protocol, destination, spi });
    });
  }

  #fault(kind: KernelFault['on']): KernelFault | undefined {
    return this.behaviour.faults.find((fault) => {
      const spent = this.#spent.get(fault) ?? 0;
      if (fault.on !== kind || spent >= (fault.times ?? Number.POSITIVE_INFINITY)) return false;
      if (!this.#options.dice.chance(fault.probability)) return false;
      this.#spent.set(fault, spent + 1);
      return true;
    });
  }
}
