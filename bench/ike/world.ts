import { join } from 'node:path';
import { Remote } from './calls.ts';
import type { FlooderCall } from './flooder.ts';
import type { GeneratorCall, Pace } from './generator.ts';
import type { Outcome } from './loops.ts';
import { buildNetwork, type Network } from './network.ts';
import { BLOCK } from './plan.ts';
import { type Kind, type Responder, startResponder } from './responders.ts';
import type { Suite } from './suites.ts';

/** As many generators as there are cores, so that no responder has to wait for them. */
const GENERATORS = 2;

export type WorldOptions = { readonly repository: string; readonly directory: string };

/** A responder and those that call it, in a network of their own; the network stays from one responder to the next. */
export class World {
  readonly kind: Kind;
  readonly #network: Network;
  readonly #options: WorldOptions;
  #responder: Responder | undefined;
  #generators: readonly Remote<GeneratorCall>[] = [];
  /** Of each generator. */
  #items: readonly (readonly number[])[] = [];

  static async build(kind: Kind, options: WorldOptions): Promise<World> {
    return new World(kind, await buildNetwork(kind, GENERATORS), options);
  }

  private constructor(kind: Kind, network: Network, options: WorldOptions) {
    this.kind = kind;
    this.#network = network;
    this.#options = options;
  }

  get responder(): Responder {
    if (this.#responder === undefined) throw new Error('there is no responder');
    return this.#responder;
  }

  get namespace(): string {
    return this.#network.responder;
  }

  /** Of the first peers. */
  get callers(): string {
    return this.#network.generators[0] ?? '';
  }

  /** A responder that knows `count` peers, and the peers. */
  async open(suite: Suite, count: number): Promise<void> {
    const share = Math.ceil(count / GENERATORS);
    this.#items = Array.from({ length: GENERATORS }, (_, index) =>
      Array.from({ length: Math.min(share, count - index * share) }, (_, item) => index * BLOCK + item),
    );
    this.#responder = await startResponder(this.kind, {
      ...this.#options,
      directory: join(this.#options.directory, this.kind),
      namespace: this.#network.responder,
      suite,
      tunnels: this.#items.flat(),
    });
    this.#generators = this.#network.generators.map((namespace) => new Remote(namespace, './generator.js'));
    await this.#each((items) => ({ kind: 'open', suite, first: items[0] ?? 0, count: items.length }));
  }

  async close(): Promise<void> {
    await Promise.all(this.#generators.map((generator) => generator.end()));
    await this.#responder?.kill();
    this.#responder = undefined;
  }

  /** All peers, `concurrency` of them at once. */
  all(what: 'connect' | 'terminate' | 'rekey-ike' | 'rekey-child', concurrency: number): Promise<readonly Outcome[]> {
    const pace = { concurrency: Math.max(1, Math.round(concurrency / GENERATORS)) };
    return this.#each((items) => callOf(what, items, pace));
  }

  /** Some of the first generator's peers. */
  some(what: 'connect' | 'terminate' | 'rekey-ike' | 'rekey-child', items: readonly number[], pace: Pace) {
    const [generator] = this.#generators;
    if (generator === undefined) throw new Error('there is no generator');
    return generator.call<Outcome>(callOf(what, items, pace));
  }

  async established(): Promise<number> {
    const counts = await this.#each<number>(() => ({ kind: 'established' }));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async flood(call: FlooderCall): Promise<{ readonly sent: number; readonly seconds: number }> {
    const flooder = new Remote<FlooderCall>(this.#network.flooder, './flooder.js');
    try {
      return await flooder.call(call);
    } finally {
      await flooder.end();
    }
  }

  #each<Result = Outcome>(call: (items: readonly number[]) => GeneratorCall): Promise<Result[]> {
    return Promise.all(
      this.#generators.map((generator, index) => generator.call<Result>(call(this.#items[index] ?? []))),
    );
  }
}

function callOf(what: string, items: readonly number[], pace: Pace): GeneratorCall {
  if (what === 'rekey-ike') return { kind: 'rekey', what: 'ike', items, pace };
  if (what === 'rekey-child') return { kind: 'rekey', what: 'child', items, pace };
  return { kind: what === 'connect' ? 'connect' : 'terminate', items, pace };
}
