import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** A kernel with ESP at work on one worker. */
export interface LabProcess {
  /** Resolves when it is over, with how it ended. */
  readonly ended: Promise<string>;
  kill(): void;
}

export type WorkerCommand = {
  readonly repository: string;
  /** The directory that holds all output, writable from within. */
  readonly out: string;
  readonly name: string;
  readonly argv: readonly string[];
};

/** Starts a process group of its own whose output goes to a file, so that all of it can be ended at once. */
export function startGroup(argv: readonly string[], logFile: string, env: NodeJS.ProcessEnv = {}): LabProcess {
  const [command = '', ...args] = argv;
  const log = openSync(logFile, 'w');
  const child = spawn(command, args, {
    stdio: ['ignore', log, log],
    detached: true,
    env: { ...process.env, ...env },
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(signal ?? `exit status ${code}`));
  });
  return { ended, kill: () => killGroup(child.pid) };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
