import type { Context } from './context.ts';
import type { Work } from './work.ts';

/** An honest peer sends one message at a time and repeats it; more than this waiting is a flood. */
const MAX_QUEUED_DATAGRAMS = 8;

/** Keeps what concerns an IKE SA until the effect under way is answered. What a peer can cause is bounded. */
export function enqueue(ctx: Pick<Context, 'drop'>, sa: { readonly queue: Work[] }, work: Work): void {
  if (work.kind === 'datagram') {
    const waiting = sa.queue.filter((other) => other.kind === 'datagram').length;
    if (waiting >= MAX_QUEUED_DATAGRAMS) return ctx.drop(work.remote, 'queue-full');
  }
  // The kernel says it again for every packet until the SAs have moved.
  if (work.kind === 'peer-mapped' && sa.queue.some((other) => other.kind === 'peer-mapped')) return;
  // Only where the machine is in the end counts.
  const before = work.kind === 'own-addresses' ? sa.queue.findIndex(({ kind }) => kind === work.kind) : -1;
  if (before >= 0) sa.queue.splice(before, 1);
  sa.queue.push(work);
}
