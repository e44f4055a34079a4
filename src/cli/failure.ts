import { ControlClientError, type ControlClientFault } from '../control/client-error.ts';
import { EXIT, type ExitStatus } from '../control/exit.ts';

/** Ends the command with this exit status; the message, which may be empty, goes to stderr. */
export class CliFailure extends Error {
  readonly exit: ExitStatus;

  constructor(exit: ExitStatus, message = '') {
    super(message);
    this.name = 'CliFailure';
    this.exit = exit;
  }
}

/** Any error as the user gets it. */
export function asFailure(error: unknown): CliFailure {
  if (error instanceof CliFailure) return error;
  if (error instanceof ControlClientError) return new CliFailure(EXIT_OF_FAULT[error.fault], error.message);
  return new CliFailure(EXIT.failed, error instanceof Error ? error.message : String(error));
}

const EXIT_OF_FAULT: Readonly<Record<ControlClientFault, ExitStatus>> = {
  unreachable: EXIT.unreachable,
  timeout: EXIT.timeout,
  'not-found': EXIT.notFound,
  refused: EXIT.failed,
  invalid: EXIT.configurationInvalid,
  protocol: EXIT.failed,
};
