import type { IpAddress } from '../base/net.ts';
import type { Duration } from '../base/time.ts';
import { MINUTE, SECOND } from '../base/time.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { Input } from '../ike/common/input.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { IkeCore } from '../ike/core.ts';
import type { CoreState } from '../ike/core-state.ts';
import type { LinkConditions } from './conditions.ts';
import { keepsSending } from './continuity.ts';
import type { Range } from './dice.ts';
import type { SimGateway } from './gateway.ts';
import { bothSidesAgree, establishedIkeSas, expectAgreement, installedChildren, stepChecks } from './invariants.ts';
import type { KernelBehaviour } from './kernel.ts';
import type { NatOptions } from './nat.ts';
import type { ScheduledEvent } from './scheduler.ts';
import type { PacketFate } from './traffic.ts';
import type { Side } from './tunnels.ts';
import { EVERYTHING, LEFT, RIGHT, tunnelPolicy } from './tunnels.ts';
import { SimWorld } from './world.ts';

export type PairSide = {
  readonly side?: Side;
  /** What this end configures otherwise than `tunnelPolicy` does. */
  readonly policy?: Partial<TunnelPolicy>;
  readonly kernel?: KernelBehaviour;
  readonly jobDelay?: Range;
  readonly names?: (name: string) => IpAddress | undefined;
  /** Whether its peer is told of a crash (RFC 6290); true in a service pair, unless this says otherwise. */
  readonly detectable?: boolean;
};

export type PairOptions = {
  readonly seed: number;
  readonly network?: LinkConditions;
  readonly nats?: readonly NatOptions[];
  /** What both ends configure otherwise than `tunnelPolicy` does. */
  readonly tunnel?: Partial<TunnelPolicy>;
  readonly left?: PairSide;
  readonly right?: PairSide;
  readonly traceLines?: number;
};

/** A supervisor would wait longer; this is only to keep a hopeless run short. */
const REDIAL_PAUSE: Duration = SECOND;

/** Two cores with one tunnel between them, not yet connected, and every invariant watched. */
export class CorePair {
  readonly world: SimWorld;
  readonly left: SimGateway;
  readonly right: SimGateway;
  readonly #policies: ReadonlyMap<SimGateway, TunnelPolicy>;

