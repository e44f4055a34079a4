import { type Duration, SECOND } from '../../base/time.ts';
import { type ChildSa, inboundSa, outboundSa, planInbound, planInstall, planOutbound } from '../../sa/child-sa.ts';
import type { DataPlaneReply, DataPlaneStep } from '../../sa/data-plane.ts';
import { childTimer } from '../common/child-timers.ts';
import type { Context } from '../common/context.ts';
import { kernelRefused } from '../common/kernel-refusal.ts';
import { tunnelsOf } from '../common/sharing.ts';
import { childInstalled, type MadeChild } from './child-creation.ts';
import { removeChild, restore } from './child-removal.ts';
import { carrySame, childrenOf, heirsOf, requireChild } from './children.ts';
import type { ContextV2 } from './context.ts';
import { deletionOf } from './deletes.ts';
import { crossed, loserOf } from './ike-crossing.ts';
import { outlasts } from './ike-succession.ts';
import { isProven, probe } from './liveness.ts';
import { addTask } from './message-window.ts';
import { ANSWER_TIME } from './postpone.ts';
import type { IkeSaV2, Switch } from './state.ts';

/**
 * RFC 7296 §2.8: who answers a rekeying can receive at once, but does not know whether the peer can. It goes on sending
 * through the old Child SA until the peer deletes that or sends through the new one, or after a time in which the answer
 * must have arrived. The same where a peer makes a new IKE SA in the place of one that stands.
 */

/** How often the data plane is asked whether packets come in through the new one. */
export const SWITCH_TIME: Duration = 5 * SECOND;

/** Where the old one is of another IKE SA: how often it is asked whether the peer has the new one. */
export const RENEWAL_TIME: Duration = SECOND;

/**
 * What installs a Child SA that we have agreed to: both halves at once, or the inbound one alone where another still
 * sends, which it is to take over from.
 */
export function planBehind(
  ctx: Context,
  { child, keys, limits }: MadeChild,
  { predecessor, wait }: { readonly predecessor: ChildSa | undefined; readonly wait: Duration },
): { readonly steps: DataPlaneStep[]; readonly waits?: Switch } {
  child.sends = predecessor === undefined;
  if (predecessor === undefined) return { steps: planInstall(child, keys, limits) };
  const latest = ctx.now.mono + ANSWER_TIME;
  return {
    steps: planInbound(child, keys.inbound, limits),
    waits: { child: child.id, predecessor: predecessor.id, wait, latest, keys: keys.outbound, limits },
  };
}

/** The inbound half stands and the peer will be told. */
export function awaitSwitch(ctx: Context, sa: IkeSaV2, waiting: Switch): void {
  sa.switches.push(waiting);
  armSwitch(ctx, sa, waiting);
}

/** The peer has asked once more: what we have answered last has not come through. */
export function putOffSwitches(ctx: Context, sa: IkeSaV2): void {
  sa.switches = sa.switches.map((waiting) => ({ ...waiting, latest: ctx.now.mono + ANSWER_TIME }));
  for (const waiting of sa.switches) armSwitch(ctx, sa, waiting);
}

export function onSwitchTimer(ctx: ContextV2, sa: IkeSaV2, child: string): void {
  const waiting = sa.switches.find(({ child: id }) => id === child);
  if (waiting === undefined) return;
  const obstacle = obstacleTo(ctx, sa, waiting);
  // IKE_AUTH may have been in vain, as its initiator gives up after a while.
  if (obstacle === 'unproven') probe(sa);
  if (obstacle !== undefined) return armSwitch(ctx, sa, waiting);
  if (!mayBeUnknown(ctx, sa, waiting)) return switchOver(ctx, sa, (one) => one === waiting);
  const sas = [inboundSa(requireChild(ctx, sa, child))];
  const request = ctx.requestDataPlane(sa.id, { kind: 'query', sas });
  sa.pending = { request, step: { kind: 'switch-counted', child } };
}

