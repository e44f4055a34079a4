import type { ServiceRun } from './service-run.ts';
import type { TunnelState } from './tunnel-state.ts';

/** `dpd.action: hold`: the next packet brings the tunnel back, if the next attempt does not. */
export function setTrap(run: ServiceRun, tunnel: TunnelState): void {
  trap(run, tunnel, true);
}

export function removeTrap(run: ServiceRun, tunnel: TunnelState): void {
  trap(run, tunnel, false);
}

function trap(run: ServiceRun, tunnel: TunnelState, set: boolean): void {
  if (tunnel.trapped === set) return;
  tunnel.trapped = set;
  run.command({ kind: 'trap', tunnel: tunnel.policy.name, set });
}
