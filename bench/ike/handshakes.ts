import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../throughput/results.ts';
import type { Outcome } from './loops.ts';
import type { Options } from './options.ts';
import { timeOf } from './responders.ts';
import type { Sample } from './samples.ts';
import type { Suite } from './suites.ts';
import type { World } from './world.ts';

/**
 * What a handshake and a rekeying cost the responder, how many there are in a second, and how long one takes that is
 * alone. Both responders are there all the time, and have their runs in turns; the first round is to warm up.
 */
export async function measureHandshakes(
  worlds: readonly World[],
  suite: Suite,
  options: Options,
  keep: (sample: Sample) => void,
): Promise<void> {
  for (const world of worlds) await world.open(suite, options.tunnels);
  try {
    for (let round = 0; round <= options.repetitions; round++) {
      const order = round % 2 === 0 ? worlds : [...worlds].reverse();
      for (const world of order) {
        for (const sample of await measureRound(world, suite, options)) if (round > 0) keep(sample);
      }
    }
  } finally {
    for (const world of worlds) await world.close();
  }
}

async function measureRound(world: World, suite: Suite, { concurrency, tunnels }: Options): Promise<Sample[]> {
  const { kind } = world;
  const name = `IKEv${suite.version} ${suite.name}`;
  const samples: Sample[] = [];
  const cost = async (what: 'connect' | 'rekey-ike' | 'rekey-child'): Promise<{ cpu: number; rate: number }> => {
    const before = timeOf(world.responder);
    const outcomes = await world.all(what, concurrency);
    const done = doneOf(outcomes, tunnels);
    const elapsed = Math.max(...outcomes.map((outcome) => outcome.elapsed));
    return { cpu: ((timeOf(world.responder) - before) * 1_000) / done, rate: (done * 1_000) / elapsed };
  };
  const { cpu, rate } = await cost('connect');
  samples.push({ row: `${name}: handshake, responder CPU ms`, kind, value: cpu });
  samples.push({ row: `${name}: handshakes a second`, kind, value: rate });
  for (const what of suite.rekeys) {
    const rekeying = await cost(`rekey-${what}`);
    samples.push({ row: `${name}: ${what} rekeying, responder CPU ms`, kind, value: rekeying.cpu });
  }
  await world.all('terminate', concurrency);
  await pause(500);
  const lone = Array.from({ length: Math.min(50, tunnels >> 1) }, (_, item) => item);
  const { latencies } = await world.some('connect', lone, { concurrency: 1 });
  samples.push({ row: `${name}: a lone handshake takes ms`, kind, value: median(latencies) });
  await world.some('terminate', lone, { concurrency: 1 });
  await pause(500);
  return samples;
}

/** @throws Error where many have failed: a figure of such a run would tell nothing */
function doneOf(outcomes: readonly Outcome[], wanted: number): number {
  const done = outcomes.reduce((sum, { latencies }) => sum + latencies.length, 0);
  const why = outcomes.flatMap(({ failures }) => failures).join('; ');
  if (done < wanted * 0.99) throw new Error(`${done} of ${wanted} came to their end: ${why}`);
  return done;
}
