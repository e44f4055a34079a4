import type { Endpoint } from '../../base/net.ts';
import type { Context } from './context.ts';

/**
 * A peer has begun an IKE SA, got our answer, or should have got it, and did not go on. Which tunnel it meant is a guess by
 * its address; nobody has proven anything, so that it is told at a limited rate.
 */
export function tellUnfinished(ctx: Context, sa: { readonly tunnel: string; readonly remote: Endpoint }): void {
  const { tunnel, remote } = sa;
  if (ctx.isTimely(`unfinished ${tunnel}`)) ctx.emit({ type: 'peer.unfinished', tunnel, remote });
}
