import type { Now } from '../base/time.ts';
import type { Effect } from '../ike/common/effect.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { Input, Renewed, SingleCommand } from '../ike/common/input.ts';
import { instanceName } from '../ike/common/instances.ts';
import type { ShuntPolicy, TunnelPolicy } from '../ike/common/policy.ts';
import type { Reason } from '../ike/common/reason.ts';
import { beginNext, beginSeries, onResolved, onRetryTimer, retryNow } from './attempts.ts';
import { lacksSomething } from './completeness.ts';
import { type Diagnosed, diagnose } from './diagnosis/diagnose.ts';
import type { Facts, HostFacts } from './diagnosis/facts.ts';
import { forgetFailures } from './diagnosis/trail.ts';
import { tunnelOfTimer } from './pace.ts';
import { planReconfiguration, takePolicies } from './reconfiguration.ts';
import { type CountersOf, reportConnection, reportTunnel } from './report.ts';
import { rest } from './rest.ts';
import { type Core, ServiceRun } from './service-run.ts';
import { actOnOne } from './single.ts';
import type { TunnelStatus } from './status.ts';
import { awaitTraffic, removeTrap, setTrap } from './traps.ts';
import { onTunnelEvent } from './tunnel-events.ts';
import { forgetClose, type ManagedTunnel, newTunnelState, type TunnelState, wish } from './tunnel-state.ts';
import { adjust, type TunnelUpdate } from './tunnel-update.ts';
import { Turns } from './turns.ts';

const STOPPED: Reason = { code: 'terminated', text: 'the tunnel was taken down' };
const RECONFIGURED: Reason = { code: 'terminated', text: 'the configuration of the tunnel has changed' };

/**
 * The gateway service: it compares what each tunnel should be with what its SAs are, and acts. It takes the same
 * inputs as the core and gives the same effects, so that whoever drives a core can drive the service instead.
 */
export class GatewayService {
  readonly #core: Core;
  readonly #tunnels = new Map<string, TunnelState>();
  readonly #turns = new Turns();
  /** Whether the timer for those that wait for their turn is set. */
  #turnsTimed = false;

  constructor(core: Core, tunnels: readonly ManagedTunnel[]) {
    this.#core = core;
    for (const tunnel of tunnels) this.#tunnels.set(tunnel.policy.name, newTunnelState(tunnel));
  }

