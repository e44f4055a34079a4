import { copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DaemonProcess } from './daemon-process.ts';
import { normalSpi, type Place, type ReportedChild, type RunningGateway } from './gateway.ts';
import { poll } from './poll.ts';
import type { StrongswanSetup } from './scenario.ts';
import { type Outcome, run } from './shell.ts';
import { renderSection, strongswanConf } from './strongswan-config.ts';

/** Starts charon in a namespace and loads its connections. */
export async function startStrongswan(setup: StrongswanSetup, place: Place): Promise<RunningGateway> {
  const gateway = new StrongswanGateway(setup, place);
  await gateway.load();
  return gateway;
}

class StrongswanGateway implements RunningGateway {
  readonly #setup: StrongswanSetup;
  readonly #vici: string;
  readonly #swanctlFile: string;
  readonly #settingsFile: string;
  readonly #swanctl: string;
  readonly #process: DaemonProcess;

  constructor(setup: StrongswanSetup, place: Place) {
    this.#setup = setup;
    this.#vici = join(place.directory, 'vici');
    this.#swanctlFile = join(place.directory, 'swanctl.conf');
    this.#settingsFile = join(place.directory, 'strongswan.conf');
    writeFileSync(this.#swanctlFile, renderSection(setup.swanctl));
    writeFileSync(this.#settingsFile, renderSection(strongswanConf(setup, this.#vici)));
    this.#swanctl = unconfinedCopy('/usr/sbin/swanctl', place.directory);
    rmSync(this.#vici, { force: true });
    this.#process = new DaemonProcess(place.namespace, [unconfinedCopy('/usr/sbin/charon-systemd', place.directory)], {
      logFile: join(place.directory, 'charon.log'),
      env: { STRONGSWAN_CONF: this.#settingsFile },
    });
  }

  async load(): Promise<void> {
    await poll(async () => {
      if (!this.#process.running) throw new Error(`charon ended: ${this.log().trim().slice(-300)}`);
      return existsSync(this.#vici) ? { value: true } : { unmet: 'charon opened no vici socket' };
    });
    const loaded = await this.#ask('--load-all', '--noprompt', '--file', this.#swanctlFile);
    if (loaded.status !== 0) throw new Error(`swanctl --load-all: ${loaded.stderr.trim() || loaded.stdout.trim()}`);
  }

  async stop(): Promise<void> {
    // charon-systemd's exit status tells nothing, so only the time counts.
    const end = await this.#process.terminate(STOP_PATIENCE_MS);
    if (end.includes('SIGKILL')) throw new Error('charon did not end');
  }

  async kill(): Promise<void> {
    await this.#process.kill();
  }

  async up(): Promise<string | undefined> {
    const outcome = await this.#ask('--initiate', '--child', this.#setup.child, '--timeout', '30');
    return outcome.status === 0 ? undefined : `swanctl --initiate: ${lastLine(outcome)}`;
  }

  async down(): Promise<string | undefined> {
    const [connection = ''] = Object.keys(this.#setup.swanctl.connections ?? {});
    const outcome = await this.#ask('--terminate', '--ike', connection, '--timeout', '30');
    return outcome.status === 0 ? undefined : `swanctl --terminate: ${lastLine(outcome)}`;
  }

  async notConnected(): Promise<string | undefined> {
    const raw = await this.#listSas();
    return /\bstate=INSTALLED\b/.test(raw) ? undefined : `strongSwan has no Child SA: ${raw.trim() || 'no IKE SA'}`;
  }

  async children(): Promise<readonly ReportedChild[]> {
    const matches = (await this.#listSas()).matchAll(/\bspi-in=([0-9a-f]+).*?\bspi-out=([0-9a-f]+)/g);
    return [...matches].map(([, spiIn = '', spiOut = '']) => ({ spiIn: normalSpi(spiIn), spiOut: normalSpi(spiOut) }));
  }

  log(): string {
    return this.#process.log;
  }

  async describe(): Promise<string> {
    return (await this.#ask('--list-sas')).stdout;
  }

  async #listSas(): Promise<string> {
    return (await this.#ask('--list-sas', '--raw')).stdout;
  }

  #ask(...args: readonly string[]): Promise<Outcome> {
    return run([
      'env',
      `STRONGSWAN_CONF=${this.#settingsFile}`,
      this.#swanctl,
      ...args,
      '--uri',
      `unix://${this.#vici}`,
    ]);
  }
}

/** charon says goodbye to its peers first and waits for their answers. */
const STOP_PATIENCE_MS = 15_000;

/** Debian's AppArmor profiles go by path and keep these programs from the lab's directories; a copy has none. */
function unconfinedCopy(program: string, directory: string): string {
  const copy = join(directory, program.replace(/.*\//, ''));
  if (!existsSync(copy)) copyFileSync(program, copy);
  return copy;
}

function lastLine(outcome: Outcome): string {
  const lines = `${outcome.stdout}\n${outcome.stderr}`.trim().split('\n');
  return lines.at(-1) ?? `exit status ${outcome.status}`;
}
