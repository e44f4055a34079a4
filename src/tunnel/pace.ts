import type { Duration } from '../base/time.ts';
import type { ServiceRun } from './service-run.ts';
import type { TunnelState } from './tunnel-state.ts';

/** When something is tried again: the one timer of a tunnel, or its place among those whose time has come. */

export function retryAfter(run: ServiceRun, tunnel: TunnelState, wait: Duration): void {
  leaveTurns(run, tunnel);
  tunnel.nextAttemptAt = { mono: run.now.mono + wait, wall: run.now.wall + wait };
  run.effects.push({ kind: 'timer.set', key: timerOfTunnel(tunnel.policy.name), at: tunnel.nextAttemptAt.mono });
}

export function clearRetry(run: ServiceRun, tunnel: TunnelState): void {
  const waited = leaveTurns(run, tunnel);
  if (tunnel.nextAttemptAt === undefined) return;
  tunnel.nextAttemptAt = undefined;
  if (!waited) run.effects.push({ kind: 'timer.clear', key: timerOfTunnel(tunnel.policy.name) });
}

/** The time has come, and others go before it: there is no timer, and it is the next one of `turns` sooner or later. */
export function awaitTurn(run: ServiceRun, tunnel: TunnelState, asked: boolean): void {
  clearRetry(run, tunnel);
  tunnel.nextAttemptAt = run.now;
  tunnel.awaitsTurn = true;
  run.turns.wait(tunnel, asked);
}

/** Whether it has waited. */
function leaveTurns(run: ServiceRun, tunnel: TunnelState): boolean {
  if (!tunnel.awaitsTurn) return false;
  tunnel.awaitsTurn = false;
  run.turns.leave(tunnel);
  return true;
}

/** The tunnel is about to have another name: its timer ends; returns the way to set it again under that. */
export function moveRetry(run: ServiceRun, tunnel: TunnelState): () => void {
  const at = tunnel.nextAttemptAt;
  if (at === undefined || tunnel.awaitsTurn) return () => undefined;
  run.effects.push({ kind: 'timer.clear', key: timerOfTunnel(tunnel.policy.name) });
  return () => run.effects.push({ kind: 'timer.set', key: timerOfTunnel(tunnel.policy.name), at: at.mono });
}

/** Whose timer it is; undefined for one of the core. */
export function tunnelOfTimer(key: string): string | undefined {
  return key.startsWith('tunnel:') ? key.slice('tunnel:'.length) : undefined;
}

function timerOfTunnel(name: string): string {
  return `tunnel:${name}`;
}
