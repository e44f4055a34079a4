import { countBy } from '../base/count-by.ts';
import type { Now } from '../base/time.ts';
import type { Configuration, Tunnel } from '../config/configuration.ts';
import { exportTunnel } from '../config/export/formats.ts';
import { locate } from '../config/positions.ts';
import { gatewaySummaries, peerSummaries, shuntSummaries } from '../config/summary.ts';
import { weakChoices } from '../config/weak-choices.ts';
import { ControlError, unknownTunnel } from '../control/control-error.ts';
import type { EventHistory } from '../control/event-history.ts';
import type { ConfigurationApi, GatewayApi, ObjectChange } from '../control/gateway-api.ts';
import type { KeyLogReport } from '../control/observing-shapes.ts';
import type { PlanReport } from '../control/plan-shapes.ts';
import type {
  Diagnosis,
  ExportReport,
  GatewayRow,
  PeerRow,
  ShuntRow,
  StatusReport,
  TunnelDetail,
  TunnelRow,
  VersionReport,
} from '../control/protocol.ts';
import type { ListKind } from '../control/words.ts';
import type { Effect } from '../ike/common/effect.ts';
import type { Renewed } from '../ike/common/input.ts';
import type { MessageKeys } from '../ike/common/message-keys.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { ExchangedMessage } from '../observe/exchange-record.ts';
import { keyLog } from '../observe/key-log.ts';
import { type CapturedDatagram, pcapHeader, pcapPacket } from '../observe/pcap.ts';
import type { Diagnosed } from '../tunnel/diagnosis/diagnose.ts';
import type { Asked } from '../tunnel/gateway-service.ts';
import type { TunnelStatus } from '../tunnel/status.ts';
import type { Wanted } from './diagnosis-questions.ts';
import { policyReport } from './policy-report.ts';

/** What the API needs of the daemon. */
export interface ApiSubject {
  readonly version: VersionReport;
  readonly history: EventHistory;
  /** The configuration in force. */
  configuration(): Configuration;
  /** Its tunnels, and those that peers of tunnels for many have now. */
  tunnels(): readonly Tunnel[];
  /** One of these. */
  tunnel(name: string): Tunnel | undefined;
  /** Whether it is connected, without a look at its SAs. */
  isConnected(name: string): boolean;
  /** In the order of the names, with fresh counters; names that do not exist are left out. */
  statuses(names: readonly string[]): readonly TunnelStatus[];
  /** Why the tunnel is as it is; undefined for one that does not exist. */
  diagnose(name: string, asked?: Asked): Diagnosed | undefined;
  /** What the peer itself answers to what a diagnosis wants to know. */
  ask(name: string, wanted: Wanted): Promise<Asked>;
  /** The last messages of a tunnel, oldest first. */
  exchanges(name: string): readonly ExchangedMessage[];
  /** Secret. */
  messageKeys(name: string): readonly MessageKeys[];
  /** Calls with each datagram of the tunnel. Returns the way to end it. */
  tap(name: string, listener: (datagram: CapturedDatagram) => void): () => void;
  /** OpenMetrics. */
  metrics(): string;
  /** Why the tunnel cannot be started by us; undefined where it can. */
  cannotStart(name: string): string | undefined;
  /** How the configuration changes. */
  readonly changes: ConfigurationApi;
  /** Runs a command of the gateway service; its effects have been performed when this returns. */
  command(name: string, effects: (service: TunnelCommands, now: Now) => readonly Effect[]): void;
}

export interface TunnelCommands {
  up(name: string, now: Now): readonly Effect[];
  down(name: string, now: Now): readonly Effect[];
  renew(name: string, what: Renewed, now: Now): readonly Effect[];
}

/** The control API's port, on the daemon. */
export class DaemonApi implements GatewayApi {
  readonly #subject: ApiSubject;

  constructor(subject: ApiSubject) {
    this.#subject = subject;
  }

  get events(): EventHistory {
    return this.#subject.history;
  }

  version(): VersionReport {
    return this.#subject.version;
  }

  tunnelNames(): readonly string[] {
    return this.#subject.tunnels().map(({ name }) => name);
  }

  hasTunnel(name: string): boolean {
    return this.#subject.tunnel(name) !== undefined;
  }

