import { invariant } from '../../base/errors.ts';
import type { DataPlaneReply } from '../../sa/data-plane.ts';
import type { Context } from './context.ts';
import type { Reason } from './reason.ts';

/** Reports that the data plane has refused, and puts it in words for the tunnel. */
export function kernelRefused(ctx: Context, tunnel: string, reply: DataPlaneReply): Reason {
  invariant(reply.kind === 'refused', 'a request is answered in kind or refused');
  const { operation, algorithm, code } = reply.failure;
  const detail = algorithm === undefined ? {} : { algorithm };
  ctx.emit({ type: 'kernel.failed', tunnel, operation, code, ...detail });
  const withAlgorithm = algorithm === undefined ? '' : ` with ${algorithm}`;
  return { code: 'kernel-refused', text: `the data plane refused to ${operation}${withAlgorithm}: ${code}` };
}
