import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { inNamespace } from './shell.ts';

/** A daemon in a namespace, its output in a file. */
export class DaemonProcess {
  readonly #child: ChildProcess;
  readonly #logFile: string;
  readonly #ended: Promise<string>;

  constructor(namespace: string, argv: readonly string[], options: { logFile: string; env?: Record<string, string> }) {
    const [command = '', ...args] = inNamespace(namespace, argv);
    const output = openSync(options.logFile, 'a');
    this.#logFile = options.logFile;
    this.#child = spawn(command, args, {
      stdio: ['ignore', output, output],
      env: { ...process.env, ...options.env },
    });
    closeSync(output);
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', (error) => resolve(error.message));
      this.#child.on('exit', (code, signal) => resolve(signal === null ? `exit status ${code}` : `signal ${signal}`));
    });
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined;
  }

  /** Of the daemon itself: `ip netns exec` becomes what it starts. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the process was never started');
    return this.#child.pid;
  }

  /** How many sockets it has open. */
  get sockets(): number {
    const directory = `/proc/${this.pid}/fd`;
    return readdirSync(directory).filter((fd) => linkOf(`${directory}/${fd}`).startsWith('socket:')).length;
  }

  get log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /** Sends SIGTERM or another signal and waits; returns how the process ended, after SIGKILL where it took too long. */
  async terminate(patience: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<string> {
    if (this.running) this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patience);
    const end = await this.#ended;
    clearTimeout(timer);
    return end;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** What a descriptor leads to; it may be closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
