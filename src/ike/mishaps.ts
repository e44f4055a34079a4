import { InvariantError } from '../base/errors.ts';
import type { DataPlaneReply } from '../sa/data-plane.ts';
import type { Reason } from './common/reason.ts';
import type { Run } from './run.ts';

/** An exception that should not have been: it costs one IKE SA, or one tunnel its SAs. */
export function bugOf(error: unknown): Reason {
  if (error instanceof InvariantError) return { code: 'internal-error', text: error.message };
  return { code: 'internal-error', text: `bug: ${error instanceof Error ? error.message : String(error)}` };
}

/** A clean-up that fails leaves something in the kernel: the operator should know. */
export function reportOrphan(run: Run, reply: DataPlaneReply): void {
  if (reply.kind !== 'refused') return;
  const { operation, algorithm, code } = reply.failure;
  run.emit({ type: 'kernel.failed', operation, code, ...(algorithm === undefined ? {} : { algorithm }) });
}
