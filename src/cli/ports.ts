import type { ExitStatus } from '../control/exit.ts';
import type { ControlEvent, TunnelStatus } from '../control/protocol.ts';
import type { EventLevel } from '../control/words.ts';

export type DaemonOptions = {
  readonly configPath: string;
  readonly controlPath: string;
  /** Who may open the control socket besides the daemon's user: the name or number of a group. */
  readonly controlGroup: string | undefined;
  /** The same for a second socket, which is for reading only; undefined: there is none. */
  readonly readGroup: string | undefined;
  /** Where to speak vici, beside what the configuration says of it. */
  readonly viciPath: string | undefined;
  /** Undefined: nothing is kept from one run to the next. */
  readonly stateDirectory: string | undefined;
  readonly logLevel: EventLevel;
};

/** Runs the gateway until it is told to stop, and resolves with the exit status. */
export type StartDaemon = (options: DaemonOptions) => Promise<ExitStatus>;

export type RehearsalOptions = {
  /** Texts of the two configurations, whose gateways have different addresses of the loopback. The first initiates. */
  readonly configurations: readonly [string, string];
  /** The key that both name as a file. */
  readonly key: string;
  /** Told of what happens at the first one. */
  readonly onEvent: (event: ControlEvent) => void;
  /** Milliseconds until it is given up. */
  readonly patience: number;
};

/** Has two gateways in this process negotiate, and resolves with how the tunnels of both are in the end. */
export type Rehearse = (options: RehearsalOptions) => Promise<readonly (readonly TunnelStatus[])[]>;
