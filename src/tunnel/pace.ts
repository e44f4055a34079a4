import type { Duration } from '../base/time.ts';
import type { ServiceRun } from './service-run.ts';
import type { TunnelState } from './tunnel-state.ts';

/** The one timer of a tunnel: when something is tried again. */

export function retryAfter(run: ServiceRun, tunnel: TunnelState, wait: Duration): void {
  tunnel.nextAttemptAt = { mono: run.now.mono + wait, wall: run.now.wall + wait };
  run.effects.push({ kind: 'timer.set', key: timerOfTunnel(tunnel.policy.name), at: tunnel.nextAttemptAt.mono });
}

export function clearRetry(run: ServiceRun, tunnel: TunnelState): void {
  if (tunnel.nextAttemptAt === undefined) return;
  tunnel.nextAttemptAt = undefined;
  run.effects.push({ kind: 'timer.clear', key: timerOfTunnel(tunnel.policy.name) });
}

/** The tunnel is about to have another name: its timer ends; returns the way to set it again under that. */
export function moveRetry(run: ServiceRun, tunnel: TunnelState): () => void {
  const at = tunnel.nextAttemptAt;
  if (at === undefined) return () => undefined;
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
