import { nearestWord } from '../base/nearest.ts';
import type { ErrorCode } from './protocol.ts';

/** A request that cannot be done, in words for the operator. Whoever implements the API throws it; the server answers it. */
export class ControlError extends Error {
  readonly code: ErrorCode;
  /** The name that was probably meant. */
  readonly nearest: string | undefined;

  constructor(code: ErrorCode, message: string, nearest?: string) {
    super(message);
    this.name = 'ControlError';
    this.code = code;
    this.nearest = nearest;
  }
}

export function unknownTunnel(name: string, known: readonly string[]): ControlError {
  const nearest = nearestWord(name, known);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return new ControlError('not-found', `there is no tunnel ${JSON.stringify(name)}${hint}`, nearest);
}
