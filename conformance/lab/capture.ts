import { existsSync, readFileSync } from 'node:fs';
import { DaemonProcess } from './daemon-process.ts';
import { poll } from './poll.ts';
import { ROUTER, WIRE } from './router.ts';
import { inNamespace, run } from './shell.ts';

/**
 * What the router sees between the gateways. A gateway's own interface is no place to look: the kernel hands
 * decapsulated packets to it once more, in the clear.
 */
export class Capture {
  readonly file: string;
  readonly #process: DaemonProcess;

  constructor(file: string, logFile: string) {
    this.file = file;
    this.#process = new DaemonProcess(
      ROUTER,
      ['tcpdump', '-i', WIRE, '-n', '-U', '--immediate-mode', '-s', '0', '-Z', 'root', '-w', file],
      { logFile },
    );
  }

  async ready(): Promise<void> {
    await poll(async () => {
      if (!this.#process.running) throw new Error(`tcpdump ended: ${this.#process.log.trim()}`);
      const listening = /listening on/.test(this.#process.log) && existsSync(this.file);
      return listening ? { value: true } : { unmet: 'tcpdump does not listen' };
    });
  }

  /** Packets so far that a tcpdump filter accepts, one line each. */
  async packets(filter: string): Promise<string[]> {
    const outcome = await run(inNamespace(ROUTER, ['tcpdump', '-n', '-r', this.file, '-Z', 'root', filter]));
    // A packet that is just being written looks like a truncated file; what is before it counts.
    if (outcome.status !== 0 && !/truncated dump/.test(outcome.stderr)) throw new Error(`tcpdump: ${outcome.stderr}`);
    return outcome.stdout.split('\n').filter((line) => /^\d/.test(line));
  }

  contains(bytes: string): boolean {
    return readFileSync(this.file).includes(bytes, 0, 'latin1');
  }

  async stop(): Promise<void> {
    await this.#process.terminate(5_000);
  }
}
