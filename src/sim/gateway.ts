import { toHex } from '../base/bytes.ts';
import type { Entropy } from '../base/entropy.ts';
import { SeededEntropy } from '../base/entropy.ts';
import { InvariantError } from '../base/errors.ts';
import type { Endpoint, IpAddress } from '../base/net.ts';
import { formatEndpoint } from '../base/net.ts';
import type { Duration, Now } from '../base/time.ts';

import type { Effect } from '../ike/common/effect.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { Input } from '../ike/common/input.ts';
import type { ChildSaView, IkeSaView } from '../ike/common/view.ts';
import type { DataPlaneEvent } from '../sa/data-plane.ts';
import { cheapKeyExchange } from './cheap-key-exchange.ts';
import type { Dice, Range } from './dice.ts';
import type { KernelBehaviour } from './kernel.ts';
import { PROMPT_KERNEL, SimKernel } from './kernel.ts';
import type { SimNetwork } from './network.ts';
import type { ScheduledEvent, Scheduler } from './scheduler.ts';
import { SteeredEntropy } from './steered-entropy.ts';
import type { Trace } from './trace.ts';

/** What a gateway runs: the core alone, or the service around it. */
export interface SimMachine {
  handle(input: Input, now: Now): readonly Effect[];
  views(): readonly IkeSaView[];
  children(): readonly ChildSaView[];
}

export type GatewayOptions = {
  readonly name: string;
  readonly address: IpAddress;
  readonly build: (entropy: Entropy) => SimMachine;
  readonly kernel?: KernelBehaviour;
  /** How long a Diffie-Hellman job takes. */
  readonly jobDelay?: Range;
  /** The name service; without it no name has an address. */
  readonly names?: (name: string) => IpAddress | undefined;
};

export type GatewaySurroundings = {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly dice: Dice;
  readonly trace: Trace;
  /** Called after each input with what it was and what came of it. */
  readonly onStep: (gateway: SimGateway, step: Step) => void;
};

/** The IKE SAs and the Child SAs of a machine at one moment: to make the views costs more than to look at them. */
export type Shown = { readonly views: readonly IkeSaView[]; readonly children: readonly ChildSaView[] };

export type Step = { readonly input: Input | undefined; readonly effects: readonly Effect[] };

/** Where a wall clock stands when the simulation starts; each gateway's is off by its own amount. */
const EPOCH = Date.UTC(2026, 0, 1);

/** What a name server on the next network takes to answer. */
const LOOKUP_TIME: Duration = 40;

/** Inputs that a paused gateway's sockets can hold. */
const SOCKET_QUEUE = 500;

/** One gateway: a machine, its kernel, its clock and its timers; it performs effects and feeds the answers back. */
export class SimGateway {
  readonly name: string;
  /** The one that it has now. */
  address: IpAddress;
  readonly kernel: SimKernel;
  machine: SimMachine;
  /** All events of this incarnation. */
  events: GatewayEvent[] = [];
  readonly timers = new Map<string, ScheduledEvent>();
  readonly #options: GatewayOptions;
  readonly #around: GatewaySurroundings;
  /** The randomness of this incarnation's machine. */
  entropy: SteeredEntropy;
  readonly #clock: { readonly mono: number; readonly wall: number };
  readonly #answered = new Set<number>();
  readonly #asked = new Set<number>();
  #jobs = 0;
  #incarnation = 0;
  #held: (() => void)[] | undefined;
  #shown: Shown | undefined;

  constructor(options: GatewayOptions, around: GatewaySurroundings) {
    this.name = options.name;
    this.address = options.address;
    this.#options = options;
    this.#around = around;
    this.#clock = { mono: around.dice.below(1_000_000), wall: EPOCH + around.dice.below(60_000) };
    this.kernel = new SimKernel({
      scheduler: around.scheduler,
      dice: around.dice.fork(),
      behaviour: options.kernel ?? PROMPT_KERNEL,
      onEvent: (event) => this.#onDataPlaneEvent(event),
      wall: () => this.now().wall,
    });
    this.entropy = new SteeredEntropy(new SeededEntropy(around.dice.below(2 ** 31)));
    this.machine = options.build(this.entropy);
    this.#attach();
  }

