import type { GatewayEvent } from '../ike/common/event.ts';
import type { Reason } from '../ike/common/reason.ts';
import { attemptInTurn, completeLater, endTurn, noteFailure, onIkeSaGone, onStage1Up, onTraffic } from './attempts.ts';
import { isComplete, lacksSomething } from './completeness.ts';
import { follow } from './diagnosis/trail.ts';
import { clearRetry, retryAfter } from './pace.ts';
import type { ServiceRun } from './service-run.ts';
import { awaitTraffic, removeTrap, setTrap } from './traps.ts';
import { forgetClose, heedClose, heedEnd, isTrying, type TunnelState } from './tunnel-state.ts';

/** Ends that are no failure of the tunnel: our own doing, or that of this machine. */
const OWN_DOING: ReadonlySet<Reason['code']> = new Set<Reason['code']>([
  'terminated',
  'expired',
  'address-gone',
  'no-traffic',
]);

/** Ends after which nothing is to be waited for: our own doing, and a peer that is there again and has lost its SAs. */
const AT_ONCE: ReadonlySet<Reason['code']> = new Set<Reason['code']>(['expired', 'address-gone', 'peer-restarted']);

/** What an event of the core means for its tunnel. */
export function onTunnelEvent(run: ServiceRun, tunnel: TunnelState, event: GatewayEvent): void {
  heed(run, tunnel, event);
  endTurn(run, tunnel);
}

function heed(run: ServiceRun, tunnel: TunnelState, event: GatewayEvent): void {
  const { version } = tunnel.policy;
  tunnel.trail = follow(tunnel.trail, event, { now: run.now, connected: tunnel.children.size > 0, version });
  switch (event.type) {
    case 'ike.initiated':
      // Beside Child SAs it may be one that the core has begun to replace another, and that makes none.
      if (tunnel.children.size === 0) tunnel.current = event.ikeSa;
      return;
    case 'ike.established':
      return onStage1Up(run, tunnel, event.ikeSa);
    case 'child.installed':
      return onConnected(run, tunnel, event.child);
    case 'traffic.waiting':
      return onTraffic(run, tunnel, { source: event.source, destination: event.destination });
    case 'trap.failed':
      return onTrapFailed(run, tunnel, event.reason);
    case 'child.rekeyed':
      tunnel.children.delete(event.child);
      return;
    case 'child.deleted':
      if (!tunnel.children.delete(event.child)) return;
      return tunnel.children.size === 0 ? onLost(run, tunnel, event.reason) : onPairLost(run, tunnel);
    case 'child.failed':
      noteFailure(tunnel, 2, event.reason);
      // In IKEv1 the IKE SA stays, and the next attempt goes on with it.
      return tunnel.policy.version === 1 ? onIkeSaGone(run, tunnel, event.ikeSa) : undefined;
    case 'peer.refused':
      return noteFailure(tunnel, 1, event.reason);
    case 'ike.failed':
      noteFailure(tunnel, event.stage, event.reason);
      return onIkeSaGone(run, tunnel, event.ikeSa);
    case 'ike.closed':
      return onIkeSaGone(run, tunnel, event.ikeSa);
  }
}

function onConnected(run: ServiceRun, tunnel: TunnelState, child: string): void {
  tunnel.children.add(child);
  tunnel.connectedAt ??= run.now.mono;
  tunnel.attempt = 0;
  tunnel.giveUpAt = undefined;
  tunnel.current = undefined;
  tunnel.once = false;
  forgetClose(tunnel);
  if (tunnel.desired !== 'traffic') removeTrap(run, tunnel);
  if (!isComplete(run, tunnel)) return completeLater(run, tunnel);
  tunnel.pairsAdded = false;
  tunnel.failure = undefined;
  tunnel.attemptsLeft = 0;
  tunnel.packet = undefined;
  clearRetry(run, tunnel);
}

function onLost(run: ServiceRun, tunnel: TunnelState, reason: Reason): void {
  const lasted = run.now.mono - (tunnel.connectedAt ?? run.now.mono);
  tunnel.connectedAt = undefined;
  tunnel.pairsAdded = false;
  tunnel.partial = false;
  if (!OWN_DOING.has(reason.code)) tunnel.failure = { stage: 1, reason };
  if (reason.code === 'peer-closed') heedClose(tunnel);
  if (reason.code === 'expired') heedEnd(tunnel);
  if (tunnel.current !== undefined) return;
  if (tunnel.desired === 'traffic') return awaitTraffic(run, tunnel);
  if (tunnel.desired !== 'up') return;
  // Back at once, unless it never held: then at the usual pace, so that two ends cannot chase each other. Where the
  // peer is dead it is the operator who says how (dpd.action).
  const held = lasted >= tunnel.policy.retry.interval || AT_ONCE.has(reason.code);
  const atOnce = reason.code === 'peer-unresponsive' ? tunnel.policy.dpd.action === 'restart' : held;
  if (reason.code === 'peer-unresponsive' && tunnel.policy.dpd.action === 'hold') {
    // The attempt of long ago has come up: it is not what the next packet's has to keep its distance from.
    tunnel.attemptStartedAt = undefined;
    setTrap(run, tunnel);
  }
  if (atOnce) attemptInTurn(run, tunnel);
  else retryAfter(run, tunnel, tunnel.policy.retry.interval);
}

/** In IKEv1 each pair of segments has a Child SA of its own: the next packet of this one may ask for it again. */
function onPairLost(run: ServiceRun, tunnel: TunnelState): void {
  if (tunnel.desired !== 'traffic') return completeLater(run, tunnel);
  if (!isTrying(tunnel) && !isComplete(run, tunnel)) setTrap(run, tunnel);
}

function onTrapFailed(run: ServiceRun, tunnel: TunnelState, reason: Reason): void {
  tunnel.trapped = false;
  if (tunnel.desired !== 'traffic' || !lacksSomething(run, tunnel) || isTrying(tunnel)) return;
  noteFailure(tunnel, 2, reason);
  retryAfter(run, tunnel, tunnel.policy.retry.interval);
}
