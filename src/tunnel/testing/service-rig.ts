import { utf8 } from '../../base/bytes.ts';
import { Secret } from '../../base/secret.ts';
import type { Effect } from '../../ike/common/effect.ts';
import type { GatewayEvent } from '../../ike/common/event.ts';
import type { CoreCommand, Input } from '../../ike/common/input.ts';
import type { TunnelPolicy } from '../../ike/common/policy.ts';
import type { Reason } from '../../ike/common/reason.ts';
import type { ChildSaView } from '../../ike/common/view.ts';
import type { TrafficSelector } from '../../sa/traffic-selector.ts';
import { GatewayService } from '../gateway-service.ts';

export const SILENCE: Reason = { code: 'no-response', text: 'no answer' };
export const GONE: Reason = { code: 'peer-closed', text: 'the peer has closed the tunnel' };

/** A core that does nothing but note its commands; the test plays its events. */
class ScriptedCore {
  readonly commands: CoreCommand[] = [];
  /** It has nothing to start with: an attempt fails before there is an IKE SA. */
  stillborn = false;
  #ikeSa = 0;

  handle(input: Input): readonly Effect[] {
    if (input.kind !== 'command') return this.#next.splice(0);
    this.commands.push(input.command);
    if (input.command.kind !== 'initiate') return [];
    if (this.stillborn) return [emit(failed(++this.#ikeSa))];
    const remote = { address: '192.0.2.2', port: 500 };
    return [emit({ type: 'ike.initiated', tunnel: input.command.tunnel, ikeSa: ++this.#ikeSa, remote })];
  }

  readonly #next: Effect[] = [];

  say(...events: readonly GatewayEvent[]): void {
    this.#next.push(...events.map(emit));
  }

  views() {
    return [];
  }

  readonly #children: ChildSaView[] = [];

  /** A Child SA of this pair is there. */
  up(local: TrafficSelector, remote: TrafficSelector, id: string): void {
    const key = { protocol: 'esp', destination: '192.0.2.1', spi: 1 } as const;
    this.#children.push({
      id,
      tunnel: 't',
      ikeSa: 1,
      state: 'installed',
      sends: true,
      protocol: 'esp',
      mode: 'tunnel',
      encap: false,
      reqid: 1,
      suite: { protocol: 'esp' },
      inbound: key,
      outbound: key,
      localSelectors: [local],
      remoteSelectors: [remote],
    });
  }

  /** It is gone. */
  down(id: string): void {
    const index = this.#children.findIndex((child) => child.id === id);
    this.#children.splice(index, 1);
  }

  children() {
    return this.#children;
  }

  /** Those of peers of tunnels for many. */
  readonly peers: TunnelPolicy[] = [];

  instances() {
    return this.peers;
  }

  instance(name: string) {
    return this.peers.find((policy) => policy.name === name);
  }

  count(kind: CoreCommand['kind']): number {
    return this.commands.filter((command) => command.kind === kind).length;
  }
}

function emit(event: GatewayEvent): Effect {
  return { kind: 'emit', event };
}

export function tunnel(changes: Partial<TunnelPolicy> = {}): TunnelPolicy {
  return {
    name: 't',
    gateway: 'gw',
    peer: 'p',
    version: 2,
    mode: 'main',
    mobike: true,
    local: { address: '192.0.2.1', identity: { type: 'ipv4', address: '192.0.2.1' }, selectors: [] },
    remote: { address: { kind: 'address', address: '192.0.2.2' }, selectors: [] },
    psk: new Secret(utf8('secret')),
    ikeProposals: [],
    childProposals: [],
    childProtocol: 'esp',
    ikeLifetime: 86_400_000,
    reauthenticate: false,
    childless: false,
    childLifetime: 86_400_000,
    start: 'initiate',
    dpd: { delay: 8_000, timeout: 13_000, action: 'restart' },
    retry: { attempts: 3, interval: 12_000 },
    routes: true,
    blockClearText: true,
    ...changes,
  };
}

export function at(mono: number) {
  return { mono, wall: 1_800_000_000_000 + mono };
}

/** A service over a scripted core, with the clock and its own timers in hand. */
export function rig(policy: TunnelPolicy = tunnel(), enabled = true) {
  const core = new ScriptedCore();
  const service = new GatewayService(core, [{ policy, enabled }]);
  let timer: number | undefined;
  const apply = (effects: readonly Effect[]) => {
    for (const effect of effects) {
      if (effect.kind === 'timer.set') timer = effect.at;
      if (effect.kind === 'timer.clear') timer = undefined;
    }
    return effects;
  };
  return {
    core,
    service,
    apply,
    start: () => apply(service.start(at(0))),
    say: (mono: number, ...events: readonly GatewayEvent[]) => {
      core.say(...events);
      return apply(service.handle({ kind: 'timer', key: 'ike:0:none' }, at(mono)));
    },
    timerAt: () => timer,
    fire: () => {
      const due = timer ?? Number.NaN;
      timer = undefined;
      return apply(service.handle({ kind: 'timer', key: 'tunnel:t' }, at(due)));
    },
    /** The gateway of the tunnel has another address. */
    move: (mono: number) => {
      const command = { kind: 'local-address', gateway: 'gw', address: '192.0.2.7', others: [] } as const;
      return apply(service.handle({ kind: 'command', command }, at(mono)));
    },
    status: () => service.status('t', () => undefined),
  };
}

export const segment = (start: string) => ({ protocol: 0, startPort: 0, endPort: 65_535, start, end: start });
export const PACKET = { source: segment('10.1.0.1'), destination: segment('10.2.0.1') };
export const waiting: GatewayEvent = { type: 'traffic.waiting', tunnel: 't', ...PACKET };
export const failed = (ikeSa: number, stage: 1 | 2 = 1): GatewayEvent => ({
  type: 'ike.failed',
  tunnel: 't',
  ikeSa,
  stage,
  reason: SILENCE,
});
export const installed = (child = 't#1'): GatewayEvent => ({ type: 'child.installed', tunnel: 't', ikeSa: 1, child });
export const deleted = (child = 't#1', reason = GONE): GatewayEvent => ({
  type: 'child.deleted',
  tunnel: 't',
  ikeSa: 1,
  child,
  reason,
});
