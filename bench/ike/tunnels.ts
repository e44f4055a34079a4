import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { must, run } from '../../conformance/lab/shell.ts';
import { renderSection } from '../../conformance/lab/strongswan-config.ts';
import { startStrongswan } from '../../conformance/lab/strongswan-gateway.ts';
import { processTime } from '../throughput/process-time.ts';
import { Remote } from './calls.ts';
import { charonInitiator, cygnetPeers, cygnetResponder } from './configurations.ts';
import type { ResponderCall } from './cygnet-responder.ts';
import type { Options } from './options.ts';
import type { Sample } from './samples.ts';
import { suiteOf } from './suites.ts';
import type { World, WorldOptions } from './world.ts';

/** As many tunnels as are configured, all begun at once by the one that is measured; a Cygnet answers for all peers. */
export async function measureTunnels(
  world: World,
  options: Options,
  where: WorldOptions,
  keep: (sample: Sample) => void,
): Promise<void> {
  const { kind } = world;
  const tunnels = Array.from({ length: options.tunnels }, (_, tunnel) => tunnel);
  const row = (what: string, value: number): void =>
    keep({ row: `${tunnels.length} configured tunnels: ${what}`, kind, value });
  const directory = join(where.directory, `${kind}-tunnels`);
  const place: Place = { world, directory, repository: where.repository, tunnels };
  const peers = startCygnet(world.callers, join(directory, 'peers'), cygnetPeers(suiteOf('curve25519'), tunnels));
  try {
    await peers.ready();
    const connected = peers.remote.call({ kind: 'installed', count: tunnels.length });
    const clock = performance.now();
    const subject = await (kind === 'charon' ? startCharon(place) : startSubject(place));
    try {
      await connected;
      row('start to all connected, ms', performance.now() - clock);
      row('start to all connected, CPU ms', processTime(subject.pid) * 1_000);
      await pause(3_000);
      const before = processTime(subject.pid);
      const reload = performance.now();
      await subject.reload();
      row('reload with one change, ms', performance.now() - reload);
      await pause(200);
      row('reload with one change, CPU ms of the daemon', (processTime(subject.pid) - before) * 1_000);
      const status = performance.now();
      await subject.status();
      row('status of all, ms', performance.now() - status);
    } finally {
      await subject.kill();
    }
  } finally {
    await peers.remote.end();
  }
}

type Place = {
  readonly world: World;
  readonly directory: string;
  readonly repository: string;
  readonly tunnels: readonly number[];
};

type Subject = {
  readonly pid: number;
  reload(): Promise<unknown>;
  status(): Promise<unknown>;
  kill(): Promise<void>;
};

const SUITE = suiteOf('curve25519');
/** Of the tunnel that changes. */
const DIFFERENT = 0;

async function startCharon({ world, directory, tunnels }: Place): Promise<Subject> {
  mkdirSync(directory, { recursive: true });
  const place = { namespace: world.namespace, directory };
  const gateway = await startStrongswan(charonInitiator(SUITE, tunnels), place, {});
  const file = join(directory, 'swanctl.conf');
  return {
    pid: gateway.pid,
    reload: () => {
      writeFileSync(file, renderSection(charonInitiator(SUITE, tunnels, DIFFERENT).swanctl));
      return must(gateway.swanctl.command(['--load-all', '--noprompt', '--file', file]), PATIENCE);
    },
    status: () => must(gateway.swanctl.command(['--list-sas']), PATIENCE),
    kill: () => gateway.kill(),
  };
}

async function startSubject({ world, directory, repository, tunnels }: Place): Promise<Subject> {
  const configuration = (different?: number): object =>
    cygnetResponder(SUITE, tunnels, { start: 'initiate', ...(different === undefined ? {} : { different }) });
  const { remote, ready, file, control } = startCygnet(world.namespace, directory, configuration());
  await ready();
  const program = [process.execPath, join(repository, 'bin/cygnet.js')];
  return {
    pid: remote.pid,
    reload: () => {
      writeFileSync(file, JSON.stringify(configuration(DIFFERENT), null, 1), { mode: 0o600 });
      return must([...program, 'apply', '--control', control], PATIENCE);
    },
    // What it ends with tells whether all are up.
    status: () => run([...program, 'status', '--control', control], PATIENCE),
    kill: () => remote.end(),
  };
}

function startCygnet(namespace: string, directory: string, configuration: object) {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'cygnet.yaml');
  const control = join(directory, 'control.sock');
  writeFileSync(file, JSON.stringify(configuration, null, 1), { mode: 0o600 });
  rmSync(control, { force: true });
  const remote = new Remote<ResponderCall>(namespace, './cygnet-responder.js', [file, control]);
  const ready = async (): Promise<void> => {
    while (!existsSync(control)) await pause(5);
  };
  return { remote, ready, file, control };
}

const PATIENCE = { timeout: 120_000 };
