import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DaemonProcess } from '../../conformance/lab/daemon-process.ts';
import { startStrongswan } from '../../conformance/lab/strongswan-gateway.ts';
import { processTime } from '../throughput/process-time.ts';
import { charonResponder, cygnetResponder } from './configurations.ts';
import { memoryOf } from './responders.ts';
import type { Sample } from './samples.ts';
import { suiteOf } from './suites.ts';
import type { World, WorldOptions } from './world.ts';

/** Both daemons as they are installed, with one tunnel: how long until their sockets are open, and what they take idle. */
export async function measureStart(
  { kind, namespace }: World,
  options: WorldOptions,
  keep: (sample: Sample) => void,
): Promise<void> {
  const directory = join(options.directory, `${kind}-start`);
  mkdirSync(directory, { recursive: true });
  const clock = performance.now();
  const daemon = await (kind === 'charon' ? charon(namespace, directory) : cygnet(namespace, directory, options));
  try {
    keep({ row: 'start to the open control socket, ms', kind, value: performance.now() - clock });
    keep({ row: 'start to the open control socket, CPU ms', kind, value: processTime(daemon.pid) * 1_000 });
    await pause(3_000);
    keep({ row: 'idle with one tunnel, MB', kind, value: memoryOf(daemon) / 1_024 });
  } finally {
    await daemon.kill();
  }
}

type Started = { readonly pid: number; kill(): Promise<void> };

function charon(namespace: string, directory: string): Promise<Started> {
  return startStrongswan(charonResponder(suiteOf('curve25519')), { namespace, directory }, {});
}

/** With the kernel as data plane, which opens also where the kernel has no ESP. */
async function cygnet(namespace: string, directory: string, { repository }: WorldOptions): Promise<Started> {
  const file = join(directory, 'cygnet.yaml');
  const control = join(directory, 'control.sock');
  const configuration = { ...cygnetResponder(suiteOf('curve25519'), [0]), dataplane: 'kernel' };
  writeFileSync(file, JSON.stringify(configuration), { mode: 0o600 });
  rmSync(control, { force: true });
  const program = [process.execPath, join(repository, 'bin/cygnet.js'), 'daemon'];
  const argv = [...program, '--config', file, '--control', control];
  const daemon = new DaemonProcess(namespace, argv, { logFile: join(directory, 'cygnet.log') });
  while (!existsSync(control)) {
    if (!daemon.running) throw new Error(`cygnet ended: ${daemon.log.slice(-300)}`);
    await pause(5);
  }
  return daemon;
}
