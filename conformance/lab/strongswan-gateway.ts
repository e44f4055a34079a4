import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DaemonProcess } from './daemon-process.ts';
import type { CarriedChild, Place, ReportedChild, ReportedIke, RunningGateway } from './gateway.ts';
import { poll } from './poll.ts';
import type { SaKind, StrongswanSetup } from './scenario.ts';
import { type Outcome, run } from './shell.ts';
import { renderSection, strongswanConf } from './strongswan-config.ts';
import { parseListSas, type StrongswanChildSa, type StrongswanIkeSa } from './strongswan-sas.ts';

/** Configuration files that were written elsewhere, by the name of their format. */
export type ExportedFiles = Readonly<Record<string, string>>;

/** Starts charon in a namespace and loads its connections. */
export async function startStrongswan(
  setup: StrongswanSetup,
  place: Place,
  exported: ExportedFiles,
): Promise<StrongswanGateway> {
  const gateway = new StrongswanGateway(setup, place, exported);
  await gateway.load();
  return gateway;
}

export class StrongswanGateway implements RunningGateway {
  readonly #setup: StrongswanSetup;
  readonly #vici: string;
  readonly #swanctlFile: string;
  readonly #settingsFile: string;
  readonly #swanctl: string;
  readonly #process: DaemonProcess;

  constructor(setup: StrongswanSetup, place: Place, exported: ExportedFiles) {
    this.#setup = setup;
    this.#vici = join(place.directory, 'vici');
    this.#swanctlFile = join(place.directory, 'swanctl.conf');
    this.#settingsFile = join(place.directory, 'strongswan.conf');
    writeFileSync(this.#swanctlFile, exported.swanctl ?? renderSection(setup.swanctl));
    for (const name of ['ipsec.conf', 'ipsec.secrets'])
      writeFileSync(join(place.directory, name), exported[name] ?? '', { mode: 0o600 });
    writeFileSync(this.#settingsFile, renderSection(strongswanConf(setup, this.#vici, place.directory)));
    this.#swanctl = unconfinedCopy('/usr/sbin/swanctl', place.directory);
    rmSync(this.#vici, { force: true });
    const program =
      setup.exported === 'ipsec.conf'
        ? ['/usr/lib/ipsec/starter', '--nofork', '--conf', join(place.directory, 'ipsec.conf')]
        : [unconfinedCopy('/usr/sbin/charon-systemd', place.directory)];
    this.#process = new DaemonProcess(place.namespace, program, {
      logFile: join(place.directory, 'charon.log'),
      env: { STRONGSWAN_CONF: this.#settingsFile },
    });
  }

  async load(): Promise<void> {
    await poll(async () => {
      if (!this.#process.running) throw new Error(`charon ended: ${this.log().trim().slice(-300)}`);
      return existsSync(this.#vici) ? { value: true } : { unmet: 'charon opened no vici socket' };
    });
    // starter gives charon what is in ipsec.conf, and what it starts is started already.
    if (this.#setup.exported === 'ipsec.conf') return;
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
    if (this.#setup.exported === 'ipsec.conf') killStartedCharon();
  }

  up(): Promise<string | undefined> {
    return this.#eachChild('--initiate', '--timeout', '30');
  }

  async down(): Promise<string | undefined> {
    return failure('--terminate', await this.#ask('--terminate', '--ike', this.#connection, '--timeout', '30'));
  }

  async rekey(what: SaKind): Promise<string | undefined> {
    if (what === 'children') return this.#eachChild('--rekey');
    return failure('--rekey', await this.#ask('--rekey', '--ike', this.#connection));
  }

  async deleteChildren(only?: string): Promise<string | undefined> {
    if (only === undefined) return this.#eachChild('--terminate', '--timeout', '30');
    return failure('--terminate', await this.#ask('--terminate', '--child', only, '--timeout', '30'));
  }

  async notConnected(): Promise<string | undefined> {
    const up = new Set((await this.#carrying()).map(({ name }) => name));
    const missing = this.#setup.children.filter((name) => !up.has(name));
    return missing.length === 0 ? undefined : `strongSwan has no Child SA ${missing.join(', ')}`;
  }

  async children(): Promise<readonly ReportedChild[]> {
    return (await this.#carrying()).map(({ spiIn, spiOut }) => ({ spiIn, spiOut }));
  }

  async carried(): Promise<readonly CarriedChild[]> {
    return (await this.#listSas()).flatMap(({ children }) => children);
  }

  async ikeSas(): Promise<readonly ReportedIke[]> {
    const established = (await this.#listSas()).filter(({ state }) => state === 'ESTABLISHED');
    return established.map(({ initiatorSpi, responderSpi }) => ({ initiatorSpi, responderSpi }));
  }

  async count(of: SaKind): Promise<number> {
    const ikeSas = await this.#listSas();
    return of === 'ike' ? ikeSas.length : ikeSas.flatMap(({ children }) => children).length;
  }

  get pid(): number {
    return this.#process.pid;
  }

  log(): string {
    return this.#process.log;
  }

  async describe(): Promise<string> {
    return (await this.#ask('--list-sas')).stdout;
  }

  get #connection(): string {
    const [connection = ''] = Object.keys(this.#setup.swanctl.connections ?? {});
    return connection;
  }

  /** One after the other; returns the first failure. */
  async #eachChild(command: string, ...more: readonly string[]): Promise<string | undefined> {
    for (const child of this.#setup.children) {
      const failed = failure(command, await this.#ask(command, '--child', child, ...more));
      if (failed !== undefined) return failed;
    }
    return undefined;
  }

  async #carrying(): Promise<StrongswanChildSa[]> {
    const children = (await this.#listSas()).flatMap((ikeSa) => ikeSa.children);
    return children.filter(({ state }) => state === 'INSTALLED');
  }

  async #listSas(): Promise<StrongswanIkeSa[]> {
    return parseListSas((await this.#ask('--list-sas', '--raw')).stdout);
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

/** Debian's AppArmor profiles go by path and keep these programs from the lab's directories; a copy has none. */
function unconfinedCopy(program: string, directory: string): string {
  const copy = join(directory, program.replace(/.*\//, ''));
  if (!existsSync(copy)) copyFileSync(program, copy);
  return copy;
}

function failure(command: string, outcome: Outcome): string | undefined {
  if (outcome.status === 0) return undefined;
  const lines = `${outcome.stdout}\n${outcome.stderr}`.trim().split('\n');
  return `swanctl ${command}: ${lines.at(-1) ?? `exit status ${outcome.status}`}`;
}
