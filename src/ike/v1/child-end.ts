import { ByteWriter } from '../../base/bytes.ts';
import { type ChildSa, planRemove } from '../../sa/child-sa.ts';
import type { ChildProtocol } from '../../sa/proposal.ts';
import { clearChildTimers } from '../common/child-drain.ts';
import type { Context } from '../common/context.ts';
import type { Reason } from '../common/reason.ts';
import { sendInformational } from './messages.ts';
import { deleteChildren } from './notifies.ts';
import type { IkeSaV1 } from './state.ts';

/** Takes a Child SA out of the data plane and out of its tunnel. */
export function removeChild(ctx: Context, child: ChildSa, reason: Reason): void {
  ctx.requestCleanUp({ kind: 'apply', steps: planRemove(child) });
  clearChildTimers(ctx, child);
  ctx.dropChild(child);
  if (child.installedAt === undefined) return;
  ctx.emit({ type: 'child.deleted', ikeSa: child.ikeSa, tunnel: child.tunnel, child: child.id, reason });
}

/** Tells the peer which Child SAs are gone, by the SPIs of our inbound side (RFC 2408 §3.15). */
export function sendDeletes(ctx: Context, sa: IkeSaV1, children: readonly ChildSa[]): void {
  for (const protocol of ['esp', 'ah'] as const) {
    const spis = children.filter((child) => child.protocol === protocol).map(({ inboundSpi }) => spiBytes(inboundSpi));
    for (let start = 0; start < spis.length; start += MAX_SPIS)
      sendDelete(ctx, sa, protocol, spis.slice(start, start + MAX_SPIS));
  }
}

/** The timer of a tunnel for the successor of one of its Child SAs. */
export function rekeyTimer(child: string): string {
  return `rekey-${child}`;
}

export function spiBytes(spi: number): Uint8Array {
  return new ByteWriter(4).u32(spi).finish();
}

/** What fits one datagram; peers have their limits, too. */
const MAX_SPIS = 100;

function sendDelete(ctx: Context, sa: IkeSaV1, protocol: ChildProtocol, spis: readonly Uint8Array[]): void {
  sendInformational(ctx, sa, [deleteChildren(protocol, spis)]);
}
