import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ControlClient } from '../../control/client.ts';
import { PROGRAM } from '../program.ts';
import { inNamespace } from './command.ts';
import type { End } from './ends.ts';

/** A `cygnet daemon` in a namespace. */
export class DemoGateway {
  readonly end: End;
  readonly controlPath: string;
  readonly configPath: string;
  readonly client: ControlClient;
  readonly #directory: string;
  #process: ChildProcess | undefined;
  #log = '';

  /** Writes its files. */
  constructor(directory: string, end: End, configuration: string, key: string) {
    this.end = end;
    this.#directory = join(directory, end.name);
    this.configPath = join(this.#directory, 'cygnet.yaml');
    this.controlPath = join(this.#directory, 'control.sock');
    this.client = new ControlClient({ path: this.controlPath });
    mkdirSync(this.#directory, { recursive: true });
    writeFileSync(this.configPath, configuration);
    writeFileSync(join(this.#directory, 'demo.psk'), `${key}\n`, { mode: 0o600 });
  }

  /** Resolves when it takes commands. @throws Error with what it said where it does not start */
  async start(): Promise<void> {
    const files = ['--config', this.configPath, '--control', this.controlPath];
    const daemon = [process.execPath, PROGRAM, 'daemon', ...files, '--no-state'];
    const [program = '', ...args] = inNamespace(this.end.name, daemon);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        // The end of it is what tells why something failed.
        this.#log = (this.#log + text).slice(-LOG_LENGTH);
      });
    }
    const deadline = performance.now() + START_PATIENCE;
    while (!existsSync(this.controlPath)) {
      if (child.exitCode !== null || performance.now() > deadline) throw new Error(this.#whyNotStarted());
      await pause(20);
    }
  }

  /** Ends it in the ordinary way, which tells the other end. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE);
    await ended;
    clearTimeout(timer);
  }

  /** The last things that it logged as warnings or errors. */
  complaints(): string[] {
    return complaintsIn(this.#log);
  }

  #whyNotStarted(): string {
    const [last = 'it opens no control socket'] = this.complaints().slice(-1);
    return `the ${this.end.name} gateway does not start: ${last}`;
  }
}

/** Messages of the lines of a daemon's log that are warnings or errors, and lines that are none of the log. */
export function complaintsIn(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const entry = parsed(line);
      if (entry === undefined) return [line];
      return entry.level === 'warn' || entry.level === 'error' ? [entry.msg ?? line] : [];
    });
}

function parsed(line: string): { readonly level?: string; readonly msg?: string } | undefined {
  try {
    return JSON.parse(line) as object;
  } catch {
    return undefined;
  }
}

const LOG_LENGTH = 16_384;

/** Milliseconds; only a machine on which something is wrong needs so long. */
const START_PATIENCE = 15_000;
const STOP_PATIENCE = 5_000;
