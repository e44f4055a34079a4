import { assertNever } from '../base/errors.ts';
import type { Endpoint, IpAddress } from '../base/net.ts';
import type { Instant, Now } from '../base/time.ts';
import type { KeyExchangeJob, KeyExchangeResult } from '../crypto/key-exchange-job.ts';
import type { Effect } from '../ike/common/effect.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { Input } from '../ike/common/input.ts';
import type { DataPlaneReply, DataPlaneRequest } from '../sa/data-plane.ts';

/** What decides: the core, or the service around it. */
export interface Machine {
  handle(input: Input, now: Now): readonly Effect[];
}

/** What acts. `perform` answers at once; `run` and `resolve` answer exactly once, now or later. */
export interface Actuators {
  send(from: Endpoint, to: Endpoint, datagram: Uint8Array): void;
  setTimer(key: string, at: Instant): void;
  clearTimer(key: string): void;
  perform(request: DataPlaneRequest): DataPlaneReply;
  run(job: KeyExchangeJob, answer: (result: KeyExchangeResult) => void, established: boolean): void;
  /** No address where the name has none. */
  resolve(lookup: Lookup, answer: (address: IpAddress | undefined) => void): void;
  publish(event: GatewayEvent, now: Now): void;
}

/** A peer's name, and the tunnel on whose behalf it is looked up. */
export type Lookup = { readonly tunnel: string; readonly name: string };

export type EffectRunnerOptions = {
  readonly machine: Machine;
  readonly actuators: Actuators;
  readonly now: () => Now;
  /** A bug of ours: an exception that machine or actuators let out, with the kind of input or effect. */
  readonly onBug: (during: string, error: unknown) => void;
};

/**
 * Hands inputs to the machine one at a time and performs the effects of each in order. An answer that comes while
 * effects are being performed waits until that batch is done, so that the machine never sees an input of its own
 * making before the rest of what it asked for has happened. It decides nothing.
 */
export class EffectRunner {
  readonly #options: EffectRunnerOptions;
  readonly #queue: Step[] = [];
  #running = false;

  constructor(options: EffectRunnerOptions) {
    this.#options = options;
  }

  input(input: Input): void {
    this.#enqueue({ name: input.kind, effects: (now) => this.#options.machine.handle(input, now) });
  }

  /** Anything else that yields effects, such as a command of the service; `name` is for the log. */
  call(name: string, effects: (now: Now) => readonly Effect[]): void {
    this.#enqueue({ name, effects });
  }

  #enqueue(step: Step): void {
    this.#queue.push(step);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#take(next);
    } finally {
      this.#running = false;
    }
  }

  #take(step: Step): void {
    const now = this.#options.now();
    let effects: readonly Effect[];
    try {
      effects = step.effects(now);
    } catch (error) {
      this.#options.onBug(step.name, error);
      return;
    }
    for (const effect of effects) this.#performSafely(effect, now);
  }

  #performSafely(effect: Effect, now: Now): void {
    try {
      this.#perform(effect, now);
    } catch (error) {
      this.#options.onBug(effect.kind, error);
    }
  }

  #perform(effect: Effect, now: Now): void {
    const { actuators } = this.#options;
    switch (effect.kind) {
      case 'send':
        return actuators.send(effect.from, effect.to, effect.datagram);
      case 'timer.set':
        return actuators.setTimer(effect.key, effect.at);
      case 'timer.clear':
        return actuators.clearTimer(effect.key);
      case 'dataplane': {
        const reply = actuators.perform(effect.operation);
        return this.input({ kind: 'dataplane.reply', request: effect.request, reply });
      }
      case 'job':
        return actuators.run(
          effect.job,
          (result) => this.input({ kind: 'job.reply', request: effect.request, result }),
          effect.established,
        );
      case 'resolve':
        return actuators.resolve({ tunnel: effect.tunnel, name: effect.name }, (address) =>
          this.input({ kind: 'resolved', tunnel: effect.tunnel, address }),
        );
      case 'emit':
        return actuators.publish(effect.event, now);
      default:
        return assertNever(effect);
    }
  }
}

type Step = { readonly name: string; readonly effects: (now: Now) => readonly Effect[] };
