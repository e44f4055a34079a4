import type { IpAddress } from '../base/net.ts';
import type { Duration } from '../base/time.ts';
import { addressInTurn } from '../ike/common/peer-places.ts';
import type { Reason, Stage } from '../ike/common/reason.ts';
import type { PacketSelectors } from '../sa/traffic-selector.ts';
import { isComplete, lacksSomething } from './completeness.ts';
import { awaitTurn, clearRetry, retryAfter } from './pace.ts';
import { resolvePeer, unresolved } from './peer-name.ts';
import type { ServiceRun } from './service-run.ts';
import { awaitTraffic, setTrap } from './traps.ts';
import { mayCall, type TunnelState } from './tunnel-state.ts';

/**
 * The attempts to bring a tunnel up, and their pace: one begins `retry.interval` after the one before. A tunnel that
 * should be up is tried for ever, or for `retry.giveUp` where that is there; one that waits for traffic `retry.attempts`
 * times for each packet.
 */

/** Begins the first of a series; `asked`: by somebody who waits for it. */
export function beginSeries(run: ServiceRun, tunnel: TunnelState, asked = false): void {
  tunnel.packet = undefined;
  tunnel.giveUpAt = undefined;
  grantAttempts(tunnel);
  attemptInTurn(run, tunnel, asked);
}

/** A packet asks for the tunnel. However many do: one series at a time, and no attempt before its time. */
export function onTraffic(run: ServiceRun, tunnel: TunnelState, packet: PacketSelectors): void {
  const underWay = tunnel.attemptsLeft > 0 || tunnel.resolving === 'attempt';
  if (!mayCall(tunnel) || underWay || !lacksSomething(run, tunnel)) return;
  tunnel.packet = packet;
  grantAttempts(tunnel);
  const { interval } = tunnel.policy.retry;
  const wait = tunnel.attemptStartedAt === undefined ? 0 : tunnel.attemptStartedAt + interval - run.now.mono;
  if (wait <= 0) attemptInTurn(run, tunnel, true);
  else if (tunnel.nextAttemptAt === undefined) retryAfter(run, tunnel, wait);
}

/** Begins one as soon as no others go before it, which is now unless hundreds are being brought up. */
export function attemptInTurn(run: ServiceRun, tunnel: TunnelState, asked = false): void {
  if (run.turns.isFree(run.now.mono)) attempt(run, tunnel);
  else awaitTurn(run, tunnel, asked);
}

/** Those whose turn has come begin; called at the end of every input. */
export function beginNext(run: ServiceRun): void {
  const { turns, now } = run;
  for (let next = turns.next(now.mono); next !== undefined; next = turns.next(now.mono)) {
    clearRetry(run, next);
    if (mayCall(next) && lacksSomething(run, next)) attempt(run, next);
  }
}

/** Where its attempt is over, another tunnel has its turn. */
export function endTurn(run: ServiceRun, tunnel: TunnelState): void {
  if (tunnel.current === undefined && tunnel.resolving !== 'attempt') run.turns.end(tunnel);
}

function attempt(run: ServiceRun, tunnel: TunnelState): void {
  clearRetry(run, tunnel);
  if (tunnel.children.size === 0) tunnel.attempt++;
  if (tunnel.attemptsLeft > 0) tunnel.attemptsLeft--;
  tunnel.attemptStartedAt = run.now.mono;
  run.turns.begin(tunnel, run.now.mono);
  const { policy } = tunnel;
  if (policy.retry.giveUp !== undefined) tunnel.giveUpAt ??= run.now.mono + policy.retry.giveUp;
  const address = addressInTurn(policy, tunnel.attempt);
  if (address.kind === 'name') resolvePeer(run, tunnel, 'attempt');
  else initiate(run, tunnel, policy.remote.alternatives && address.kind === 'address' ? address.address : undefined);
  endTurn(run, tunnel);
}

/** The time of the next one has come. */
export function onRetryTimer(run: ServiceRun, tunnel: TunnelState): void {
  tunnel.nextAttemptAt = undefined;
  if (isSeriesOver(run, tunnel)) return endSeries(run, tunnel);
  if (mayCall(tunnel) && lacksSomething(run, tunnel)) attemptInTurn(run, tunnel);
}

/** What has failed at one address of ours may work at once from another. */
export function retryNow(run: ServiceRun, tunnel: TunnelState): void {
  if (tunnel.nextAttemptAt === undefined || !lacksSomething(run, tunnel)) return;
  clearRetry(run, tunnel);
  onRetryTimer(run, tunnel);
}

