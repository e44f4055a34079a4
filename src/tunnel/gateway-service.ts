import type { IpAddress } from '../base/net.ts';
import type { Now } from '../base/time.ts';
import type { Effect } from '../ike/common/effect.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { CoreCommand, Input } from '../ike/common/input.ts';
import type { Reason, Stage } from '../ike/common/reason.ts';
import type { ChildSaView, IkeSaView } from '../ike/common/view.ts';
import { selectorKey } from '../sa/traffic-selector.ts';
import { type CountersOf, reportTunnel } from './report.ts';
import type { TunnelStatus } from './status.ts';
import { type ManagedTunnel, newTunnelState, type TunnelState, wish } from './tunnel-state.ts';

/** The part of the IKE core that the service stands on. */
export interface Core {
  handle(input: Input, now: Now): readonly Effect[];
  views(tunnel?: string): readonly IkeSaView[];
  children(tunnel?: string): readonly ChildSaView[];
}

/** Ends after which nothing is to be waited for: our own doing, and a peer that is there again and has lost its SAs. */
const AT_ONCE: ReadonlySet<Reason['code']> = new Set<Reason['code']>(['expired', 'peer-restarted']);

const STOPPED: Reason = { code: 'terminated', text: 'the tunnel was taken down' };
const RECONFIGURED: Reason = { code: 'terminated', text: 'the configuration of the tunnel has changed' };

/**
 * The gateway service: it compares what each tunnel should be with what its SAs are, and acts. It takes the same
 * inputs as the core and gives the same effects, so that whoever drives a core can drive the service instead.
 */
export class GatewayService {
  readonly #core: Core;
  readonly #tunnels = new Map<string, TunnelState>();

  constructor(core: Core, tunnels: readonly ManagedTunnel[]) {
    this.#core = core;
    for (const tunnel of tunnels) this.#tunnels.set(tunnel.policy.name, newTunnelState(tunnel));
  }

