import { arch, machine, release, type } from 'node:os';
import type { Configuration, Shunt } from '../../config/configuration.ts';
import type { LoadedShunt } from '../../config/loaded/loaded-connection.ts';
import type { EventHistory } from '../../control/event-history.ts';
import type { VersionReport } from '../../control/protocol.ts';
import type { ViciSection } from '../../control/vici/message.ts';
import type {
  Selection,
  SelectionByName,
  ViciApi,
  ViciConnection,
  ViciIkeSa,
  ViciNews,
  ViciPolicy,
  ViciStanding,
  ViciStats,
  ViciTunnel,
  ViciVersion,
} from '../../control/vici/vici-api.ts';
import type { ViciKey, ViciLoading } from '../../control/vici/vici-loading.ts';
import type { GatewayEvent } from '../../ike/common/event.ts';
import type { SingleCommand } from '../../ike/common/input.ts';
import type { Reason } from '../../ike/common/reason.ts';
import type { ChildSaView } from '../../ike/common/view.ts';
import type { SaCounters } from '../../sa/data-plane.ts';
import type { TunnelStatus } from '../../tunnel/status.ts';
import type { CounterLookup } from '../counters.ts';
import { tunnelNamed } from '../tunnel-named.ts';
import { algorithmKinds } from './algorithm-names.ts';
import { viciConnections, viciMode, viciRemoteSelectors } from './connections.ts';
import { ViciCounters } from './counters.ts';
import { type NamesOf, type Showing, uniqueIdOf, viciIkeSas } from './sas.ts';
import { selectedSas } from './selected-sas.ts';
import { viciSelector } from './selectors.ts';
import { tunnelsCalled, viciNames } from './vici-names.ts';
import { type LiveSas, ViciWatch } from './watch.ts';

/** What vici needs of the daemon. */
export interface ViciSubject {
  readonly version: VersionReport;
  readonly live: LiveSas;
  readonly history: EventHistory;
  /** Wall clock, milliseconds. */
  now(): number;
  configuration(): Configuration;
  countersOf(children: readonly ChildSaView[]): CounterLookup;
  summary(tunnel: string): Pick<TunnelStatus, 'connectionStatus' | 'reason'> | undefined;
  waitsForTraffic(tunnel: string): boolean;
  /** Why the tunnel cannot be started by us; undefined where it can. */
  cannotStart(tunnel: string): string | undefined;
  /** What is loaded beside the files. */
  readonly loading: ViciLoading & {
    connectionNames(): readonly string[];
    shunts(): readonly LoadedShunt[];
    setShunt(name: string, standing: boolean): void;
  };
  load(): { readonly workers: ViciStats['workers']; readonly timers: number };
  /** Where the attempt fails, others follow only for what the configuration wants up. */
  up(tunnel: string): void;
  actOnOne(command: SingleCommand): void;
  setTrap(tunnel: string, set: boolean): void;
  /** The files anew; rejects with an Error in plain words. */
  reload(): Promise<unknown>;
}

const ENDED: Reason = { code: 'terminated', text: 'the operator has ended it' };

/** vici's port, on the daemon. */
export class DaemonViciApi implements ViciApi {
  readonly #subject: ViciSubject;
  readonly #watch: ViciWatch;
  readonly #counters = new ViciCounters((tunnel) => this.#names(tunnel).connection);
  #silence: (() => void) | undefined;

  constructor(subject: ViciSubject) {
    this.#subject = subject;
    this.#watch = new ViciWatch(subject.live, this.#showing());
  }

  /** Sees every event, after the log. */
  see(event: GatewayEvent): void {
    this.#counters.add(event, event.type === 'ike.rekeyed' && this.#initiated(event.tunnel, event.successor));
    this.#watch.see(event);
  }

  /** Sees what the data plane says of SAs. */
  count(counters: readonly SaCounters[]): void {
    this.#watch.count(counters);
  }