  async status(names?: readonly string[]): Promise<StatusReport> {
    return { tunnels: this.#subject.statuses(names ?? this.tunnelNames()) };
  }

  list(kind: 'tunnels'): Promise<readonly TunnelRow[]>;
  list(kind: 'gateways'): Promise<readonly GatewayRow[]>;
  list(kind: 'peers'): Promise<readonly PeerRow[]>;
  list(kind: 'shunts'): Promise<readonly ShuntRow[]>;
  list(kind: ListKind): Promise<readonly (TunnelRow | GatewayRow | PeerRow | ShuntRow)[]>;
  async list(kind: ListKind): Promise<readonly (TunnelRow | GatewayRow | PeerRow | ShuntRow)[]> {
    return this.#rows(kind);
  }

  async show(name: string, options: { readonly reveal: boolean }): Promise<TunnelDetail> {
    const tunnel = this.#tunnel(name);
    const [status] = this.#subject.statuses([name]);
    if (status === undefined) throw unknownTunnel(name, this.tunnelNames());
    return {
      status,
      policy: policyReport(tunnel.policy, options),
      weak: weakChoices(tunnel).map(({ text }) => text),
      events: this.#subject.history.recent(name, RECENT_EVENTS),
    };
  }

  async export(name: string, options: { readonly format: string; readonly reveal: boolean }): Promise<ExportReport> {
    const exported = exportTunnel(this.#tunnel(name), this.#subject.configuration(), options);
    if (typeof exported === 'string') throw new ControlError('bad-request', exported);
    return exported;
  }

  async diagnose(name: string, { ask }: { readonly ask: boolean }): Promise<Diagnosis> {
    const tunnel = this.#tunnel(name);
    const first = this.#subject.diagnose(name);
    const isToAsk = ask && first !== undefined && (first.wantsVersion || first.wantsSize);
    const diagnosed = isToAsk ? this.#subject.diagnose(name, await this.#subject.ask(name, first)) : first;
    if (diagnosed === undefined) throw unknownTunnel(name, this.tunnelNames());
    const { finding, keys } = diagnosed;
    const configuration = this.#subject.configuration();
    return { ...finding, configuration: keys.flatMap((ways) => locate(configuration, tunnel, ways) ?? []) };
  }

  exchanges(name: string): readonly ExchangedMessage[] {
    return this.#subject.exchanges(name);
  }

  keyLog(name: string): KeyLogReport {
    return keyLog(this.#subject.messageKeys(name));
  }

  capture(name: string, onBytes: (bytes: Uint8Array) => void): () => void {
    onBytes(pcapHeader());
    return this.#subject.tap(name, (datagram) => onBytes(pcapPacket(datagram)));
  }

  metrics(): string {
    return this.#subject.metrics();
  }

  async up(names: readonly string[]): Promise<void> {
    this.#requireStartable(names);
    for (const name of names) this.#subject.command('up', (service, now) => service.up(name, now));
  }

  async down(names: readonly string[]): Promise<void> {
    for (const name of names) this.#subject.command('down', (service, now) => service.down(name, now));
  }

  change(change: ObjectChange, dryRun: boolean): Promise<PlanReport> {
    return this.#subject.changes.change(change, dryRun);
  }

  replace(text: string | undefined, dryRun: boolean): Promise<PlanReport> {
    return this.#subject.changes.replace(text, dryRun);
  }

  async rekey(names: readonly string[], what: Renewed): Promise<void> {
    for (const { name, ike, children } of this.#subject.statuses(names)) {
      const isThere = what === 'child' ? children.length > 0 : ike?.state === 'established';
      if (!isThere)
        throw new ControlError(
          'conflict',
          `${name} has no ${what === 'ike' ? 'IKE' : 'Child'} SA that could be rekeyed`,
        );
    }
    for (const name of names) this.#subject.command('rekey', (service, now) => service.renew(name, what, now));
  }

  async restart(names: readonly string[]): Promise<void> {
    this.#requireStartable(names);
    await this.down(names);
    await this.up(names);
  }

  #rows(kind: ListKind): readonly (TunnelRow | GatewayRow | PeerRow | ShuntRow)[] {
    const configuration = this.#subject.configuration();
    const rows = {
      tunnels: () => {
        const tunnels = this.#subject.tunnels();
        const configured = new Map(tunnels.map((tunnel) => [tunnel.name, tunnel]));
        const statuses = this.#subject.statuses(tunnels.map(({ name }) => name));
        return statuses.map((status) => ({ ...status, ...remarksOf(configured.get(status.name)) }));
      },
      gateways: () => this.#withConnected(gatewaySummaries(configuration), ({ gateway }) => gateway),
      peers: () => this.#withConnected(peerSummaries(configuration), ({ peer }) => peer),
      shunts: () => shuntSummaries(configuration),
    };
    return rows[kind]();
  }

  /** How many of the tunnels of each row are connected. */
  #withConnected<Row extends { readonly name: string }>(
    rows: readonly Row[],
    ownerOf: (policy: TunnelPolicy) => string,
  ) {
    const connected = this.#subject.tunnels().filter(({ name }) => this.#subject.isConnected(name));
    const counts = countBy(connected, ({ policy }) => ownerOf(policy));
    return rows.map((row) => ({ ...row, connected: counts.get(row.name) ?? 0 }));
  }

  #tunnel(name: string): Tunnel {
    const tunnel = this.#subject.tunnel(name);
    if (tunnel === undefined) throw unknownTunnel(name, this.tunnelNames());
    return tunnel;
  }

  /** All are checked before anything is done to any. */
  #requireStartable(names: readonly string[]): void {
    for (const name of names) {
      const why = this.#subject.cannotStart(name);
      if (why !== undefined) throw new ControlError('conflict', why);
    }
  }
}

const RECENT_EVENTS = 20;

function remarksOf(tunnel: Tunnel | undefined): Pick<TunnelRow, 'labels' | 'remarks'> {
  return { labels: tunnel?.labels ?? {}, remarks: tunnel?.remarks ?? '' };
}