  now(): Now {
    const elapsed = this.#around.scheduler.now;
    return { mono: this.#clock.mono + elapsed, wall: Math.floor(this.#clock.wall + elapsed) };
  }

  /** Requests of this machine that nobody has answered yet. */
  get pending(): number {
    return this.#asked.size - this.#answered.size;
  }

  /** What its machine shows since its last step. */
  get shown(): Shown {
    this.#shown ??= { views: this.machine.views(), children: this.machine.children() };
    return this.#shown;
  }

  get jobs(): number {
    return this.#jobs;
  }

  /** How many times it has restarted. */
  get incarnation(): number {
    return this.#incarnation;
  }

  get paused(): boolean {
    return this.#held !== undefined;
  }

  input(input: Input): void {
    // What comes to a full socket is lost; the other inputs come from within.
    if (input.kind === 'datagram' && (this.#held?.length ?? 0) >= SOCKET_QUEUE) return;
    this.#whenAwake(() => this.#run(input, (machine, now) => machine.handle(input, now)));
  }

  /** Runs anything else that yields effects, such as a command of the service. */
  call(action: (machine: SimMachine, now: Now) => readonly Effect[]): void {
    this.#whenAwake(() => this.#run(undefined, action));
  }

  /** A timer that is set goes off now. */
  fire(key: string): void {
    if (!this.timers.has(key)) return;
    this.#clearTimer(key);
    this.input({ kind: 'timer', key });
  }

  /** The machine loses its address and gets another one. The daemon does not know it by that alone. */
  moveTo(address: IpAddress): void {
    this.#around.network.detach(this.address);
    this.address = address;
    this.#attach();
    this.#note(() => `has moved to ${address}`);
  }

  /** The process is stopped, as by a debugger or a busy host: inputs wait. */
  pause(): void {
    this.#held ??= [];
    this.#note(() => 'paused');
  }

  resume(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#note(() => `resumed with ${held.length} inputs`);
    for (const run of held) run();
  }

  /** The machine reboots: everything that it knew is lost, in the kernel too; nobody says goodbye. */
  restart(): void {
    this.#incarnation++;
    for (const timer of this.timers.values()) this.#around.scheduler.cancel(timer);
    this.timers.clear();
    this.kernel.reset();
    this.#answered.clear();
    this.#asked.clear();
    this.#jobs = 0;
    this.#held = undefined;
    this.events = [];
    this.#shown = undefined;
    this.entropy = new SteeredEntropy(new SeededEntropy(this.#around.dice.below(2 ** 31)), this.entropy.leads);
    this.machine = this.#options.build(this.entropy);
    this.#note(() => 'restarted');
  }

  #attach(): void {
    this.#around.network.attach(this.address, ({ from, to, bytes }) =>
      this.input({ kind: 'datagram', local: to, remote: from, bytes }),
    );
  }

  #whenAwake(run: () => void): void {
    if (this.#held === undefined) run();
    else this.#held.push(run);
  }

  #run(input: Input | undefined, action: (machine: SimMachine, now: Now) => readonly Effect[]): void {
    this.entropy.heed(input);
    if (input !== undefined) this.#note(() => `<- ${inputText(input)}`);
    this.#shown = undefined;
    const effects = action(this.machine, this.now());
    for (const effect of effects) this.#perform(effect);
    this.#around.onStep(this, { input, effects });
  }

  #perform(effect: Effect): void {
    this.#note(() => `-> ${effectText(effect)}`);
    switch (effect.kind) {
      case 'send':
        // As Linux does: nothing leaves from an address that the machine has not.
        if (effect.from.address !== this.address) break;
        this.#around.network.send({ from: effect.from, to: effect.to, bytes: effect.datagram });
        break;
      case 'timer.set':
        this.#setTimer(effect.key, effect.at);
        break;
      case 'timer.clear':
        this.#clearTimer(effect.key);
        break;
      case 'dataplane':
        this.#startOperation(effect);
        break;
      case 'job':
        this.#startJob(effect);
        break;
      case 'resolve':
        this.#startLookup(effect);
        break;
      case 'emit':
        this.events.push(effect.event);
    }
  }

  #startLookup({ tunnel, name }: Effect & { kind: 'resolve' }): void {
    const incarnation = this.#incarnation;
    this.#around.scheduler.after(LOOKUP_TIME, () => {
      if (incarnation === this.#incarnation)
        this.input({ kind: 'resolved', tunnel, address: this.#options.names?.(name) });
    });
  }

  #startOperation({ request, operation }: Effect & { kind: 'dataplane' }): void {
    this.#ask(request);
    this.kernel.request(operation, (reply) => {
      this.#answer(request);
      this.input({ kind: 'dataplane.reply', request, reply });
    });
  }

