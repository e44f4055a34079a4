import { setTimeout as pause } from 'node:timers/promises';
import { Remote } from './calls.ts';
import type { NetlinkCall } from './netlink-plane.ts';
import type { Options } from './options.ts';
import { memoryOf, timeOf } from './responders.ts';
import type { Sample } from './samples.ts';
import { suiteOf } from './suites.ts';
import type { World } from './world.ts';

/** What may cost more where there are more tunnels; one responder after the other, so that there is memory for each. */
export async function measureScale(
  world: World,
  count: number,
  options: Options,
  keep: (sample: Sample) => void,
): Promise<void> {
  const { kind } = world;
  const row = (what: string, value: number): void => keep({ row: `${count} tunnels: ${what}`, kind, value });
  const { concurrency } = options;
  await world.open(suiteOf('curve25519'), count);
  try {
    await pause(SETTLING);
    const { responder } = world;
    // What was left over from the configuration would hide a part of what the SAs take; afterwards nothing is collected.
    const inUse = await responder.collect();
    await pause(SETTLING);
    const before = memoryOf(responder);
    const start = timeOf(responder);
    await world.all('connect', concurrency);
    const established = await world.established();
    if (established !== count) throw new Error(`${kind}: ${established} of ${count} tunnels are connected`);
    row('handshake, responder CPU ms, warm-up included', ((timeOf(responder) - start) * 1_000) / count);
    await pause(SETTLING);
    row('memory, responder alone, MB', before / 1_024);
    const after = memoryOf(responder);
    row('memory with all of them up, MB', after / 1_024);
    row('memory for each IKE SA with its Child SA, kB', (after - before) / count);
    const kept = await responder.collect();
    if (inUse !== undefined && kept !== undefined)
      row('objects in use for each IKE SA with its Child SA, kB', (kept - inUse) / 1_024 / count);
    const some = Array.from({ length: Math.min(500, count >> 1) }, (_, item) => item);
    const rekeying = timeOf(responder);
    await world.some('rekey-child', some, { concurrency });
    row('Child SA rekeying, responder CPU ms', ((timeOf(responder) - rekeying) * 1_000) / some.length);
    for (let turn = 0; turn < options.repetitions; turn++) {
      const asked = timeOf(responder);
      const clock = performance.now();
      await responder.status();
      row('status of all, ms', performance.now() - clock);
      row('status of all, responder CPU ms', (timeOf(responder) - asked) * 1_000);
    }
    await responder.delays();
    const idle = timeOf(responder);
    await pause(IDLE * 1_000);
    const spent = timeOf(responder) - idle;
    row('idle with liveness every 30 s, % of one core', (spent * 100) / IDLE);
    row('idle, CPU us for each check that a peer is there', (spent * 1e6) / count);
    const delays = await responder.delays();
    if (delays !== undefined) row('idle, event loop late by at most, ms', delays.max);
  } finally {
    await world.close();
  }
  if (kind === 'cygnet') row('policies and route of one by netlink, CPU us', await netlinkCost(world, count));
}

/** charon's data plane is its own here, which has no part in the kernel. */
async function netlinkCost({ namespace }: World, tunnels: number): Promise<number> {
  const plane = new Remote<NetlinkCall>(namespace, './netlink-plane.js');
  try {
    return await plane.call<number>({ tunnels });
  } finally {
    await plane.end();
  }
}

const SETTLING = 5_000;
/** Seconds; each tunnel asks once in it whether its peer is there. */
const IDLE = 30;