/** The resolver has answered. */
export function onResolved(run: ServiceRun, tunnel: TunnelState, address: IpAddress | undefined): void {
  const { resolving } = tunnel;
  tunnel.resolving = undefined;
  if (resolving === undefined || !mayCall(tunnel)) return;
  tunnel.address = address ?? tunnel.address;
  if (!lacksSomething(run, tunnel)) return;
  const { interval } = tunnel.policy.retry;
  if (address === undefined) {
    noteFailure(tunnel, 1, unresolved(tunnel, resolving));
    return resolving === 'trap' ? retryAfter(run, tunnel, interval) : onAttemptOver(run, tunnel, interval);
  }
  if (resolving === 'attempt') return initiate(run, tunnel, address);
  if (tunnel.failure?.reason.code === 'unresolved-peer') tunnel.failure = undefined;
  awaitTraffic(run, tunnel);
}

/** The IKE SA of an attempt has ended; where it was the one under way, the next one follows at its time. */
export function onIkeSaGone(run: ServiceRun, tunnel: TunnelState, ikeSa: number): void {
  if (tunnel.current !== ikeSa) return;
  tunnel.current = undefined;
  if (!mayCall(tunnel) || tunnel.children.size > 0 || tunnel.nextAttemptAt !== undefined) return;
  const elapsed = run.now.mono - (tunnel.attemptStartedAt ?? run.now.mono);
  onAttemptOver(run, tunnel, Math.max(0, tunnel.policy.retry.interval - elapsed));
}

/**
 * In IKEv1 the IKE SA stays whatever becomes of its Quick Modes, and not all of their ends are told. The next attempt
 * makes what is still missing then.
 */
export function onStage1Up(run: ServiceRun, tunnel: TunnelState, ikeSa: number): void {
  if (tunnel.policy.version !== 1 || tunnel.current !== ikeSa) return;
  tunnel.current = undefined;
  if (mayCall(tunnel) && tunnel.nextAttemptAt === undefined) retryAfter(run, tunnel, tunnel.policy.retry.interval);
}

/** Some pairs are up, the others are tried again at the usual pace. */
export function completeLater(run: ServiceRun, tunnel: TunnelState): void {
  if (!mayCall(tunnel) || tunnel.nextAttemptAt !== undefined || isComplete(run, tunnel)) return;
  if (!isSeriesOver(run, tunnel)) retryAfter(run, tunnel, tunnel.policy.retry.interval);
}

/** Evidence of why it is not up; what happens beside a working tunnel is not its failure. */
export function noteFailure(tunnel: TunnelState, stage: Stage, reason: Reason): void {
  if (reason.code === 'replaced' || tunnel.desired === 'down') return;
  // In IKEv1, and where the configuration has added pairs, some may work while another fails.
  const inPart = tunnel.policy.version === 1 || tunnel.pairsAdded;
  const beside = tunnel.children.size > 0 && !(stage === 2 && inPart);
  if (beside) return;
  tunnel.failure = { stage, reason };
}

function grantAttempts(tunnel: TunnelState): void {
  tunnel.attemptsLeft = tunnel.desired === 'traffic' ? tunnel.policy.retry.attempts : 0;
}

/** Then nothing happens before the next packet, or before it is asked for again. */
function isSeriesOver(run: ServiceRun, { desired, attemptsLeft, once, ...tunnel }: TunnelState): boolean {
  return once || (desired === 'traffic' ? attemptsLeft === 0 : isGivenUp(run, tunnel));
}

function isGivenUp({ now }: ServiceRun, { policy, giveUpAt, children }: GivingUp): boolean {
  if (policy.retry.giveUp === undefined || giveUpAt === undefined) return false;
  return now.mono >= giveUpAt && children.size === 0;
}

type GivingUp = Pick<TunnelState, 'policy' | 'giveUpAt' | 'children'>;

function endSeries(run: ServiceRun, tunnel: TunnelState): void {
  const isGivingUp = !tunnel.once;
  tunnel.once = false;
  tunnel.giveUpAt = undefined;
  if (tunnel.desired === 'traffic') return awaitTraffic(run, tunnel);
  // It is to be up again once the peer has called.
  tunnel.afterClose = isGivingUp;
  tunnel.desired = 'peer';
  clearRetry(run, tunnel);
}

function onAttemptOver(run: ServiceRun, tunnel: TunnelState, wait: Duration): void {
  if (isSeriesOver(run, tunnel)) endSeries(run, tunnel);
  else retryAfter(run, tunnel, wait);
}

function initiate(run: ServiceRun, tunnel: TunnelState, remote?: IpAddress): void {
  if (tunnel.desired === 'traffic' && !tunnel.trapped) setTrap(run, tunnel);
  const { policy, packet } = tunnel;
  run.command({
    kind: 'initiate',
    tunnel: policy.name,
    ...(remote === undefined ? {} : { remote }),
    ...(packet === undefined ? {} : { packet }),
  });
  run.follow();
  // Nothing could be started, such as where this machine can do none of the proposals.
  const stillborn = lacksSomething(run, tunnel) && tunnel.nextAttemptAt === undefined;
  if (!stillborn || !mayCall(tunnel)) return;
  if (tunnel.once) endSeries(run, tunnel);
  else retryAfter(run, tunnel, policy.retry.interval);
}