  /** Hands the tunnels to the core, starts those that should be up, and has those that wait for traffic wait. */
  start(now: Now): readonly Effect[] {
    const run = this.#run(now);
    run.command({ kind: 'configure', tunnels: this.#policies() });
    for (const tunnel of this.#tunnels.values()) begin(run, tunnel);
    this.#takeInstances();
    return this.#finish(run);
  }

  /** Takes a new set of shunts, which have nothing to do with any tunnel. */
  setShunts(shunts: readonly ShuntPolicy[], now: Now): readonly Effect[] {
    const run = this.#run(now);
    run.command({ kind: 'shunts', shunts });
    return this.#finish(run);
  }

  handle(input: Input, now: Now): readonly Effect[] {
    const run = this.#run(now);
    const timer = input.kind === 'timer' ? tunnelOfTimer(input.key) : undefined;
    if (input.kind === 'timer' && input.key === TURNS_TIMER) this.#turnsTimed = false;
    else if (timer !== undefined) this.#with(timer, (tunnel) => onRetryTimer(run, tunnel));
    else if (input.kind === 'resolved') this.#with(input.tunnel, (tunnel) => onResolved(run, tunnel, input.address));
    else run.pass(input);
    if (input.kind === 'command' && input.command.kind === 'local-address') this.#onMoved(run, input.command.gateway);
    return this.#finish(run);
  }

  names(): string[] {
    return [...this.#tunnels.keys()];
  }

  /** Of a tunnel that is configured, or that one peer of many has. */
  policy(name: string): TunnelPolicy | undefined {
    return this.#tunnels.get(name)?.policy;
  }

  /** Why the tunnel cannot be started by us; undefined where it can. */
  cannotStart(name: string): string | undefined {
    const tunnel = this.#tunnels.get(name);
    if (tunnel === undefined) return `there is no tunnel ${name}`;
    if (tunnel.policy.template !== undefined)
      return `${name} is there for a peer that has called, which only the peer itself can start`;
    if (!tunnel.enabled) return `${name} is disabled in the configuration (enabled: false)`;
    if (tunnel.policy.remote.address.kind === 'any') {
      return `${name} has a peer of any address, which only the peer itself can start`;
    }
    return undefined;
  }

  /**
   * Starts an attempt now, as the first of a new series; does nothing to a tunnel that is connected. One that waits for
   * traffic does so again when it ends. `once`: no other attempt follows, unless the configuration wants the tunnel up.
   */
  up(name: string, now: Now, { once = false } = {}): readonly Effect[] {
    const run = this.#run(now);
    const tunnel = this.#tunnels.get(name);
    if (tunnel !== undefined && this.cannotStart(name) === undefined) {
      run.command({ kind: 'admit', tunnel: name, admit: true });
      forgetClose(tunnel);
      tunnel.once = once && wish(tunnel.policy) !== 'up' && (tunnel.once || tunnel.desired !== 'up');
      tunnel.partial = false;
      tunnel.desired = wish(tunnel.policy) === 'traffic' ? 'traffic' : 'up';
      tunnel.attempt = 0;
      tunnel.failure = undefined;
      tunnel.trail = forgetFailures(tunnel.trail);
      if (lacksSomething(run, tunnel)) beginSeries(run, tunnel, true);
    }
    return this.#finish(run);
  }

  /** Deletes the SAs at both ends and keeps the tunnel down, whoever calls. */
  down(name: string, now: Now): readonly Effect[] {
    const run = this.#run(now);
    const tunnel = this.#tunnels.get(name);
    if (tunnel?.enabled === true) {
      // Of one peer of many nothing is left that could be kept down.
      if (tunnel.policy.template === undefined) {
        rest(run, tunnel, 'down');
        run.command({ kind: 'admit', tunnel: name, admit: false });
      }
      run.command({ kind: 'terminate', tunnel: name, reason: STOPPED });
    }
    return this.#finish(run);
  }

  /** Whether packets start the tunnel, whatever the configuration says; what is up stays so. */
  trap(name: string, set: boolean, now: Now): readonly Effect[] {
    const run = this.#run(now);
    const tunnel = this.#tunnels.get(name);
    if (tunnel !== undefined && this.cannotStart(name) === undefined) {
      run.command({ kind: 'admit', tunnel: name, admit: true });
      if (set) setUpTrap(run, tunnel);
      else removeTrap(run, tunnel);
      if (!set && tunnel.desired === 'traffic') tunnel.desired = 'peer';
    }
    return this.#finish(run);
  }

  /** Whether the data plane tells of its packets. */
  waitsForTraffic(name: string): boolean {
    return this.#tunnels.get(name)?.trapped === true;
  }

  /** Makes successors of its IKE SA or its Child SAs now; nothing where there are none. */
  renew(name: string, what: Renewed, now: Now): readonly Effect[] {
    const run = this.#run(now);
    if (this.#tunnels.has(name)) run.command({ kind: 'rekey', tunnel: name, what });
    return this.#finish(run);
  }

  /**
   * Makes a successor of one SA, or ends it at both ends. A tunnel that loses its last Child SA so is started by the peer
   * alone, or by the traffic that it waits for.
   */
  actOnOne(command: SingleCommand, now: Now): readonly Effect[] {
    const run = this.#run(now);
    actOnOne(run, this.#tunnels, command);
    return this.#finish(run);
  }

  /** Lets the tunnel be as the configuration wants it again, after `down`. */
  release(name: string, now: Now): readonly Effect[] {
    const run = this.#run(now);
    const tunnel = this.#tunnels.get(name);
    if (tunnel?.enabled === true) {
      run.command({ kind: 'admit', tunnel: name, admit: true });
      tunnel.desired = wish(tunnel.policy);
      if (tunnel.children.size === 0) begin(run, tunnel);
    }
    return this.#finish(run);
  }

  /**
   * Takes a new set of tunnels. `updates` says by its new name what has changed of one: it starts over, or goes on and
   * gets what it lacks. Those that are gone are taken down; all others are not touched.
   */
  reconfigure(
    tunnels: readonly ManagedTunnel[],
    updates: ReadonlyMap<string, TunnelUpdate>,
    now: Now,
  ): readonly Effect[] {
    const run = this.#run(now);
    const plan = planReconfiguration(configuredOf(this.#tunnels), tunnels, updates);
    for (const state of plan.ended) end(run, state);
    const instances = [...this.#tunnels.values()].filter(({ policy }) => policy.template !== undefined);
    this.#tunnels.clear();
    for (const [name, state] of plan.tunnels) this.#tunnels.set(name, state);
    const before = new Map(plan.kept.map(({ state }) => [state, state.policy]));
    const renamed = takePolicies(run, plan.kept);
    run.command({ kind: 'configure', tunnels: this.#policies(), ...(renamed.size === 0 ? {} : { renamed }) });
    this.#takeInstances(instances, renamed);
    for (const { state, update } of plan.kept)
      if (update?.change === 'changed') adjust(run, state, before.get(state) ?? state.policy, update);
    for (const state of plan.fresh) this.#beginAnew(run, state);
    return this.#finish(run);
  }

  /** Takes tunnels of names that nobody has, beside those there are: these cost nothing, however many there are. */
  add(tunnels: readonly ManagedTunnel[], now: Now): readonly Effect[] {
    const run = this.#run(now);
    const fresh = tunnels.map(newTunnelState);
    for (const state of fresh) this.#tunnels.set(state.policy.name, state);
    const enabled = tunnels.filter((tunnel) => tunnel.enabled);
    run.command({ kind: 'add-tunnels', tunnels: enabled.map(({ policy }) => policy) });
    for (const state of fresh) this.#beginAnew(run, state);
    return this.#finish(run);
  }

  /** Takes these down for good, of which none is for many peers; all others are not touched. */
  remove(names: readonly string[], now: Now): readonly Effect[] {
    const run = this.#run(now);
    for (const name of names) this.#with(name, (state) => end(run, state));
    for (const name of names) this.#tunnels.delete(name);
    run.command({ kind: 'remove-tunnels', names });
    return this.#finish(run);
  }

  /** Takes everything down at both ends, for the end of the daemon. */
  stop(now: Now): readonly Effect[] {
    const run = this.#run(now);
    for (const [name, tunnel] of this.#tunnels) {
      rest(run, tunnel, 'down');
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

  /** What its status says without a look at the SAs, of which there may be hundreds. */
  summary(name: string): TunnelSummary | undefined {
    const tunnel = this.#tunnels.get(name);
    if (tunnel === undefined) return undefined;
    const { gateway, peer } = tunnel.policy;
    return { gateway, peer, ...reportConnection(tunnel) };
  }

  /** Why the tunnel is as it is; undefined for a name that is not configured. */
  diagnose(name: string, now: Now, { countersOf, host, asked = {} }: DiagnosisSources): Diagnosed | undefined {
    const tunnel = this.#tunnels.get(name);
    const status = this.status(name, countersOf);
    if (tunnel === undefined || status === undefined) return undefined;
    const { policy, trail } = tunnel;
    const children = this.#core.children(name);
    const since = Math.min(now.wall, ...children.flatMap(({ installedAt }) => installedAt ?? []));
    const { spoken, largePackets } = asked;
    return diagnose({
      ...{ policy, status, trail, carriesFor: now.wall - since, host, now: now.wall },
      ...(spoken === undefined ? {} : { spoken }),
      ...(largePackets === undefined ? {} : { largePackets }),
    });
  }

  #beginAnew(run: ServiceRun, state: TunnelState): void {
    // What the operator has taken down stays so.
    if (state.enabled && state.desired === 'down') return;
    run.command({ kind: 'admit', tunnel: state.policy.name, admit: true });
    begin(run, state);
  }

  #policies() {
    return [...configuredOf(this.#tunnels).values()].filter(({ enabled }) => enabled).map(({ policy }) => policy);
  }

  /** The instances that the core has, as they are now; `before` are those that have been known. */
  #takeInstances(before: readonly TunnelState[] = [], renamed: ReadonlyMap<string, string> = new Map()): void {
    const known = new Map(before.map((state) => [nameAfter(state.policy, renamed), state]));
    for (const policy of this.#core.instances()) {
      const state = known.get(policy.name) ?? newTunnelState({ policy, enabled: true });
      state.policy = policy;
      this.#tunnels.set(policy.name, state);
    }
  }

  #onInstance({ type, tunnel }: Extract<GatewayEvent, { readonly type: `instance.${string}` }>): void {
    const policy = this.#core.instance(tunnel);
    const state = this.#tunnels.get(tunnel);
    if (policy !== undefined && state === undefined)
      this.#tunnels.set(tunnel, newTunnelState({ policy, enabled: true }));
    if (policy === undefined && type === 'instance.removed' && state?.policy.template !== undefined)
      this.#tunnels.delete(tunnel);
  }

  #with(name: string, action: (tunnel: TunnelState) => void): void {
    const tunnel = this.#tunnels.get(name);
    if (tunnel !== undefined) action(tunnel);
  }

  #run(now: Now): ServiceRun {
    return new ServiceRun({
      core: this.#core,
      now,
      turns: this.#turns,
      onEvent: (run, event) => this.#onEvent(run, event),
    });
  }

  #onEvent(run: ServiceRun, event: GatewayEvent): void {
    if (event.type === 'instance.added' || event.type === 'instance.removed') return this.#onInstance(event);
    if ('tunnel' in event && event.tunnel !== undefined)
      this.#with(event.tunnel, (tunnel) => onTunnelEvent(run, tunnel, event));
    if (event.type === 'ike.failed')
      for (const other of event.others ?? []) this.#with(other, (tunnel) => onTunnelEvent(run, tunnel, event));
  }

  #onMoved(run: ServiceRun, gateway: string): void {
    run.follow();
    for (const tunnel of this.#tunnels.values()) if (tunnel.policy.gateway === gateway) retryNow(run, tunnel);
  }

  #finish(run: ServiceRun): readonly Effect[] {
    run.follow();
    beginNext(run);
    this.#timeTurns(run);
    return run.effects;
  }

  #timeTurns(run: ServiceRun): void {
    const at = this.#turns.nextAt;
    if (at === undefined || this.#turnsTimed) return;
    this.#turnsTimed = true;
    run.effects.push({ kind: 'timer.set', key: TURNS_TIMER, at });
  }
}

const TURNS_TIMER = 'turns';

type TunnelSummary = Pick<TunnelStatus, 'gateway' | 'peer' | 'connectionStatus' | 'reason'>;

/** What a diagnosis is made of beside what the service remembers. */
export type DiagnosisSources = {
  readonly countersOf: CountersOf;
  readonly host: HostFacts;
  readonly asked?: Asked | undefined;
};

/** What the peer was asked for the diagnosis; absent where it was not, or has not answered. */
export type Asked = {
  readonly spoken?: Facts['spoken'] | undefined;
  readonly largePackets?: Facts['largePackets'] | undefined;
};

/** Without those of single peers of tunnels for many. */
function configuredOf(tunnels: ReadonlyMap<string, TunnelState>): Map<string, TunnelState> {
  return new Map([...tunnels].filter(([, { policy }]) => policy.template === undefined));
}

/** An instance has its name from that of its template. */
function nameAfter({ name, template = '', remote }: TunnelPolicy, renamed: ReadonlyMap<string, string>): string {
  const to = renamed.get(template);
  return to === undefined || remote.identity === undefined ? name : instanceName(to, remote.identity);
}

/** It is gone, or starts over. */
function end(run: ServiceRun, tunnel: TunnelState): void {
  rest(run, tunnel, 'down');
  run.command({ kind: 'terminate', tunnel: tunnel.policy.name, reason: RECONFIGURED });
  run.follow();
}

/** What is to be done for a tunnel without being asked. */
function begin(run: ServiceRun, tunnel: TunnelState): void {
  if (tunnel.desired === 'up') beginSeries(run, tunnel);
  if (tunnel.desired === 'traffic') awaitTraffic(run, tunnel);
}

/** What is being tried goes on; then, or where nothing is, the next packet starts it. */
function setUpTrap(run: ServiceRun, tunnel: TunnelState): void {
  forgetClose(tunnel);
  if (tunnel.desired !== 'up') tunnel.desired = 'traffic';
  if (tunnel.desired === 'traffic' && tunnel.current === undefined && tunnel.children.size === 0)
    awaitTraffic(run, tunnel);
  else setTrap(run, tunnel);
}
