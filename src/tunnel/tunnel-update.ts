import type { Renewed } from '../ike/common/input.ts';
import type { Reason } from '../ike/common/reason.ts';
import { sameSelectors } from '../sa/traffic-selector.ts';
import { attemptInTurn } from './attempts.ts';
import { isComplete } from './completeness.ts';
import type { ServiceRun } from './service-run.ts';
import { awaitTraffic, removeTrap, setTrap } from './traps.ts';
import { type ManagedTunnel, newTunnelState, type TunnelState, wish } from './tunnel-state.ts';

/** What becomes of a tunnel whose configuration has changed. One that is not named in an update just has its new policy. */
export type TunnelUpdate = {
  /** Its name so far, where it has another one now. */
  readonly was?: string;
  /** Whether anything that it does differs. */
  readonly change: 'unchanged' | 'changed' | 'added' | 'removed';
  /** Whether that takes a new beginning. */
  readonly reconnect: boolean;
  /** What is to get new keys now. */
  readonly renew: readonly Renewed[];
};

const FEWER_SEGMENTS: Reason = { code: 'terminated', text: 'the tunnel no longer has these segments' };

/** Whether the tunnel starts over: nothing of it carries traffic that could be disturbed, or there is no other way. */
export function startsOver(
  { policy, children, enabled }: TunnelState,
  update: TunnelUpdate,
  tunnel: ManagedTunnel,
): boolean {
  if (update.change === 'unchanged') return false;
  // The Child SAs of a tunnel for many are its peers'.
  const isIdle = policy.many === undefined && children.size === 0;
  return update.reconnect || enabled !== tunnel.enabled || isIdle;
}

/** The state of a tunnel that starts over. What the operator has taken down stays down. */
export function renewedState(before: TunnelState, tunnel: ManagedTunnel): TunnelState {
  const isHeldDown = before.enabled && before.desired === 'down';
  return { ...newTunnelState(tunnel), ...(isHeldDown ? { desired: 'down' as const } : {}) };
}

/** A tunnel that carries traffic goes on, and gets only what it lacks by its new policy. The core knows that already. */
export function adjust(
  run: ServiceRun,
  tunnel: TunnelState,
  before: TunnelState['policy'],
  update: TunnelUpdate,
): void {
  const { policy } = tunnel;
  const { name } = policy;
  const isSame =
    sameSelectors(before.local.selectors, policy.local.selectors) &&
    sameSelectors(before.remote.selectors, policy.remote.selectors);
  if (!isSame) {
    tunnel.pairsAdded = true;
    tunnel.partial = false;
    run.command({ kind: 'prune', tunnel: name, reason: FEWER_SEGMENTS });
    run.follow();
  }
  follow(run, tunnel, before);
  for (const what of update.renew) run.command({ kind: 'rekey', tunnel: name, what });
  if (isSame || tunnel.children.size === 0) return;
  if (tunnel.desired === 'up' && !isComplete(run, tunnel)) attemptInTurn(run, tunnel);
  else if (tunnel.desired === 'traffic') setTrap(run, tunnel);
}

/** How it is to be started may have changed. */
function follow(run: ServiceRun, tunnel: TunnelState, before: TunnelState['policy']): void {
  if (tunnel.desired === 'down' || before.start === tunnel.policy.start) return;
  tunnel.desired = wish(tunnel.policy);
  tunnel.afterClose = false;
  if (tunnel.desired === 'traffic') awaitTraffic(run, tunnel);
  else removeTrap(run, tunnel);
}
