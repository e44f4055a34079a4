import { setTimeout as pause } from 'node:timers/promises';
import type { Options } from './options.ts';
import { memoryOf, timeOf } from './responders.ts';
import type { Sample } from './samples.ts';
import { suiteOf } from './suites.ts';
import type { World } from './world.ts';

/** Tunnels that stand, and those that come while the flood is on. */
const STANDING = 200;
const COMING = 100;

/** What becomes of tunnels, and of new ones, under a flood of requests that nobody answers for. */
export async function measureFlood(world: World, options: Options, keep: (sample: Sample) => void): Promise<void> {
  const { kind } = world;
  const row = (what: string, value: number): void => keep({ row: `flood: ${what}`, kind, value });
  const suite = suiteOf('curve25519');
  await world.open(suite, 2 * (STANDING + COMING));
  try {
    const { responder } = world;
    const standing = Array.from({ length: STANDING }, (_, item) => item);
    const coming = Array.from({ length: COMING }, (_, item) => STANDING + item);
    await world.some('connect', standing, { concurrency: options.concurrency });
    await pause(2_000);
    await responder.delays();
    const before = memoryOf(responder);
    const start = timeOf(responder);
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, memoryOf(responder));
    }, 500);
    const flood = world.flood({ suite, rate: options.flood, seconds: options.seconds });
    await pause(2_000);
    const lasting = options.seconds - 6;
    const rekeyed = await world.some('rekey-child', standing, { rate: STANDING / (lasting / 2) });
    const connected = await world.some('connect', coming, { rate: COMING / (lasting / 2) });
    const { sent, seconds } = await flood;
    const spent = timeOf(responder) - start;
    clearInterval(watch);
    const delays = await responder.delays();
    row('spoofed requests a second that were sent', sent / seconds);
    row('responder CPU us for each', (spent * 1e6) / sent);
    row(`rekeyings done of ${STANDING}`, rekeyed.latencies.length);
    row(`new tunnels connected of ${COMING}`, connected.latencies.length);
    // Each is asked by the responder whether it is still there.
    await pause(LIVENESS);
    row(`tunnels that stand of ${STANDING + COMING}`, await world.established());
    row('memory grew by at most MB', (most - before) / 1_024);
    if (delays !== undefined) row('event loop late by at most, ms', delays.max);
    if (delays !== undefined) row('event loop late by, 99 of 100 times at most, ms', delays.p99);
  } finally {
    await world.close();
  }
}

const LIVENESS = 35_000;