  #startJob(effect: Effect & { kind: 'job' }): void {
    const incarnation = this.#incarnation;
    this.#ask(effect.request);
    this.#jobs++;
    this.#around.scheduler.after(this.#around.dice.within(this.#options.jobDelay ?? [0, 2]), () => {
      if (incarnation !== this.#incarnation) return;
      this.#jobs--;
      this.#answer(effect.request);
      this.input({ kind: 'job.reply', request: effect.request, result: cheapKeyExchange(effect.job) });
    });
  }

  #setTimer(key: string, at: number): void {
    this.#clearTimer(key);
    const incarnation = this.#incarnation;
    const event = this.#around.scheduler.at(at - this.#clock.mono, () => {
      if (incarnation !== this.#incarnation) return;
      this.timers.delete(key);
      this.input({ kind: 'timer', key });
    });
    this.timers.set(key, event);
  }

  #clearTimer(key: string): void {
    const timer = this.timers.get(key);
    if (timer === undefined) return;
    this.#around.scheduler.cancel(timer);
    this.timers.delete(key);
  }

  #onDataPlaneEvent(event: DataPlaneEvent): void {
    // As from a socket: never in the middle of the handling of something else.
    const incarnation = this.#incarnation;
    this.#around.scheduler.after(0, () => {
      if (incarnation === this.#incarnation) this.input({ kind: 'dataplane.event', event });
    });
  }

  #ask(request: number): void {
    if (this.#asked.has(request)) throw new InvariantError(`${this.name} used request number ${request} twice`);
    this.#asked.add(request);
  }

  #answer(request: number): void {
    if (this.#answered.has(request)) throw new InvariantError(`${this.name}: request ${request} is answered twice`);
    this.#answered.add(request);
  }

  #note(text: () => string): void {
    const at = this.#around.scheduler.now;
    this.#around.trace.add(() => `${at.toFixed(1).padStart(9)} ${this.name} ${text()}`);
  }
}

function inputText(input: Input): string {
  switch (input.kind) {
    case 'datagram':
      return `datagram ${formatEndpoint(input.remote)} > ${formatEndpoint(input.local)} ${datagramText(input.local, input.bytes)}`;
    case 'dataplane.reply':
      return `reply ${input.request} ${input.reply.kind}${input.reply.kind === 'refused' ? ` ${input.reply.failure.code}` : ''}`;
    case 'job.reply':
      return `job ${input.request} ${input.result.kind}`;
    case 'timer':
      return `timer ${input.key}`;
    case 'dataplane.event':
      return `kernel event ${input.event.kind}`;
    case 'resolved':
      return `resolved ${input.tunnel}`;
    case 'command':
      return `command ${input.command.kind}`;
  }
}

function effectText(effect: Effect): string {
  switch (effect.kind) {
    case 'send':
      return `send ${formatEndpoint(effect.from)} > ${formatEndpoint(effect.to)} ${datagramText(effect.from, effect.datagram)}`;
    case 'timer.set':
      return `timer ${effect.key} at ${effect.at.toFixed(0)}`;
    case 'timer.clear':
      return `timer ${effect.key} off`;
    case 'dataplane':
      return `kernel ${effect.request} ${operationText(effect.operation)}`;
    case 'job':
      return `job ${effect.request} ${effect.job.kind} ${effect.job.method}`;
    case 'resolve':
      return `resolve ${effect.name}`;
    case 'emit':
      return `emit ${JSON.stringify(effect.event)}`;
  }
}

function operationText(operation: (Effect & { kind: 'dataplane' })['operation']): string {
  return operation.kind === 'apply' ? operation.steps.map((step) => step.kind).join(' ') : operation.kind;
}

/** The public part of an IKE message: SPIs, exchange, flags, message ID, length. */
function datagramText(own: Endpoint, datagram: Uint8Array): string {
  const bytes = own.port === 4500 ? datagram.subarray(4) : datagram;
  if (bytes.length < 28) return `${datagram.length} bytes`;
  const spis = `${toHex(bytes.subarray(0, 4))}/${toHex(bytes.subarray(8, 12))}`;
  const id = new DataView(bytes.buffer, bytes.byteOffset).getUint32(20);
  return `${spis} exchange ${bytes[18]} flags ${bytes[19]} id ${id} (${datagram.length})`;
}
