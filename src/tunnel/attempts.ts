import type { IpAddress } from '../base/net.ts';
import type { Duration } from '../base/time.ts';
import type { Reason, Stage } from '../ike/common/reason.ts';
import { isComplete, lacksSomething } from './completeness.ts';
import type { ServiceRun } from './service-run.ts';
import type { TunnelState } from './tunnel-state.ts';

/** The attempts to bring a tunnel up, and their pace: one begins `retry.interval` after the one before, for ever. */

/** Begins one now. */
export function attempt(run: ServiceRun, tunnel: TunnelState): void {
  clearRetry(run, tunnel);
  const { name, remote } = tunnel.policy;
  if (tunnel.children.size === 0) tunnel.attempt++;
  tunnel.attemptStartedAt = run.now.mono;
  if (remote.address.kind === 'name') {
    tunnel.resolving = true;
    run.effects.push({ kind: 'resolve', tunnel: name, name: remote.address.name });
    return;
  }
  initiate(run, tunnel);
}

/** The time of the next one has come. */
export function onRetryTimer(run: ServiceRun, tunnel: TunnelState): void {
  tunnel.nextAttemptAt = undefined;
  if (tunnel.desired === 'up' && lacksSomething(run, tunnel)) attempt(run, tunnel);
}

/** The resolver has answered the attempt under way. */
export function onResolved(run: ServiceRun, tunnel: TunnelState, address: IpAddress | undefined): void {
  if (!tunnel.resolving) return;
  tunnel.resolving = false;
  if (tunnel.desired !== 'up' || !lacksSomething(run, tunnel)) return;
  if (address !== undefined) return initiate(run, tunnel, address);
  const host = tunnel.policy.remote.address.kind === 'name' ? tunnel.policy.remote.address.name : '';
  noteFailure(tunnel, 1, { code: 'unresolved-peer', text: `the name of the peer, ${host}, has no address` });
  retryAfter(run, tunnel, tunnel.policy.retry.interval);
}

/** The IKE SA of an attempt has ended; where it was the one under way, the next one follows at its time. */
export function onIkeSaGone(run: ServiceRun, tunnel: TunnelState, ikeSa: number): void {
  if (tunnel.current !== ikeSa) return;
  tunnel.current = undefined;
  if (tunnel.desired !== 'up' || tunnel.children.size > 0 || tunnel.nextAttemptAt !== undefined) return;
  const elapsed = run.now.mono - (tunnel.attemptStartedAt ?? run.now.mono);
  retryAfter(run, tunnel, Math.max(0, tunnel.policy.retry.interval - elapsed));
}

/** Some pairs are up, the others are tried again at the usual pace. */
export function completeLater(run: ServiceRun, tunnel: TunnelState): void {
  if (tunnel.desired !== 'up' || tunnel.nextAttemptAt !== undefined || isComplete(run, tunnel)) return;
  retryAfter(run, tunnel, tunnel.policy.retry.interval);
}

export function retryAfter(run: ServiceRun, tunnel: TunnelState, wait: Duration): void {
  tunnel.nextAttemptAt = { mono: run.now.mono + wait, wall: run.now.wall + wait };
  run.effects.push({ kind: 'timer.set', key: timerOfTunnel(tunnel.policy.name), at: tunnel.nextAttemptAt.mono });
}

export function clearRetry(run: ServiceRun, tunnel: TunnelState): void {
  if (tunnel.nextAttemptAt === undefined) return;
  tunnel.nextAttemptAt = undefined;
  run.effects.push({ kind: 'timer.clear', key: timerOfTunnel(tunnel.policy.name) });
}

/** Evidence of why it is not up; what happens beside a working tunnel is not its failure. */
export function noteFailure(tunnel: TunnelState, stage: Stage, reason: Reason): void {
  if (reason.code === 'replaced' || tunnel.desired === 'down') return;
  // In IKEv1 some pairs may work while another fails.
  const beside = tunnel.children.size > 0 && !(stage === 2 && tunnel.policy.version === 1);
  if (beside) return;
  tunnel.failure = { stage, reason };
}

/** Whose timer it is; undefined for one of the core. */
export function tunnelOfTimer(key: string): string | undefined {
  return key.startsWith('tunnel:') ? key.slice('tunnel:'.length) : undefined;
}

function initiate(run: ServiceRun, tunnel: TunnelState, remote?: IpAddress): void {
  const { name } = tunnel.policy;
  run.command({ kind: 'initiate', tunnel: name, ...(remote === undefined ? {} : { remote }) });
  run.follow();
  // Nothing could be started, such as where this machine can do none of the proposals.
  const stillborn = lacksSomething(run, tunnel) && tunnel.nextAttemptAt === undefined;
  if (stillborn && tunnel.desired === 'up') retryAfter(run, tunnel, tunnel.policy.retry.interval);
}

function timerOfTunnel(name: string): string {
  return `tunnel:${name}`;
}