  /** Hands the tunnels to the core and starts those that should be up. */
  start(now: Now): readonly Effect[] {
    const run = new ServiceRun(this.#core, now);
    run.command({ kind: 'configure', tunnels: this.#policies() });
    for (const tunnel of this.#tunnels.values()) if (tunnel.desired === 'up') this.#attempt(run, tunnel);
    return this.#finish(run);
  }

  handle(input: Input, now: Now): readonly Effect[] {
    const run = new ServiceRun(this.#core, now);
    const timer = input.kind === 'timer' ? tunnelOfTimer(input.key) : undefined;
    if (timer !== undefined) this.#onRetry(run, timer);
    else if (input.kind === 'resolved') this.#onResolved(run, input.tunnel, input.address);
    else run.pass(input);
    return this.#finish(run);
  }

  names(): string[] {
    return [...this.#tunnels.keys()];
  }

  /** Why the tunnel cannot be started by us; undefined where it can. */
  cannotStart(name: string): string | undefined {
    const tunnel = this.#tunnels.get(name);
    if (tunnel === undefined) return `there is no tunnel ${name}`;
    if (!tunnel.enabled) return `${name} is disabled in the configuration (enabled: false)`;
    if (tunnel.policy.remote.address.kind === 'any') {
      return `${name} has a peer of any address, which only the peer itself can start`;
    }
    return undefined;
  }

  /** Starts an attempt now, as the first of a new series; does nothing to a tunnel that is connected. */
  up(name: string, now: Now): readonly Effect[] {
    const run = new ServiceRun(this.#core, now);
    const tunnel = this.#tunnels.get(name);
    if (tunnel !== undefined && this.cannotStart(name) === undefined) {
      run.command({ kind: 'admit', tunnel: name, admit: true });
      tunnel.desired = 'up';
      tunnel.attempt = 0;
      tunnel.failure = undefined;
      if (this.#lacksSomething(tunnel)) this.#attempt(run, tunnel);
    }
    return this.#finish(run);
  }

  /** Deletes the SAs at both ends and keeps the tunnel down, whoever calls. */
  down(name: string, now: Now): readonly Effect[] {
    const run = new ServiceRun(this.#core, now);
    const tunnel = this.#tunnels.get(name);
    if (tunnel?.enabled === true) {
      this.#rest(run, tunnel, 'down');
      run.command({ kind: 'admit', tunnel: name, admit: false });
      run.command({ kind: 'terminate', tunnel: name, reason: STOPPED });
    }
    return this.#finish(run);
  }

  /** Lets the tunnel be as the configuration wants it again, after `down`. */
  release(name: string, now: Now): readonly Effect[] {
    const run = new ServiceRun(this.#core, now);
    const tunnel = this.#tunnels.get(name);
    if (tunnel?.enabled === true) {
      run.command({ kind: 'admit', tunnel: name, admit: true });
      tunnel.desired = wish(tunnel.policy);
      if (tunnel.desired === 'up' && tunnel.children.size === 0) this.#attempt(run, tunnel);
    }
    return this.#finish(run);
  }

  /** Takes a new set of tunnels: the changed ones reconnect, the removed ones go, the others are left alone. */
  reconfigure(tunnels: readonly ManagedTunnel[], changed: ReadonlySet<string>, now: Now): readonly Effect[] {
    const run = new ServiceRun(this.#core, now);
    const wanted = new Map(tunnels.map((tunnel) => [tunnel.policy.name, tunnel]));
    const fresh: TunnelState[] = [];
    for (const [name, state] of [...this.#tunnels]) {
      if (wanted.has(name) && !changed.has(name)) continue;
      this.#rest(run, state, 'down');
      run.command({ kind: 'terminate', tunnel: name, reason: RECONFIGURED });
      this.#follow(run);
      this.#tunnels.delete(name);
    }
    for (const [name, tunnel] of wanted) {
      if (this.#tunnels.has(name)) continue;
      const state = newTunnelState(tunnel);
      this.#tunnels.set(name, state);
      fresh.push(state);
    }
    run.command({ kind: 'configure', tunnels: this.#policies() });
    for (const state of fresh) {
      run.command({ kind: 'admit', tunnel: state.policy.name, admit: true });
      if (state.desired === 'up') this.#attempt(run, state);
    }
    return this.#finish(run);
  }

  /** Takes everything down at both ends, for the end of the daemon. */
  stop(now: Now): readonly Effect[] {
    const run = new ServiceRun(this.#core, now);
    for (const [name, tunnel] of this.#tunnels) {
      this.#rest(run, tunnel, 'down');
      run.command({ kind: 'admit', tunnel: name, admit: false });
      run.command({ kind: 'terminate', tunnel: name, reason: STOPPED });
    }
    return this.#finish(run);
  }

  /** Whether the SAs of all tunnels are gone. */
  idle(): boolean {
    return this.#core.views().length === 0 && this.#core.children().length === 0;
  }

  /** Undefined for a name that is not configured. */
  status(name: string, countersOf: CountersOf): TunnelStatus | undefined {
    const tunnel = this.#tunnels.get(name);
    if (tunnel === undefined) return undefined;
    return reportTunnel(tunnel, { ikeSas: this.#core.views(name), children: this.#core.children(name) }, countersOf);
  }

  #policies() {
    return [...this.#tunnels.values()].filter(({ enabled }) => enabled).map(({ policy }) => policy);
  }

  #finish(run: ServiceRun): readonly Effect[] {
    this.#follow(run);
    return run.effects;
  }

  /** Looks at every event once; what it leads to may bring further events. */
  #follow(run: ServiceRun): void {
    for (let event = run.nextEvent(); event !== undefined; event = run.nextEvent()) this.#onEvent(run, event);
  }

  #onEvent(run: ServiceRun, event: GatewayEvent): void {
    const tunnel = 'tunnel' in event && event.tunnel !== undefined ? this.#tunnels.get(event.tunnel) : undefined;
    if (tunnel === undefined) return;
    switch (event.type) {
      case 'ike.initiated':
        tunnel.current = event.ikeSa;
        return;
      case 'child.installed':
        return this.#onConnected(run, tunnel, event.child);
      case 'traffic.waiting':
        if (tunnel.desired === 'up' && this.#lacksSomething(tunnel)) this.#attempt(run, tunnel);
        return;
      case 'child.rekeyed':
        tunnel.children.delete(event.child);
        return;
      case 'child.deleted':
        if (!tunnel.children.delete(event.child)) return;
        if (tunnel.children.size === 0) this.#onLost(run, tunnel, event.reason);
        else this.#completeLater(run, tunnel);
        return;
      case 'child.failed':
        noteFailure(tunnel, 2, event.reason);
        // In IKEv1 the IKE SA stays, and the next attempt goes on with it.
        return tunnel.policy.version === 1 ? this.#onIkeSaGone(run, tunnel, event.ikeSa) : undefined;
      case 'peer.refused':
        return noteFailure(tunnel, 1, event.reason);
      case 'ike.failed':
        noteFailure(tunnel, event.stage, event.reason);
        return this.#onIkeSaGone(run, tunnel, event.ikeSa);
      case 'ike.closed':
        return this.#onIkeSaGone(run, tunnel, event.ikeSa);
    }
  }

  #onConnected(run: ServiceRun, tunnel: TunnelState, child: string): void {
    tunnel.children.add(child);
    tunnel.connectedAt ??= run.now.mono;
    tunnel.attempt = 0;
    tunnel.current = undefined;
    this.#trap(run, tunnel, false);
    if (!this.#isComplete(tunnel)) return this.#completeLater(run, tunnel);
    tunnel.failure = undefined;
    this.#clearRetry(run, tunnel);
  }

  /** IKEv1 has a Child SA for each pair of segments; in IKEv2 one is for all of them. */
  #isComplete(tunnel: TunnelState): boolean {
    const { version, local, remote } = tunnel.policy;
    if (version === 2) return tunnel.children.size > 0;
    const installed = this.#core.children(tunnel.policy.name).filter(({ state }) => state === 'installed');
    const pairs = new Set(installed.map(pairKey));
    return pairs.size >= local.selectors.length * remote.selectors.length;
  }

  /** Whether an attempt would have anything to do. */
  #lacksSomething(tunnel: TunnelState): boolean {
    if (tunnel.children.size > 0) return !this.#isComplete(tunnel);
    return tunnel.current === undefined;
  }

  /** `dpd.action: hold`: the next packet brings the tunnel back, if the next attempt does not. */
  #trap(run: ServiceRun, tunnel: TunnelState, set: boolean): void {
    if (tunnel.trapped === set) return;
    tunnel.trapped = set;
    run.command({ kind: 'trap', tunnel: tunnel.policy.name, set });
  }

  /** Some pairs are up, the others are tried again at the usual pace. */
  #completeLater(run: ServiceRun, tunnel: TunnelState): void {
    if (tunnel.desired !== 'up' || tunnel.nextAttemptAt !== undefined || this.#isComplete(tunnel)) return;
    this.#retryAfter(run, tunnel, tunnel.policy.retry.interval);
  }

  #onLost(run: ServiceRun, tunnel: TunnelState, reason: Reason): void {
    const lasted = run.now.mono - (tunnel.connectedAt ?? run.now.mono);
    tunnel.connectedAt = undefined;
    // Our own doing is no failure of the tunnel.
    if (reason.code !== 'terminated' && reason.code !== 'expired') tunnel.failure = { stage: 1, reason };
    if (tunnel.desired !== 'up' || tunnel.current !== undefined) return;
    // Back at once, unless it never held: then at the usual pace, so that two ends cannot chase each other. Where the
    // peer is dead it is the operator who says how (dpd.action).
    const held = lasted >= tunnel.policy.retry.interval || AT_ONCE.has(reason.code);
    const atOnce = reason.code === 'peer-unresponsive' ? tunnel.policy.dpd.action === 'restart' : held;
    if (reason.code === 'peer-unresponsive' && tunnel.policy.dpd.action === 'hold') this.#trap(run, tunnel, true);
    if (atOnce) this.#attempt(run, tunnel);
    else this.#retryAfter(run, tunnel, tunnel.policy.retry.interval);
  }

  #onIkeSaGone(run: ServiceRun, tunnel: TunnelState, ikeSa: number): void {
    if (tunnel.current !== ikeSa) return;
    tunnel.current = undefined;
    if (tunnel.desired !== 'up' || tunnel.children.size > 0 || tunnel.nextAttemptAt !== undefined) return;
    const elapsed = run.now.mono - (tunnel.attemptStartedAt ?? run.now.mono);
    this.#retryAfter(run, tunnel, Math.max(0, tunnel.policy.retry.interval - elapsed));
  }

  #onRetry(run: ServiceRun, name: string): void {
    const tunnel = this.#tunnels.get(name);
    if (tunnel === undefined) return;
    tunnel.nextAttemptAt = undefined;
    if (tunnel.desired === 'up' && this.#lacksSomething(tunnel)) this.#attempt(run, tunnel);
  }

  #onResolved(run: ServiceRun, name: string, address: IpAddress | undefined): void {
    const tunnel = this.#tunnels.get(name);
    if (tunnel?.resolving !== true) return;
    tunnel.resolving = false;
    if (tunnel.desired !== 'up' || !this.#lacksSomething(tunnel)) return;
    if (address !== undefined) return this.#initiate(run, tunnel, address);
    const host = tunnel.policy.remote.address.kind === 'name' ? tunnel.policy.remote.address.name : '';
    noteFailure(tunnel, 1, { code: 'unresolved-peer', text: `the name of the peer, ${host}, has no address` });
    this.#retryAfter(run, tunnel, tunnel.policy.retry.interval);
  }

  #attempt(run: ServiceRun, tunnel: TunnelState): void {
    this.#clearRetry(run, tunnel);
    const { name, remote } = tunnel.policy;
    if (tunnel.children.size === 0) tunnel.attempt++;
    tunnel.attemptStartedAt = run.now.mono;
    if (remote.address.kind === 'name') {
      tunnel.resolving = true;
      run.effects.push({ kind: 'resolve', tunnel: name, name: remote.address.name });
      return;
    }
    this.#initiate(run, tunnel);
  }

  #initiate(run: ServiceRun, tunnel: TunnelState, remote?: IpAddress): void {
    const { name } = tunnel.policy;
    run.command({ kind: 'initiate', tunnel: name, ...(remote === undefined ? {} : { remote }) });
    this.#follow(run);
    // Nothing could be started, such as where this machine can do none of the proposals.
    const stillborn = this.#lacksSomething(tunnel) && tunnel.nextAttemptAt === undefined;
    if (stillborn && tunnel.desired === 'up') this.#retryAfter(run, tunnel, tunnel.policy.retry.interval);
  }

  #rest(run: ServiceRun, tunnel: TunnelState, desired: TunnelState['desired']): void {
    tunnel.desired = desired;
    tunnel.failure = undefined;
    tunnel.attempt = 0;
    tunnel.resolving = false;
    this.#trap(run, tunnel, false);
    this.#clearRetry(run, tunnel);
  }

  #retryAfter(run: ServiceRun, tunnel: TunnelState, wait: number): void {
    tunnel.nextAttemptAt = { mono: run.now.mono + wait, wall: run.now.wall + wait };
    run.effects.push({ kind: 'timer.set', key: timerOfTunnel(tunnel.policy.name), at: tunnel.nextAttemptAt.mono });
  }

  #clearRetry(run: ServiceRun, tunnel: TunnelState): void {
    if (tunnel.nextAttemptAt === undefined) return;
    tunnel.nextAttemptAt = undefined;
    run.effects.push({ kind: 'timer.clear', key: timerOfTunnel(tunnel.policy.name) });
  }
}

/** The handling of one input: the effects so far, and how far their events have been looked at. */
class ServiceRun {
  readonly now: Now;
  readonly effects: Effect[] = [];
  readonly #core: Core;
  #seen = 0;

  constructor(core: Core, now: Now) {
    this.#core = core;
    this.now = now;
  }

  pass(input: Input): void {
    this.effects.push(...this.#core.handle(input, this.now));
  }

  command(command: CoreCommand): void {
    this.pass({ kind: 'command', command });
  }

  nextEvent(): GatewayEvent | undefined {
    while (this.#seen < this.effects.length) {
      const effect = this.effects[this.#seen++];
      if (effect?.kind === 'emit') return effect.event;
    }
    return undefined;
  }
}

/** Evidence of why it is not up; what happens beside a working tunnel is not its failure. */
function noteFailure(tunnel: TunnelState, stage: Stage, reason: Reason): void {
  if (reason.code === 'replaced' || tunnel.desired === 'down') return;
  // In IKEv1 some pairs may work while another fails.
  const beside = tunnel.children.size > 0 && !(stage === 2 && tunnel.policy.version === 1);
  if (beside) return;
  tunnel.failure = { stage, reason };
}

function pairKey({ localSelectors, remoteSelectors }: ChildSaView): string {
  return [...localSelectors, ...remoteSelectors].map(selectorKey).join(' ');
}

function timerOfTunnel(name: string): string {
  return `tunnel:${name}`;
}

function tunnelOfTimer(key: string): string | undefined {
  return key.startsWith('tunnel:') ? key.slice('tunnel:'.length) : undefined;
}
