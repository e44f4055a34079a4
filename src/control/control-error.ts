import { nearestWord } from '../base/nearest.ts';
import type { ErrorCode } from './error-shapes.ts';
import type { ProblemReport } from './plan-shapes.ts';

export type ErrorDetails = {
  /** The name that was probably meant. */
  readonly nearest?: string;
  /** Of a configuration that is not valid. */
  readonly problems?: readonly ProblemReport[];
};

/** A request that cannot be done, in words for the operator. Whoever implements the API throws it; the server answers it. */
export class ControlError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.name = 'ControlError';
    this.code = code;
    this.details = details;
  }
}

export function unknownTunnel(name: string, known: readonly string[]): ControlError {
  const nearest = nearestWord(name, known);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return new ControlError(
    'not-found',
    `there is no tunnel ${JSON.stringify(name)}${hint}`,
    nearest === undefined ? {} : { nearest },
  );
}
