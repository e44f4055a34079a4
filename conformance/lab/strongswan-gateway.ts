import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DaemonProcess } from './daemon-process.ts';
import type { Place } from './gateway.ts';
import { poll } from './poll.ts';
import type { StrongswanSetup } from './scenario.ts';
import { renderSection, strongswanConf } from './strongswan-config.ts';
import { SwanctlGateway } from './swanctl-gateway.ts';
import { unconfinedCopy } from './unconfined.ts';
import type { ViciDaemon } from './vici-daemon.ts';

/** Configuration files that were written elsewhere, by the name of their format. */
export type ExportedFiles = Readonly<Record<string, string>>;

/** Starts charon in a namespace and loads its connections. */
export async function startStrongswan(
  setup: StrongswanSetup,
  place: Place,
  exported: ExportedFiles,
): Promise<SwanctlGateway> {
  const daemon = new Charon(setup, place, exported);
  await daemon.ready();
  const { swanctl: text } = exported;
  const gateway = new SwanctlGateway({ daemon, data: setup, place, ...(text === undefined ? {} : { text }) });
  // starter gives charon what is in ipsec.conf, and what it starts is started already.
  if (setup.exported !== 'ipsec.conf') await gateway.load();
  return gateway;
}

class Charon implements ViciDaemon {
  readonly socket: string;
  readonly #legacy: boolean;
  readonly #process: DaemonProcess;

  constructor(setup: StrongswanSetup, place: Place, exported: ExportedFiles) {
    this.#legacy = setup.exported === 'ipsec.conf';
    this.socket = join(place.directory, 'vici');
    const settingsFile = join(place.directory, 'strongswan.conf');
    for (const name of ['ipsec.conf', 'ipsec.secrets'])
      writeFileSync(join(place.directory, name), exported[name] ?? '', { mode: 0o600 });
    writeFileSync(settingsFile, renderSection(strongswanConf(setup, this.socket, place.directory)));
    rmSync(this.socket, { force: true });
    const program = this.#legacy
      ? ['/usr/lib/ipsec/starter', '--nofork', '--conf', join(place.directory, 'ipsec.conf')]
      : [unconfinedCopy('/usr/sbin/charon-systemd', place.directory)];
    this.#process = new DaemonProcess(place.namespace, program, {
      logFile: join(place.directory, 'charon.log'),
      env: { STRONGSWAN_CONF: settingsFile },
    });
  }

  async ready(): Promise<void> {
    await poll(async () => {
      if (!this.#process.running) throw new Error(`charon ended: ${this.log().trim().slice(-300)}`);
      return existsSync(this.socket) ? { value: true } : { unmet: 'charon opened no vici socket' };
    });
  }

  async stop(): Promise<void> {
    // charon-systemd's exit status tells nothing, so only the time counts.
    const end = await this.#process.terminate(STOP_PATIENCE_MS);
    if (end.includes('SIGKILL')) throw new Error('charon did not end');
  }

  async kill(): Promise<void> {
    await this.#process.kill();
    if (this.#legacy) killStartedCharon();
  }

  get pid(): number {
    return this.#process.pid;
  }

  log(): string {
    return this.#process.log;
  }
}

/** The starter's charon is a process of its own, which outlives it where it has no time to end it. */
function killStartedCharon(): void {
  for (const file of PID_FILES) {
    if (!existsSync(file)) continue;
    const pid = Number(readFileSync(file, 'utf8').trim());
    rmSync(file, { force: true });
    try {
      if (pid > 1) process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
}

/** Where they are is compiled into them. */
const PID_FILES = ['/run/charon.pid', '/run/starter.charon.pid'];

/** charon says goodbye to its peers first and waits for their answers. */
const STOP_PATIENCE_MS = 15_000;
