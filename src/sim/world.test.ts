import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes.ts';
import type { Entropy } from '../base/entropy.ts';
import type { Now } from '../base/time.ts';
import type { Effect } from '../ike/common/effect.ts';
import type { Input } from '../ike/common/input.ts';
import { PRESETS } from './conditions.ts';
import type { SimMachine } from './gateway.ts';
import { forEachSeed } from './seeds.ts';
import { LEFT, RIGHT } from './tunnels.ts';
import { SimFailure, SimWorld } from './world.ts';

const PORT = 500;
const RETRY = 1_000;

/** A toy: asks until it is answered, then reserves an SPI; a datagram that begins with 0 is a question. */
class Asker implements SimMachine {
  readonly #entropy: Entropy;
  readonly #own: string;
  readonly #peer: string;
  answers = 0;
  spi: number | undefined;

  constructor(entropy: Entropy, own: string, peer: string) {
    this.#entropy = entropy;
    this.#own = own;
    this.#peer = peer;
  }

  views() {
    return [];
  }

  children() {
    return [];
  }

  handle(input: Input, now: Now): readonly Effect[] {
    if (input.kind === 'command' || input.kind === 'timer') return this.#ask(now);
    if (input.kind === 'dataplane.reply' && input.reply.kind === 'spi') this.spi = input.reply.spi;
    return input.kind === 'datagram' ? this.#hear(input.bytes) : [];
  }

  #ask(now: Now): Effect[] {
    return [this.#send(0), { kind: 'timer.set', key: 'toy', at: now.mono + RETRY }];
  }

  #hear(bytes: Uint8Array): Effect[] {
    if (bytes[0] === 0) return [this.#send(1)];
    this.answers++;
    if (this.answers > 1) return [];
    const operation = {
      kind: 'allocate-spi',
      protocol: 'esp',
      local: this.#own,
      remote: this.#peer,
      reqid: 1,
    } as const;
    return [
      { kind: 'timer.clear', key: 'toy' },
      { kind: 'dataplane', request: 1, operation },
    ];
  }

  #send(first: number): Effect {
    const datagram = this.#entropy.bytes(40);
    datagram[0] = first;
    return {
      kind: 'send',
      from: { address: this.#own, port: PORT },
      to: { address: this.#peer, port: PORT },
      datagram,
    };
  }
}

const COMMAND: Input = { kind: 'command', command: { kind: 'initiate', tunnel: 'net' } };

function toys(seed: number, options: Partial<ConstructorParameters<typeof SimWorld>[0]> = {}) {
  const made: Asker[] = [];
  const build = (own: string, peer: string) => (entropy: Entropy) => {
    const asker = new Asker(entropy, own, peer);
    made.push(asker);
    return asker;
  };
  const world = new SimWorld({
    seed,
    gateways: [
      { name: 'left', address: LEFT.address, build: build(LEFT.address, RIGHT.address) },
      { name: 'right', address: RIGHT.address, build: build(RIGHT.address, LEFT.address) },
    ],
    ...options,
  });
  return { world, left: world.gateway('left'), right: world.gateway('right'), made };
}

describe('the simulated world', () => {
  it('a machine that repeats itself comes through 30 % loss, for every seed', () => {
    forEachSeed(200, (seed) => {
      const { world, left, made } = toys(seed, { network: PRESETS.lossy30 });
      left.input(COMMAND);
      world.runUntil('answered', () => made[0]?.spi !== undefined, 60_000);
      expect(left.timers.size).toBe(0);
    });
  });

  it('the same seed gives the same trace, byte for byte; another seed another one', () => {
    const run = (seed: number) => {
      const { world, left, right } = toys(seed, { network: PRESETS.awful });
      const datagrams: string[] = [];
      world.network.tap(({ bytes }) => datagrams.push(toHex(bytes)));
      left.input(COMMAND);
      right.input(COMMAND);
      world.run(20_000);
      return [...world.trace.lines(), ...datagrams];
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  it('a paused gateway answers when it goes on', () => {
    const { world, left, right, made } = toys(3);
    right.pause();
    left.input(COMMAND);
    world.run(5_500);
    expect(made[0]?.answers).toBe(0);
    right.resume();
    world.run(500);
    expect(made[0]?.answers).toBe(6);
  });

  it('a restart forgets the machine, its timers and what was under way in the kernel', () => {
    const { world, left, made } = toys(4, { network: { ...PRESETS.calm, loss: 1 } });
    left.input(COMMAND);
    world.run(1_500);
    expect(left.timers.size).toBe(1);
    left.restart();
    expect(left.timers.size).toBe(0);
    world.run(10_000);
    expect(left.machine).toBe(made[2]);
    expect(world.idle).toBe(true);
  });

  it('a failure names the seed and shows what led there', () => {
    const { world, left } = toys(42, { checks: [(gateway) => (gateway.name === 'right' ? ['it moved'] : [])] });
    left.input(COMMAND);
    expect(() => world.run(1_000)).toThrow(/seed 42: right: it moved\nReplay with SIM_SEED=42.*\n.*left <- command/);
  });

  it('a machine that throws fails the run with its seed', () => {
    const { world, left } = toys(43);
    left.machine = {
      views: () => [],
      children: () => [],
      handle: () => {
        throw new TypeError('a bug');
      },
    };
    world.gateway('right').input(COMMAND);
    expect(() => world.run(1_000)).toThrow(SimFailure);
    expect(() => toys(44).world.runUntil('done', () => false, 10)).toThrow(/seed 44: not done within 10 ms/);
  });
});
