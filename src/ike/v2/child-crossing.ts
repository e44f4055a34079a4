import { compareBytes } from '../../base/bytes.ts';
import { type Duration, SECOND } from '../../base/time.ts';
import { type ChildSa, outboundSa } from '../../sa/child-sa.ts';
import { sameSelectors } from '../../sa/traffic-selector.ts';
import { childTimer } from '../common/child-timers.ts';
import type { Context } from '../common/context.ts';
import { waitBehind } from './child-switch.ts';
import { carrySame, childrenOf } from './children.ts';
import type { ContextV2 } from './context.ts';
import type { CreateChildTask } from './creation.ts';
import { postponeDelete } from './postpone.ts';
import type { IkeSaV2 } from './state.ts';

/** A request that the peer began before it knew of ours comes at the latest with its last repetitions. */
const CROSSING_TIME: Duration = 30 * SECOND;

/**
 * Both ends have made a Child SA for the same traffic, neither knowing of the other's. As RFC 7296 §2.8.1 has it for
 * successors, the one with the lowest nonce is deleted by the end that made it. Parallel Child SAs that the peer makes
 * on purpose (§2.8) come later, and stay.
 */
export function settleCrossing(ctx: ContextV2, sa: IkeSaV2, fresh: ChildSa): void {
  const { creation } = sa;
  const task = creation?.task;
  if (creation !== undefined && task?.kind === 'create-child' && task.replaces === undefined && carries(task, fresh)) {
    creation.rival = fresh.id;
    return;
  }
  const ours = childrenOf(ctx, sa).find((child) => crosses(ctx, child, fresh));
  if (ours === undefined || compareBytes(ours.lowerNonce, fresh.lowerNonce) >= 0) return;
  supersede(ctx, sa, ours, fresh);
}

/**
 * The same where ours comes to its end last. It is made nevertheless: the peer sends through it until it has our answer to
 * its own request.
 */
export function settleOwn(ctx: ContextV2, sa: IkeSaV2, own: ChildSa, rival: ChildSa | undefined): void {
  if (rival === undefined || rival.state === 'deleting') return;
  if (compareBytes(own.lowerNonce, rival.lowerNonce) < 0) supersede(ctx, sa, own, rival);
}

/**
 * The peer has made another one at the same time and has perhaps not had our answer: it compares its nonces with those of
 * `child`, which therefore has no successor before the peer has deleted its own.
 */
export function isContested(ctx: Context, sa: IkeSaV2, child: ChildSa): boolean {
  if (child.role !== 'initiator') return false;
  return childrenOf(ctx, sa).some(
    (other) =>
      other.role === 'responder' && other.state === 'installed' && isRecent(ctx, other) && carrySame(child, other),
  );
}

function isRecent(ctx: Context, { installedAt }: ChildSa): boolean {
  return ctx.now.mono - (installedAt?.mono ?? 0) <= CROSSING_TIME;
}

function crosses(ctx: Context, child: ChildSa, fresh: ChildSa): boolean {
  return (
    child !== fresh &&
    child.state === 'installed' &&
    child.role === 'initiator' &&
    isRecent(ctx, child) &&
    carrySame(child, fresh)
  );
}

function carries({ local, remote }: CreateChildTask, fresh: ChildSa): boolean {
  return sameSelectors(local, fresh.localSelectors) && sameSelectors(remote, fresh.remoteSelectors);
}

function supersede(ctx: ContextV2, sa: IkeSaV2, child: ChildSa, successor: ChildSa): void {
  ctx.requestCleanUp({ kind: 'apply', steps: [{ kind: 'remove-sa', sa: outboundSa(child) }] });
  waitBehind(ctx, child, successor);
  child.state = 'rekeyed';
  child.sends = false;
  ctx.clearTimer(child.tunnel, childTimer('rekey', child.id));
  ctx.emit({ type: 'child.rekeyed', tunnel: child.tunnel, ikeSa: sa.id, child: child.id, successor: successor.id });
  postponeDelete(ctx, sa, { kind: 'delete-children', protocol: child.protocol, spis: [child.inboundSpi] });
}