/** The peer uses what it sends through. */
export function onSwitchCounted(ctx: Context, sa: IkeSaV2, child: string, reply: DataPlaneReply): void {
  const waiting = sa.switches.find(({ child: id }) => id === child);
  if (waiting === undefined) return;
  const isUsed = reply.kind === 'counters' && reply.counters.some(({ packets }) => packets > 0);
  if (isUsed) switchOver(ctx, sa, (one) => one === waiting);
  else armSwitch(ctx, sa, waiting);
}

/** The peer is known to have this IKE SA: what waits in it behind those of the other need not wait any longer. */
export function takeOverFrom(ctx: ContextV2, sa: IkeSaV2, other: IkeSaV2): void {
  const outdated = new Set(childrenOf(ctx, other).map(({ id }) => id));
  const isDue = (waiting: Switch) => outdated.has(waiting.predecessor) && waiting.wait === RENEWAL_TIME;
  if (sa.pending === undefined)
    switchOver(ctx, sa, (waiting) => isDue(waiting) && obstacleTo(ctx, sa, waiting) === undefined);
}

/**
 * An IKE SA ends, or one tunnel alone leaves it: what waits to carry the traffic of its Child SAs waits no longer,
 * whichever of them it was to replace, unless a third one already does, behind which it waits from now on. Returns what
 * is thereby replaced, of which the events tell when that is done.
 */
export function hastenSwitches(ctx: ContextV2, ending: IkeSaV2, tunnel?: string): ReadonlySet<string> {
  const replaced = new Set<string>();
  const ended = childrenOf(ctx, ending).filter(
    (child) => child.state !== 'deleting' && (tunnel === undefined || child.tunnel === tunnel),
  );
  const others = new Set(tunnelsOf(ending).flatMap((name) => ctx.ikeSasV2Of(name)));
  others.delete(ending);
  const taking: ChildSa[] = [];
  for (const other of [...others].sort(bySafety)) {
    const due = new Set<string>();
    other.switches = other.switches.map((waiting) => {
      const successor = requireChild(ctx, other, waiting.child);
      const carriers = heirsOf(ctx, successor);
      const alike = (one: ChildSa) => one.tunnel === successor.tunnel && carrySame(one, successor);
      const old = carriers.findLast((one) => ended.includes(one)) ?? ended.find(alike);
      if (old === undefined) return waiting;
      const carrier = carriers.findLast((one) => !ended.includes(one)) ?? taking.find(alike);
      if (carrier !== undefined) return { ...waiting, predecessor: carrier.id };
      due.add(waiting.child);
      taking.push(successor);
      return { ...waiting, predecessor: old.id };
    });
    for (const { child, predecessor } of other.switches) if (due.has(child)) replaced.add(predecessor);
    if (other.pending === undefined) switchOver(ctx, other, ({ child }) => due.has(child));
    else for (const child of due) other.queue.push({ kind: 'child-timer', child, name: 'switch' });
  }
  return replaced;
}

/**
 * Of several, the first one takes over: one that the peer is known to have; else the oldest, as the peer lets the newer one
 * alone once that sends.
 */
function bySafety(a: IkeSaV2, b: IkeSaV2): number {
  return Number(isProven(b)) - Number(isProven(a)) || a.startedAt - b.startedAt;
}

/** What waits in another IKE SA to take over from `old` takes over from its successor, which carries the traffic now. */
export function waitBehind(ctx: ContextV2, old: ChildSa, successor: ChildSa): void {
  for (const other of ctx.ikeSasV2Of(old.tunnel))
    if (other.id !== old.ikeSa && other.id !== successor.ikeSa)
      other.switches = other.switches.map((waiting) =>
        waiting.predecessor === old.id ? { ...waiting, predecessor: successor.id } : waiting,
      );
}

/** Sends through the successors from now on, and no longer through what they replace. */
export function switchOver(ctx: Context, sa: IkeSaV2, isMeant: (waiting: Switch) => boolean): void {
  const switches = sa.switches.filter(isMeant);
  if (switches.length === 0) return;
  sa.switches = sa.switches.filter((waiting) => !isMeant(waiting));
  const steps = switches.flatMap((waiting) => switchSteps(ctx, sa, waiting));
  const request = ctx.requestDataPlane(sa.id, { kind: 'apply', steps });
  sa.pending = { request, step: { kind: 'switched', switches } };
}

