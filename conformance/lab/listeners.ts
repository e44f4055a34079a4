import { join } from 'node:path';
import { DaemonProcess } from './daemon-process.ts';
import { poll } from './poll.ts';
import type { SideName } from './scenario.ts';
import type { SwanctlClient } from './swanctl-client.ts';

/** A swanctl that prints what happens until it is interrupted. */
export type Listener = {
  readonly side: SideName;
  /** Its words, which say what it prints, and how. */
  readonly of: string;
  readonly process: DaemonProcess;
};

/** For people, and with keys. */
const LISTENING = [['--monitor-sa'], ['--monitor-sa', '--pretty'], ['--log'], ['--log', '--pretty']];

/** What swanctl says when it is interrupted would stand in the middle of a line that it has not written yet. */
const ONLY_ANSWERS = ['sh', '-c', 'exec "$@" 2>/dev/null', 'sh'];

/** Each of them with each swanctl; what they print goes to files of the directory. */
export async function startListeners(
  clients: ReadonlyMap<SideName, SwanctlClient>,
  directory: string,
): Promise<readonly Listener[]> {
  const listeners = [...clients].flatMap(([side, client]) =>
    LISTENING.map((words) => {
      const of = words.join(' ');
      const logFile = join(directory, `${side}${of.replace(/[ -]+/g, '-')}.log`);
      return { side, of, process: new DaemonProcess(side, [...ONLY_ANSWERS, ...client.command(words)], { logFile }) };
    }),
  );
  await Promise.all(listeners.map(isConnected));
  return listeners;
}

/** It has its socket open, and waits for what comes; to register takes it no more than an answer. */
async function isConnected({ of, process }: Listener): Promise<void> {
  await poll(async () => {
    if (!process.running) throw new Error(`swanctl ${of} ended: ${process.log}`);
    return process.sockets > 0 ? { value: true } : { unmet: `swanctl ${of} has no connection` };
  });
}

/** Interrupted, they print what they still have. */
export async function heardBy(listeners: readonly Listener[]): Promise<ReadonlyMap<string, string>> {
  await Promise.all(listeners.map(({ process }) => process.terminate(5_000, 'SIGINT')));
  return new Map(listeners.map(({ side, of, process }) => [`${side} ${of}`, process.log]));
}