  subscribe(listener: (news: ViciNews) => void, tunnels?: ReadonlySet<string>): () => void {
    // Not before: an event that nobody follows is not even put into words.
    this.#silence ??= this.#subject.history.subscribe({ onEvent: (event) => this.#watch.log(event) });
    const end = this.#watch.subscribe(listener, tunnels);
    return () => {
      end();
      if (this.#watch.isHeard) return;
      this.#silence?.();
      this.#silence = undefined;
    };
  }

  now(): number {
    return this.#subject.now();
  }

  version(): ViciVersion {
    const { version } = this.#subject.version;
    return { daemon: 'cygnet', version, sysname: type(), release: release(), machine: machine?.() ?? arch() };
  }

  stats(): ViciStats {
    const views = this.#subject.live.views();
    const { workers, timers } = this.#subject.load();
    const { heapTotal, heapUsed } = process.memoryUsage();
    return {
      startedAt: Date.parse(this.#subject.version.startedAt),
      workers,
      scheduled: timers,
      ikeSas: { total: views.length, halfOpen: views.filter(({ state }) => state === 'connecting').length },
      plugins: ['cygnet', this.#subject.version.dataPlane],
      memory: { total: heapTotal, used: heapUsed },
    };
  }

  connections(name?: string): readonly ViciConnection[] {
    const tunnels = tunnelsCalled(this.#subject.configuration(), { ike: name, child: undefined });
    const shunts = this.#subject.loading.shunts().filter(({ connection }) => (name ?? connection) === connection);
    return viciConnections(tunnels, this.#names, shunts);
  }

  loadedConnections(): readonly string[] {
    return this.#subject.loading.connectionNames();
  }

  ikeSas(selection?: Selection): readonly ViciIkeSa[] {
    const { live } = this.#subject;
    const { views, children } = selectedSas(live, this.#subject.configuration(), selection);
    return viciIkeSas(views, children, { ...this.#showing(), countersOf: this.#subject.countersOf(children) });
  }

  policies(): readonly ViciPolicy[] {
    const { tunnels, shunts } = this.#subject.configuration();
    const trapped = tunnels.filter(({ name }) => this.#subject.waitsForTraffic(name));
    const traps = trapped.map(
      ({ name, policy }): ViciPolicy => ({
        ...this.#names(name),
        kind: 'trap',
        mode: viciMode(policy),
        localTs: policy.local.selectors.map(viciSelector),
        remoteTs: viciRemoteSelectors(policy),
      }),
    );
    return [...traps, ...shunts.filter(({ policy }) => this.#canDo(policy)).map(shuntPolicy)];
  }

  algorithms(): readonly (readonly [kind: string, names: readonly string[]])[] {
    return algorithmKinds();
  }

  counters(connection?: string): ReadonlyMap<string, number> | undefined {
    if (connection !== undefined && this.tunnels({ ike: connection, child: undefined }).length === 0)
      this.#counters.reset(connection);
    return this.#counters.of(connection);
  }

  countedConnections(): readonly string[] {
    this.#counters.keepOnly(new Set(this.tunnels().map((tunnel) => tunnel.connection)));
    return this.#counters.connections();
  }

  resetCounters(connection?: string): void {
    this.#counters.reset(connection);
  }

  async reload(): Promise<string | undefined> {
    try {
      await this.#subject.reload();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  tunnels(selection: SelectionByName = { ike: undefined, child: undefined }): readonly ViciTunnel[] {
    // What answers IKEv1 beside one of these is never started.
    return tunnelsCalled(this.#subject.configuration(), selection).flatMap(({ name, policy }) =>
      policy.besideV2 ? [] : { name, ...this.#names(name) },
    );
  }

  shunts(): readonly ViciTunnel[] {
    return this.#subject.loading.shunts();
  }

  standing(tunnel: string): ViciStanding {
    const summary = this.#subject.summary(tunnel);
    if (summary?.connectionStatus === 'connected') return { kind: 'connected' };
    if (summary === undefined || summary.connectionStatus === 'disabled')
      return { kind: 'failed', why: 'the tunnel is down' };
    if (summary.reason !== null) return { kind: 'failed', why: summary.reason.text };
    return { kind: 'trying' };
  }

  initiate(tunnel: string): string | undefined {
    const why = this.#subject.cannotStart(tunnel);
    if (why === undefined) this.#subject.up(tunnel);
    return why;
  }

  endChild(tunnel: string, child: number): void {
    const id = this.#childId(tunnel, child);
    if (id !== undefined) this.#subject.actOnOne({ kind: 'end-child', tunnel, child: id, reason: ENDED });
  }

  endIke(ikeSa: number, atOnce: boolean): void {
    this.#subject.actOnOne({ kind: 'end-ike', ikeSa, atOnce, reason: ENDED });
  }

  rekeyChild(tunnel: string, child: number): void {
    const id = this.#childId(tunnel, child);
    if (id !== undefined) this.#subject.actOnOne({ kind: 'rekey-child', tunnel, child: id });
  }

  rekeyIke(ikeSa: number, anew: boolean): void {
    this.#subject.actOnOne({ kind: 'rekey-ike', ikeSa, anew });
  }

  setTrap(tunnel: string, set: boolean): string | undefined {
    if (!set && !this.#subject.waitsForTraffic(tunnel)) return `policy '${this.#names(tunnel).child}' not found`;
    const why = set ? this.#subject.cannotStart(tunnel) : undefined;
    if (why === undefined) this.#subject.setTrap(tunnel, set);
    return why;
  }

  setShunt(shunt: string, set: boolean): string | undefined {
    const found = this.#subject.loading.shunts().find(({ name }) => name === shunt);
    if (found === undefined || (!set && !found.standing)) return `policy '${found?.child ?? shunt}' not found`;
    if (set && !this.#canDo(found.policy))
      return `installing '${found.child}' failed: only the kernel's data plane lets packets pass as they are`;
    if (set !== found.standing) this.#subject.loading.setShunt(shunt, set);
    return undefined;
  }

  loadConnection(name: string, connection: ViciSection): string | undefined {
    return this.#subject.loading.loadConnection(name, connection);
  }

  unloadConnection(name: string): string | undefined {
    return this.#subject.loading.unloadConnection(name);
  }

  keyIds(): readonly string[] {
    return this.#subject.loading.keyIds();
  }

  loadKey(key: ViciKey): string | undefined {
    return this.#subject.loading.loadKey(key);
  }

  unloadKey(id: string): void {
    this.#subject.loading.unloadKey(id);
  }

  unloadKeys(): void {
    this.#subject.loading.unloadKeys();
  }

  readonly #names: NamesOf = (tunnel) => viciNames(this.#subject.configuration(), tunnel);

  #showing(): Omit<Showing, 'countersOf'> {
    const policyOf = (name: string) => tunnelNamed(this.#subject.configuration(), name)?.policy;
    const reauthenticates = (name: string) => policyOf(name)?.version === 2 && policyOf(name)?.reauthenticate === true;
    return { names: this.#names, reauthenticates };
  }

  /** The userspace data plane has no way to let packets out as they are. */
  #canDo({ action }: Shunt['policy']): boolean {
    return action !== 'bypass' || this.#subject.version.dataPlane !== 'userspace';
  }

  #childId(tunnel: string, uniqueId: number): string | undefined {
    return this.#subject.live.children(tunnel).find(({ id }) => uniqueIdOf(id) === uniqueId)?.id;
  }

  #initiated(tunnel: string | undefined, ikeSa: number): boolean {
    return this.#subject.live.views(tunnel).some(({ id, role }) => id === ikeSa && role === 'initiator');
  }
}

/** One that was loaded has the names of its connection and its child in its own. */
function shuntPolicy({ name, policy }: Shunt): ViciPolicy {
  const [connection = name, child = connection] = name.split('/');
  const kind = policy.action === 'bypass' ? 'pass' : 'drop';
  return {
    connection,
    child,
    kind,
    mode: kind.toUpperCase(),
    localTs: policy.localSelectors.map(viciSelector),
    remoteTs: policy.remoteSelectors.map(viciSelector),
  };
}
