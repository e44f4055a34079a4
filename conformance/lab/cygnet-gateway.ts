import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ControlClient } from '../../src/control/client.ts';
import type { Diagnosis } from '../../src/tunnel/diagnosis/diagnosis.ts';
import type { ChildStatus, StatusReport, TunnelStatus } from '../../src/tunnel/status.ts';
import { DaemonProcess } from './daemon-process.ts';
import {
  type CarriedChild,
  normalSpi,
  type Place,
  type ReportedChild,
  type ReportedIke,
  type RunningGateway,
} from './gateway.ts';
import { poll } from './poll.ts';
import type { CygnetSetup, SaKind } from './scenario.ts';
import { type Outcome, run } from './shell.ts';

/** Starts `cygnet daemon` in a namespace and waits for its control socket. */
export async function startCygnet(setup: CygnetSetup, place: Place, repository: string): Promise<CygnetGateway> {
  const gateway = new CygnetGateway(setup, place, { repository });
  await gateway.ready();
  return gateway;
}

export type CygnetEdge = {
  /** Where cygnet is built. */
  readonly repository: string;
  /** Path of the socket for strongSwan's tools; there is none where not given. */
  readonly vici?: string;
};

export class CygnetGateway implements RunningGateway {
  readonly tunnel: string;
  readonly #program: readonly string[];
  readonly #control: string;
  readonly #file: string;
  readonly #process: DaemonProcess;

  constructor(setup: CygnetSetup, place: Place, { repository, vici }: CygnetEdge) {
    this.tunnel = setup.tunnel;
    this.#program = [process.execPath, join(repository, 'bin/cygnet.js')];
    this.#control = join(place.directory, 'control.sock');
    const file = join(place.directory, 'cygnet.yaml');
    this.#file = file;
    const { configuration } = setup;
    writeFileSync(file, typeof configuration === 'string' ? configuration : JSON.stringify(configuration, null, 2), {
      mode: 0o600,
    });
    // What a killed daemon left must not look like the new one's socket.
    for (const socket of [this.#control, vici]) if (socket !== undefined) rmSync(socket, { force: true });
    this.#process = new DaemonProcess(
      place.namespace,
      [
        ...this.#program,
        'daemon',
        '--config',
        file,
        '--control',
        this.#control,
        ...(vici === undefined ? [] : ['--vici', vici]),
      ],
      { logFile: join(place.directory, 'cygnet.log'), env: { CYGNET_LOG: 'debug' } },
    );
  }

  async ready(): Promise<void> {
    await poll(async () => {
      if (!this.#process.running) throw new Error(`cygnet daemon ended: ${this.log().trim().slice(-400)}`);
      return existsSync(this.#control) ? { value: true } : { unmet: 'cygnet opened no control socket' };
    });
  }

  /** Also what every scenario ends with: a daemon that broke an invariant does not pass unnoticed. */
  async stop(): Promise<void> {
    const end = await this.#process.terminate(STOP_PATIENCE_MS);
    if (end !== 'exit status 0') throw new Error(`cygnet daemon ended with ${end}`);
    const bug = this.log()
      .split('\n')
      .find((line) => /"level":(50|60|"error"|"fatal")/.test(line));
    if (bug !== undefined) throw new Error(`cygnet logged an error: ${bug.slice(0, 300)}`);
  }

  async kill(): Promise<void> {
    await this.#process.kill();
  }

  async up(): Promise<string | undefined> {
    return failure('cygnet up', await this.command(['up', this.tunnel]));
  }

  async down(): Promise<string | undefined> {
    return failure('cygnet down', await this.command(['down', this.tunnel]));
  }

  async rekey(what: SaKind): Promise<string | undefined> {
    return failure('cygnet rekey', await this.command(['rekey', this.tunnel, what === 'ike' ? '--ike' : '--child']));
  }

  async notConnected(): Promise<string | undefined> {
    const { connectionStatus, reason } = await this.status();
    return connectionStatus === 'connected' ? undefined : `cygnet says ${connectionStatus}: ${JSON.stringify(reason)}`;
  }

  async children(): Promise<readonly ReportedChild[]> {
    const children = await this.childStatuses();
    return children.map((child) => ({ spiIn: normalSpi(child.spiIn), spiOut: normalSpi(child.spiOut) }));
  }

  async carried(): Promise<readonly CarriedChild[]> {
    const children = await this.childStatuses();
    return children.map(({ protocol, spiIn, spiOut, packetsIn, packetsOut }) => {
      return { protocol, spiIn: normalSpi(spiIn), spiOut: normalSpi(spiOut), packetsIn, packetsOut };
    });
  }

  async ikeSas(): Promise<readonly ReportedIke[]> {
    const sas = (await this.#report()).tunnels.flatMap(({ ike }) => (ike?.state === 'established' ? [ike] : []));
    return sas.map(({ initiatorSpi, responderSpi }) => ({ initiatorSpi, responderSpi }));
  }

  async count(of: SaKind): Promise<number> {
    const { tunnels } = await this.#report();
    const have = of === 'ike' ? tunnels.filter(({ ike }) => ike !== null) : tunnels.flatMap(({ children }) => children);
    return have.length;
  }

  async childStatuses(): Promise<readonly ChildStatus[]> {
    return (await this.#report()).tunnels.flatMap(({ children }) => children);
  }

  /** A tunnel's entry of `cygnet status --json`. */
  async status(name = this.tunnel): Promise<TunnelStatus> {
    const tunnel = (await this.#report()).tunnels.find((entry) => entry.name === name);
    if (tunnel === undefined) throw new Error(`cygnet status --json has no tunnel ${name}`);
    return tunnel;
  }

  /** What the other end of its tunnel needs, with the key. */
  async exported(format: string): Promise<string> {
    const outcome = await this.command(['export', this.tunnel, '--format', format, '--reveal']);
    const failed = failure('cygnet export', outcome);
    if (failed !== undefined || outcome.stderr !== '') throw new Error(failed ?? `cygnet export: ${outcome.stderr}`);
    return outcome.stdout;
  }

  /** What `cygnet diagnose --json` says; its exit status may tell that the tunnel is down. */
  async diagnosis(): Promise<Diagnosis> {
    const outcome = await this.command(['diagnose', this.tunnel, '--json']);
    if (outcome.stdout.trim() === '') throw new Error(`cygnet diagnose --json: ${outcome.stderr.trim()}`);
    return JSON.parse(outcome.stdout) as Diagnosis;
  }

  /** A line of its configuration, from 1. */
  configurationLine(line: number): string {
    return readFileSync(this.#file, 'utf8').split('\n')[line - 1] ?? '';
  }

  command(args: readonly string[]): Promise<Outcome> {
    return run([...this.#program, ...args, '--control', this.#control], { timeout: 90_000 });
  }

  get pid(): number {
    return this.#process.pid;
  }

  log(): string {
    return this.#process.log;
  }

  async describe(): Promise<string> {
    return (await this.command(['status', '--json'])).stdout;
  }

  /**
   * What `cygnet status --json` prints, from where it has it: expectations ask again and again, and to start a process
   * takes a guest a second.
   */
  #report(): Promise<StatusReport> {
    return new ControlClient({ path: this.#control }).call('status', {});
  }
}

/** The daemon bounds its own farewell to two seconds; the rest is for slow machines. */
const STOP_PATIENCE_MS = 20_000;

function failure(command: string, outcome: Outcome): string | undefined {
  if (outcome.status === 0) return undefined;
  return `${command}: exit status ${outcome.status}: ${(outcome.stderr || outcome.stdout).trim().slice(-300)}`;
}
