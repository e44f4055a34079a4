import { utf8 } from '../base/bytes.ts';
import type { Entropy } from '../base/entropy.ts';
import type { IpAddress } from '../base/net.ts';
import { Secret } from '../base/secret.ts';
import type { Duration, Now } from '../base/time.ts';
import { MINUTE } from '../base/time.ts';
import type { Effect } from '../ike/common/effect.ts';
import type { Input } from '../ike/common/input.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { ChildSaView, IkeSaView } from '../ike/common/view.ts';
import { IkeCore } from '../ike/core.ts';
import type { Finding } from '../tunnel/diagnosis/diagnosis.ts';
import { GatewayService } from '../tunnel/gateway-service.ts';
import type { ConnectionStatus, TunnelStatus } from '../tunnel/status.ts';
import type { TunnelUpdate } from '../tunnel/tunnel-update.ts';
import type { SimGateway, SimMachine } from './gateway.ts';
import { expectAgreement, stepChecks } from './invariants.ts';
import type { PairOptions, PairSide } from './pair.ts';
import { behaviourOf, command, isConnected } from './pair.ts';
import type { PacketFate } from './traffic.ts';
import { EVERYTHING, LEFT, RIGHT, tunnelPolicy } from './tunnels.ts';
import type { StepCheck } from './world.ts';
import { SimWorld } from './world.ts';

/** The gateway service with its core, as a machine of the simulation. */
export class ServiceMachine implements SimMachine {
  readonly service: GatewayService;
  readonly #core: IkeCore;

  constructor(entropy: Entropy, tunnels: readonly TunnelPolicy[], crashSecret: Secret | undefined) {
    this.#core = new IkeCore({
      entropy,
      capabilities: EVERYTHING,
      tunnels: [],
      ...(crashSecret === undefined ? {} : { crashSecret }),
    });
    this.service = new GatewayService(
      this.#core,
      tunnels.map((policy) => ({ policy, enabled: true })),
    );
  }

  handle(input: Input, now: Now): readonly Effect[] {
    return this.service.handle(input, now);
  }

  views(): readonly IkeSaView[] {
    return this.#core.views();
  }

  children(): readonly ChildSaView[] {
    return this.#core.children();
  }
}

/** Two whole gateways, supervisors included, which see to their tunnel `net` by themselves. */
export class ServicePair {
  readonly world: SimWorld;
  readonly left: SimGateway;
  readonly right: SimGateway;

  constructor(options: PairOptions) {
    const sides = { left: options.left?.side ?? LEFT, right: options.right?.side ?? RIGHT };
    const policies = {
      left: tunnelPolicy(sides.left, sides.right, { ...options.tunnel, ...options.left?.policy }),
      right: tunnelPolicy(sides.right, sides.left, { ...options.tunnel, ...options.right?.policy }),
    };
    const { seed, network, nats } = options;
    this.world = new SimWorld({
      seed,
      ...(network === undefined ? {} : { network }),
      ...(nats === undefined ? {} : { nats }),
      checks: [...stepChecks(), statusFollowsSas],
      gateways: (['left', 'right'] as const).map((name) => ({
        name,
        address: sides[name].address,
        // On its disk, so that it is the same after a reboot.
        build: (entropy) => new ServiceMachine(entropy, [policies[name]], crashSecretOf(name, options[name])),
        ...behaviourOf(options[name]),
      })),
    });
    this.left = this.world.gateway('left');
    this.right = this.world.gateway('right');
  }

  start(gateway: SimGateway): void {
    gateway.call((_, now) => serviceOf(gateway).start(now));
  }

  up(gateway: SimGateway): void {
    gateway.call((_, now) => serviceOf(gateway).up('net', now));
  }

  down(gateway: SimGateway): void {
    gateway.call((_, now) => serviceOf(gateway).down('net', now));
  }

  /** After `down`: as the configuration wants it. */
  release(gateway: SimGateway): void {
    gateway.call((_, now) => serviceOf(gateway).release('net', now));
  }

  /** Another policy for its tunnel, which starts over with it unless `update` says what it takes. */
  reconfigure(gateway: SimGateway, policy: TunnelPolicy, update: Partial<TunnelUpdate> = { reconnect: true }): void {
    const updates = new Map([[policy.name, { change: 'changed' as const, reconnect: false, renew: [], ...update }]]);
    gateway.call((_, now) => serviceOf(gateway).reconfigure([{ policy, enabled: true }], updates, now));
  }

  /** The machine of a gateway gets another address, and its daemon hears of it. */
  move(gateway: SimGateway, address: IpAddress): void {
    gateway.moveTo(address);
    command(gateway, { kind: 'local-address', gateway: 'gw', address, others: [] });
  }

  /** The machine reboots and its service starts again. */
  reboot(gateway: SimGateway): void {
    gateway.restart();
    this.start(gateway);
  }

  get connected(): boolean {
    return isConnected(this.left) && isConnected(this.right) && this.world.idle;
  }

  awaitConnection(limit: Duration = 5 * MINUTE): Duration {
    const took = this.world.runUntil('connected', () => this.connected, limit);
    expectAgreement(this.world, this.left, this.right);
    return took;
  }

  /** One packet each way. */
  exchangePackets(): [PacketFate, PacketFate] {
    return [this.sendPacket(this.left), this.sendPacket(this.right)];
  }

  /** One packet from the segment behind `gateway`; `right` is in one behind the right. */
  sendPacket(gateway: SimGateway, right: IpAddress = '10.2.0.5'): PacketFate {
    const there = { source: '10.1.0.5', destination: right, protocol: 1, bytes: 84 };
    const back = { ...there, source: there.destination, destination: there.source };
    return this.world.transmit(gateway, gateway === this.left ? there : back);
  }
}

function crashSecretOf(name: string, side: PairSide | undefined): Secret | undefined {
  return side?.detectable === false ? undefined : new Secret(utf8(name.padEnd(32, '.')));
}

export function connectionStatus(gateway: SimGateway): ConnectionStatus {
  return tunnelStatus(gateway).connectionStatus;
}

export function tunnelStatus(gateway: SimGateway): TunnelStatus {
  const service = serviceOf(gateway);
  const status = service.status(service.names()[0] ?? '', () => undefined);
  if (status === undefined) throw new RangeError('no tunnel');
  return status;
}

/** What the gateway makes of its tunnel; no counters move. */
export function diagnosisOf(gateway: SimGateway, now: Now): Finding {
  const sources = { countersOf: () => undefined, host: { kernelErrors: {} } };
  const diagnosed = serviceOf(gateway).diagnose('net', now, sources);
  if (diagnosed === undefined) throw new RangeError('no tunnel net');
  return diagnosed.finding;
}

export function serviceOf(gateway: SimGateway): GatewayService {
  if (!(gateway.machine instanceof ServiceMachine)) throw new TypeError(`${gateway.name} runs no gateway service`);
  return gateway.machine.service;
}

/**
 * The status derives only from SAs: connected where a Child SA is installed, and nowhere else but while one takes over
 * from another. Only `disabled` may run ahead of the SAs, while they are being taken down.
 */
const statusFollowsSas: StepCheck = (gateway) => {
  const children = gateway.machine.children();
  const installed = children.filter(({ state }) => state === 'installed' || state === 'rekeying').length;
  const sending = children.filter(({ state, sends }) => sends && state !== 'deleting').length;
  const status = connectionStatus(gateway);
  if (status === 'disabled' || (status === 'connected' ? sending > 0 : installed === 0)) return [];
  return [`the status is ${status} with ${installed} Child SAs installed and ${sending} sending`];
};
