import { clearRetry } from './pace.ts';
import type { ServiceRun } from './service-run.ts';
import { removeTrap } from './traps.ts';
import type { TunnelState } from './tunnel-state.ts';

/** Nothing more is undertaken for the tunnel. */
export function rest(run: ServiceRun, tunnel: TunnelState, desired: TunnelState['desired']): void {
  tunnel.desired = desired;
  tunnel.afterClose = false;
  tunnel.failure = undefined;
  tunnel.attempt = 0;
  tunnel.attemptsLeft = 0;
  tunnel.giveUpAt = undefined;
  tunnel.once = false;
  tunnel.partial = false;
  tunnel.packet = undefined;
  tunnel.resolving = undefined;
  removeTrap(run, tunnel);
  clearRetry(run, tunnel);
}
