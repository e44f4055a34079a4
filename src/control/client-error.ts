import type { ProblemReport } from './plan-shapes.ts';

export type ControlClientFault =
  /** Nobody listens, we may not connect, or the daemon went away. */
  | 'unreachable'
  | 'timeout'
  /** There is no tunnel of that name. */
  | 'not-found'
  /** The daemon will not do it; the message says why. */
  | 'refused'
  /** The configuration would not be valid; `problems` says why. */
  | 'invalid'
  | 'protocol';

export class ControlClientError extends Error {
  readonly fault: ControlClientFault;
  /** Of the system, where it has refused. */
  readonly errno: string | undefined;

  /** With the fault `invalid`. */
  readonly problems: readonly ProblemReport[];

  constructor(
    fault: ControlClientFault,
    message: string,
    { errno, problems = [] }: { readonly errno?: string; readonly problems?: readonly ProblemReport[] } = {},
  ) {
    super(message);
    this.name = 'ControlClientError';
    this.fault = fault;
    this.errno = errno;
    this.problems = problems;
  }
}

export function unreachable(path: string, error: unknown): ControlClientError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  const hint = HINTS[code] ?? `the connection to ${path} failed (${code})`;
  return new ControlClientError(
    'unreachable',
    hint.replace('{path}', () => path),
    { errno: code },
  );
}

/** `where`: the first field that is not as it should be. */
export function notUnderstood(where: string): ControlClientError {
  return new ControlClientError(
    'protocol',
    `the daemon's answer is not understood (${where}); are both of one version?`,
  );
}

const HINTS: Readonly<Record<string, string>> = {
  ENOENT:
    'no daemon runs: there is no socket {path}; start one with "cygnet daemon", or name its socket with --control',
  ECONNREFUSED: 'no daemon runs: nobody listens on {path}; start one with "cygnet daemon"',
  EACCES: '{path} may not be opened: run this as root, or as a member of the group that owns the socket',
  EPERM: '{path} may not be opened: run this as root, or as a member of the group that owns the socket',
  ECONNRESET: 'the daemon has closed the connection; it may be stopping, or too many clients are connected',
  ENOTSOCK: '{path} is not a socket',
};
