import type { ExitStatus } from '../control/exit.ts';
import type { EventLevel } from '../control/protocol.ts';

export type DaemonOptions = {
  readonly configPath: string;
  readonly controlPath: string;
  /** Who may open the control socket besides the daemon's user: the name or number of a group. */
  readonly controlGroup: string | undefined;
  /** The same for a second socket, which is for reading only; undefined: there is none. */
  readonly readGroup: string | undefined;
  /** Undefined: nothing is kept from one run to the next. */
  readonly stateDirectory: string | undefined;
  readonly logLevel: EventLevel;
};

/** Runs the gateway until it is told to stop, and resolves with the exit status. */
export type StartDaemon = (options: DaemonOptions) => Promise<ExitStatus>;