  constructor(options: PairOptions) {
    const sides = { left: options.left?.side ?? LEFT, right: options.right?.side ?? RIGHT };
    const policies = {
      left: tunnelPolicy(sides.left, sides.right, { ...options.tunnel, ...options.left?.policy }),
      right: tunnelPolicy(sides.right, sides.left, { ...options.tunnel, ...options.right?.policy }),
    };
    const { seed, network, nats, traceLines } = options;
    this.world = new SimWorld({
      seed,
      ...(network === undefined ? {} : { network }),
      ...(nats === undefined ? {} : { nats }),
      ...(traceLines === undefined ? {} : { traceLines }),
      checks: [...stepChecks(), ...(policies.left.version === 2 ? [keepsSending(() => [this.left, this.right])] : [])],
      gateways: (['left', 'right'] as const).map((name) => ({
        name,
        address: sides[name].address,
        build: (entropy) => new IkeCore({ entropy, capabilities: EVERYTHING, tunnels: [] }),
        ...behaviourOf(options[name]),
      })),
    });
    this.left = this.world.gateway('left');
    this.right = this.world.gateway('right');
    this.#policies = new Map([
      [this.left, policies.left],
      [this.right, policies.right],
    ]);
    this.configure(this.left);
    this.configure(this.right);
  }

  policyOf(gateway: SimGateway): TunnelPolicy {
    const policy = this.#policies.get(gateway);
    if (policy === undefined) throw new RangeError(`${gateway.name} is not of this pair`);
    return policy;
  }

  /** Gives a gateway its tunnel, as at its start. */
  configure(gateway: SimGateway): void {
    command(gateway, { kind: 'configure', tunnels: [this.policyOf(gateway)] });
  }

  /** Another process goes on with this state; the kernel has what it had. */
  restore(gateway: SimGateway, state: CoreState): void {
    const { entropy } = gateway;
    const core = new IkeCore({ entropy, capabilities: EVERYTHING, tunnels: [this.policyOf(gateway)], state });
    gateway.machine = core;
    gateway.call(() => core.resume());
  }

  initiate(gateway: SimGateway): void {
    command(gateway, { kind: 'initiate', tunnel: 'net' });
  }

  terminate(gateway: SimGateway): void {
    command(gateway, { kind: 'terminate', tunnel: 'net', reason: { code: 'terminated', text: 'asked to' } });
  }

  /** How many Child SAs connect the two: in IKEv1, or where it is configured so, each pair of segments has its own. */
  get childCount(): number {
    const { version, singlePairs, local, remote } = this.policyOf(this.left);
    return version === 1 || singlePairs === true ? local.selectors.length * remote.selectors.length : 1;
  }

  /** The machine of a gateway gets another address, and its daemon hears of it. */
  move(gateway: SimGateway, address: IpAddress): void {
    gateway.moveTo(address);
    command(gateway, { kind: 'local-address', gateway: 'gw', address, others: [] });
  }

  get connected(): boolean {
    const each = [this.left, this.right].every((gateway) => isConnected(gateway, this.childCount)) && this.world.idle;
    // Where two ends of IKEv1 make Child SAs for the same segments at once, both are used until one is settled on.
    return each && (this.policyOf(this.left).version === 2 || bothSidesAgree(this.left, this.right).length === 0);
  }

  /** Initiates, again after each failure as a supervisor would, and waits until both ends are connected and agree. */
  connect(gateway = this.left, limit: Duration = 10 * MINUTE): Duration {
    return this.awaitConnection([gateway], limit);
  }

  awaitConnection(redialling: readonly SimGateway[], limit: Duration = 10 * MINUTE): Duration {
    const dismiss = this.#watch(redialling, REDIAL_PAUSE, (gateway) => {
      if (this.#lacksSomething(gateway)) this.initiate(gateway);
    });
    const took = this.world.runUntil('connected', () => this.connected, limit);
    dismiss();
    expectAgreement(this.world, this.left, this.right, this.childCount);
    return took;
  }

  /**
   * Initiates from now on, every `interval`, wherever Child SAs are gone without a successor, until the function that is
   * returned is called.
   */
  supervise(gateways: readonly SimGateway[], interval: Duration): () => void {
    return this.#watch(gateways, interval, (gateway) => {
      if (this.#hasLost(gateway)) this.initiate(gateway);
    });
  }

  /**
   * The same where the ends wait for traffic (`start: on-traffic`): a packet has to run into the trap first. That is set
   * anew after each loss and each attempt, as the kernel asks but once in a while for each reqid, and where it was refused.
   */
  awaitTraffic(gateways: readonly SimGateway[], interval: Duration): () => void {
    const seen = new Map<SimGateway, number>();
    const armed = new Set<SimGateway>();
    return this.#watch(gateways, interval, (gateway) => {
      const news = new Set(gateway.events.slice(seen.get(gateway) ?? 0).map(({ type }) => type));
      seen.set(gateway, gateway.events.length);
      const waits = this.#hasLost(gateway);
      const isArmed = waits && armed.has(gateway) && !news.has('trap.failed');
      armed.delete(gateway);
      if (isArmed && news.has('traffic.waiting')) return this.initiate(gateway);
      if (waits) armed.add(gateway);
      if (waits && !isArmed) this.setTrap(gateway);
    });
  }

  setTrap(gateway: SimGateway): void {
    command(gateway, { kind: 'trap', tunnel: 'net', set: true });
  }

  #watch(gateways: readonly SimGateway[], interval: Duration, lookAfter: (gateway: SimGateway) => void): () => void {
    const { scheduler } = this.world;
    let next: ScheduledEvent;
    const look = () => {
      for (const gateway of gateways) lookAfter(gateway);
      next = scheduler.after(interval, look);
    };
    look();
    return () => scheduler.cancel(next);
  }

  #lacksSomething(gateway: SimGateway): boolean {
    // Where an IKE SA stands, only the Child SAs that have not come up are asked for.
    return !isConnecting(gateway) && installedChildren(gateway).length < this.childCount;
  }

  #hasLost(gateway: SimGateway): boolean {
    const living = gateway.machine.children().filter(({ state }) => state !== 'deleting');
    return living.length < this.childCount && !isConnecting(gateway);
  }

  /** One packet each way. */
  exchangePackets(): [PacketFate, PacketFate] {
    const there = { source: '10.1.0.5', destination: '10.2.0.5', protocol: 1, bytes: 84 };
    const back = { ...there, source: there.destination, destination: there.source };
    return [this.world.transmit(this.left, there), this.world.transmit(this.right, back)];
  }
}

export function command(gateway: SimGateway, given: (Input & { kind: 'command' })['command']): void {
  gateway.input({ kind: 'command', command: given });
}

/**
 * One IKE SA with one Child SA (or `count`), and none of our own on its way. What a peer has begun and given up may still be
 * half-open here.
 */
export function isConnected(gateway: SimGateway, count = 1): boolean {
  return (
    establishedIkeSas(gateway).length === 1 && installedChildren(gateway).length === count && !isConnecting(gateway)
  );
}

function isConnecting(gateway: SimGateway): boolean {
  return gateway.machine.views().some(({ state, role }) => state === 'connecting' && role === 'initiator');
}

export function countEvents(gateway: SimGateway, type: GatewayEvent['type']): number {
  let count = 0;
  for (const event of gateway.events) if (event.type === type) count++;
  return count;
}

/** The reasons that the events of this type gave. */
export function reasonsOf(gateway: SimGateway, type: GatewayEvent['type']): string[] {
  return gateway.events.flatMap((event) => (event.type === type && 'reason' in event ? [event.reason.code] : []));
}

/** What of a side concerns its machine and not its tunnel. */
export function behaviourOf(side: PairSide | undefined): Pick<PairSide, 'kernel' | 'jobDelay' | 'names'> {
  return {
    ...(side?.kernel === undefined ? {} : { kernel: side.kernel }),
    ...(side?.jobDelay === undefined ? {} : { jobDelay: side.jobDelay }),
    ...(side?.names === undefined ? {} : { names: side.names }),
  };
}
