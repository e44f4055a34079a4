import type { Endpoint } from '../base/net.ts';
import type { Duration } from '../base/time.ts';
import type { LinkConditions } from './conditions.ts';
import { CALM } from './conditions.ts';
import { Dice } from './dice.ts';
import type { GatewayOptions, Step } from './gateway.ts';
import { SimGateway } from './gateway.ts';
import type { SimKernel } from './kernel.ts';
import { NatDevice, type NatOptions } from './nat.ts';
import { SimNetwork } from './network.ts';
import { Scheduler } from './scheduler.ts';
import { Trace } from './trace.ts';
import type { PacketFate, TestPacket } from './traffic.ts';
import { transmit } from './traffic.ts';

/** Looks at a gateway after each of its steps; each text it returns is a violation. */
export type StepCheck = (gateway: SimGateway, step: Step) => readonly string[];

export type WorldOptions = {
  readonly seed: number;
  readonly network?: LinkConditions;
  readonly nats?: readonly NatOptions[];
  readonly gateways: readonly GatewayOptions[];
  readonly checks?: readonly StepCheck[];
  /** Lines of trace that are kept. */
  readonly traceLines?: number;
};

/** More events than this within one run mean a storm. */
const MAX_STEPS = 500_000;

/** Gateways, their kernels and the network between them under one virtual clock, all of it decided by the seed. */
export class SimWorld {
  readonly seed: number;
  readonly scheduler = new Scheduler();
  readonly dice: Dice;
  readonly network: SimNetwork;
  readonly trace: Trace;
  readonly gateways: readonly SimGateway[];
  readonly nats: readonly NatDevice[];
  readonly #checks: readonly StepCheck[];

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.dice = new Dice(options.seed);
    this.trace = new Trace(options.traceLines);
    this.network = new SimNetwork(this.scheduler, this.dice.fork(), options.network ?? CALM);
    this.#checks = options.checks ?? [];
    this.nats = (options.nats ?? []).map((nat) => new NatDevice(nat));
    for (const nat of this.nats) this.network.addNat(nat);
    this.gateways = options.gateways.map(
      (gateway) =>
        new SimGateway(gateway, {
          scheduler: this.scheduler,
          network: this.network,
          dice: this.dice.fork(),
          trace: this.trace,
          onStep: (stepped, step) => this.#check(stepped, step),
        }),
    );
    this.network.tap((datagram, fate) => {
      if (fate !== 'sent') this.note(() => `network ${fate} ${datagram.bytes.length} bytes`);
    });
  }

  gateway(name: string): SimGateway {
    const found = this.gateways.find((gateway) => gateway.name === name);
    if (found === undefined) throw new RangeError(`no gateway ${name}`);
    return found;
  }

  /** Lets `duration` pass. */
  run(duration: Duration): void {
    const end = this.scheduler.now + duration;
    this.#runTo(end, () => false);
    this.scheduler.advanceTo(end);
  }

  /** Runs until `condition` holds; @throws SimFailure where it does not within `limit`. Returns the time it took. */
  runUntil(what: string, condition: () => boolean, limit: Duration): Duration {
    const start = this.scheduler.now;
    if (!this.#runTo(start + limit, condition)) this.fail(`not ${what} within ${limit} ms`);
    return this.scheduler.now - start;
  }

  /** Nothing is in flight, no job and no kernel request is under way; timers may be set. */
  get idle(): boolean {
    return (
      this.network.inFlight === 0 &&
      this.gateways.every(({ kernel, jobs, paused }) => kernel.pending === 0 && jobs === 0 && !paused)
    );
  }

  /** Sends one packet from the segments behind `gateway`. */
  transmit(gateway: SimGateway, packet: TestPacket): PacketFate {
    return transmit(gateway.kernel, packet, (from, to) => this.#outerPath(from, to));
  }

  note(text: () => string): void {
    const at = this.scheduler.now;
    this.trace.add(() => `${at.toFixed(1).padStart(9)} ${text()}`);
  }

  fail(message: string): never {
    throw new SimFailure(this.seed, message, this.trace.lines());
  }

  #runTo(end: number, condition: () => boolean): boolean {
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      if (condition()) return true;
      const next = this.scheduler.nextAt;
      if (next === undefined || next > end) return false;
      this.#step();
    }
    return this.fail(`more than ${MAX_STEPS} events in one run`);
  }

  #step(): void {
    try {
      this.scheduler.step();
    } catch (error) {
      if (error instanceof SimFailure) throw error;
      this.fail(`a machine threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }

  #check(gateway: SimGateway, step: Step): void {
    for (const check of this.#checks) {
      const [violation] = check(gateway, step);
      if (violation !== undefined) this.fail(`${gateway.name}: ${violation}`);
    }
  }

  #outerPath(
    from: Endpoint,
    to: Endpoint,
  ): { readonly from: Endpoint; readonly to: Endpoint; readonly kernel: SimKernel } | undefined {
    const way = this.network.route(from, to);
    const target =
      way === undefined
        ? undefined
        : this.gateways.find((one) => one.address === way.to.address || one.others.has(way.to.address));
    return way === undefined || target === undefined ? undefined : { ...way, kernel: target.kernel };
  }
}

/** Carries what is needed to see it again: the seed, and what led there. */
export class SimFailure extends Error {
  constructor(seed: number, message: string, trace: readonly string[]) {
    const shown = trace.slice(-SHOWN_LINES);
    super(
      `seed ${seed}: ${message}\nReplay with SIM_SEED=${seed}. The last ${shown.length} lines:\n${shown.join('\n')}`,
    );
    this.name = 'SimFailure';
  }
}

/** SIM_LINES asks for more. */
const SHOWN_LINES = Number(process.env.SIM_LINES ?? 120);
