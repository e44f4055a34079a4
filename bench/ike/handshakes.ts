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
 * alone. Both responders are there all the time, and have their runs in turns; the first rounds are to warm up: until a
 * few thousand handshakes have gone by, much of Cygnet's time is the compiler's.
 */
export async function measureHandshakes(
  worlds: readonly World[],
  suite: Suite,
  options: Options,
  keep: (sample: Sample) => void,
): Promise<void> {
  for (const world of worlds) await world.open(suite, options.tunnels);
  try {
    const rounds = warmUpRounds(options) + options.repetitions;
    for (let round = 0; round < rounds; round++) {
      for (const world of round % 2 === 0 ? worlds : [...worlds].reverse()) {
        const samples = await measureRound(world, suite, options);
        toldOf(samples, round, options).forEach(keep);
      }
    }
  } finally {
    for (const world of worlds) await world.close();
  }
}

/** Of the first round only what a handshake costs is told, of the others before the responders are warm nothing. */
function toldOf(samples: readonly Sample[], round: number, options: Options): readonly Sample[] {
  if (round >= warmUpRounds(options)) return samples;
  if (round > 0) return [];
  return samples
    .filter(({ row }) => row.endsWith(HANDSHAKE_COST))
    .map(({ row, ...sample }) => ({ ...sample, row: `${row}, first ${options.tunnels} after start` }));
}

function warmUpRounds({ tunnels }: Options): number {
  return Math.ceil(WARM_UP / tunnels);
}

const HANDSHAKE_COST = 'handshake, responder CPU ms';

/** Handshakes. */
const WARM_UP = 1_000;

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
  samples.push({ row: `${name}: ${HANDSHAKE_COST}`, kind, value: cpu });
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
