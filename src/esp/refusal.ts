import type { Outcome } from '../sa/outcome.ts';
import type { CommandFailure } from './commands.ts';

/** A thread's failure as that of `operation`. */
export function refusal(operation: string, failure: CommandFailure): Extract<Outcome, { readonly ok: false }> {
  return { ok: false, failure: { operation, ...failure } };
}