export function onSwitched(ctx: ContextV2, sa: IkeSaV2, switches: readonly Switch[], reply: DataPlaneReply): void {
  const reason = reply.kind === 'done' ? undefined : kernelRefused(ctx, sa.tunnel, reply);
  for (const { child: id, predecessor } of switches) {
    const child = requireChild(ctx, sa, id);
    const { tunnel } = child;
    const old = predecessorOf(ctx, child, predecessor);
    if (reason === undefined) {
      childInstalled(ctx, child);
      if (old === undefined) continue;
      waitBehind(ctx, old, child);
      old.sends = false;
      if (old.state !== 'deleting') old.state = 'rekeyed';
      ctx.clearTimer(old.tunnel, childTimer('rekey', old.id));
      ctx.emit({ type: 'child.rekeyed', tunnel, ikeSa: sa.id, child: old.id, successor: id });
      continue;
    }
    // All or nothing: the old one still sends.
    child.sends = false;
    if (old?.state === 'rekeying') restore(ctx, old);
    removeChild(ctx, sa, child, reason);
    ctx.emit({ type: 'child.failed', tunnel, ikeSa: sa.id, reason });
    addTask(sa, deletionOf(child));
    // Where the peer has already deleted the old one, nothing carries the traffic; else this comes to nothing.
    const { localSelectors: local, remoteSelectors: remote } = child;
    addTask(sa, { kind: 'create-child', tunnel, replaces: undefined, local, remote });
  }
}

function switchSteps(ctx: Context, sa: IkeSaV2, { child: id, predecessor, keys, limits }: Switch): DataPlaneStep[] {
  const child = requireChild(ctx, sa, id);
  const old = predecessorOf(ctx, child, predecessor);
  ctx.clearTimer(child.tunnel, childTimer('switch', id));
  const steps = planOutbound(child, keys, limits);
  child.sends = true;
  return old?.sends === true ? [...steps, { kind: 'remove-sa', sa: outboundSa(old) }] : steps;
}

function predecessorOf(ctx: Context, { tunnel }: ChildSa, id: string): ChildSa | undefined {
  return ctx.childrenOf(tunnel).find((child) => child.id === id);
}

/** Why it may not take over yet, though its time has come. */
function obstacleTo(
  ctx: ContextV2,
  sa: IkeSaV2,
  waiting: Switch,
): 'undecided' | 'unproven' | 'superfluous' | undefined {
  const old = predecessorOf(ctx, requireChild(ctx, sa, waiting.child), waiting.predecessor);
  if (old === undefined || old.state === 'deleting') return undefined;
  if (old.ikeSa === sa.id) return isUndecided(sa, waiting) ? 'undecided' : undefined;
  if (!isProven(sa)) return 'unproven';
  const other = ctx.ikeSasV2Of(old.tunnel).find(({ id }) => id === old.ikeSa);
  if (other === undefined || other.tunnel !== sa.tunnel) return undefined;
  const isSuperfluous = crossed(sa, other) ? loserOf(sa, other) === sa : outlasts(other, sa);
  return isSuperfluous ? 'superfluous' : undefined;
}

/**
 * §2.8.1: we replace the same one ourselves, and only the answer to that tells whose successor stays; the peer, who may
 * know it already, deletes the other one. Until then the old one is there at both ends.
 */
function isUndecided({ creation }: IkeSaV2, { predecessor }: Switch): boolean {
  return creation?.task.kind === 'create-child' && creation.task.replaces === predecessor;
}

/** The answer to CREATE_CHILD_SA may still be on its way, and what is replaced carries the traffic meanwhile. */
function mayBeUnknown(ctx: Context, sa: IkeSaV2, { child, predecessor, wait, latest }: Switch): boolean {
  const old = predecessorOf(ctx, requireChild(ctx, sa, child), predecessor);
  return wait === SWITCH_TIME && ctx.now.mono < latest && old !== undefined && old.state !== 'deleting';
}

function armSwitch(ctx: Context, sa: IkeSaV2, { child, wait }: Switch): void {
  const { tunnel } = requireChild(ctx, sa, child);
  ctx.setTimer(tunnel, childTimer('switch', child), ctx.now.mono + wait);
}
