import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process of this benchmark in a namespace, which answers one call after the other. */
export class Remote<Call> {
  readonly #child: ChildProcess;
  readonly #waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];

  constructor(namespace: string, script: string, args: readonly string[] = []) {
    this.#child = fork(fileURLToPath(new URL(script, import.meta.url)), args, {
      execPath: '/usr/sbin/ip',
      execArgv: ['netns', 'exec', namespace, process.execPath, ...NODE_OPTIONS],
    });
    this.#child.on('message', (answer: Answer) => {
      const one = this.#waiting.shift();
      if ('error' in answer) one?.reject(new Error(answer.error));
      else one?.resolve(answer.value);
    });
    this.#child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${script} ended with ${signal ?? code}`));
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the process was never started');
    return this.#child.pid;
  }

  call<Result>(call: Call): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve: resolve as (value: unknown) => void, reject });
      this.#child.send(call as object);
    });
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    // Not harder: a profile is written at the end.
    this.#child.kill('SIGTERM');
    await gone;
  }
}

type Answer = { readonly value: unknown } | { readonly error: string };

/** The other end: every message is a call. */
export function answerCalls<Call>(perform: (call: Call) => Promise<unknown>): void {
  process.on('message', (call: Call) => {
    void perform(call).then(
      (value) => process.send?.({ value }),
      (error: Error) => process.send?.({ error: error.message }),
    );
  });
  process.on('disconnect', () => process.exit());
}

/** For a profile of what it starts, such as `--cpu-prof`. */
const NODE_OPTIONS = (process.env.BENCH_NODE_OPTIONS ?? '').split(' ').filter((word) => word !== '');
