import { setTimeout as pause } from 'node:timers/promises';
import type { Entropy } from '../base/entropy.ts';
import { addressFamily, type Endpoint } from '../base/net.ts';
import type { Secret } from '../base/secret.ts';
import { SECOND } from '../base/time.ts';
import type { Configuration } from '../config/configuration.ts';
import type { TunnelChange } from '../config/diff.ts';
import { hooksOf } from '../config/hooks.ts';
import { shuntPolicies } from '../config/shunts.ts';
import { EventHistory } from '../control/event-history.ts';
import type { VersionReport } from '../control/protocol.ts';
import type { CoreCommand, Input } from '../ike/common/input.ts';
import type { ChildSaView } from '../ike/common/view.ts';
import { IkeCore } from '../ike/core.ts';
import type { Datagram } from '../native/udp-socket.ts';
import type { Log } from '../observe/log.ts';
import type { CapturedDatagram } from '../observe/pcap.ts';
import type { DataPlaneReply, DataPlaneRequest } from '../sa/data-plane.ts';
import type { Capabilities } from '../sa/proposal.ts';
import { type Asked, GatewayService } from '../tunnel/gateway-service.ts';
import { standingOf } from '../tunnel/reachability.ts';
import { daemonActuators, performSafely } from './actuators.ts';
import { startAudits } from './audits.ts';
import { BugReporter } from './bug-reporter.ts';
import { systemNow } from './clock.ts';
import { ClockWatch } from './clock-watch.ts';
import { ConfigurationControl } from './configuration-control.ts';
import { ConfigurationInForce, type Followers } from './configuration-in-force.ts';
import type { ConfigurationStore } from './configuration-store.ts';
import { readCounters } from './counters.ts';
import type { DataPlane } from './data-plane.ts';
import { askForDiagnosis } from './diagnosis-questions.ts';
import { EffectRunner } from './effect-runner.ts';
import { EventPublisher } from './event-publisher.ts';
import { readForwarding } from './forwarding.ts';
import { DaemonApi } from './gateway-api.ts';
import { Hooks } from './hooks/hooks.ts';
import type { IkeSocketsOptions } from './ike-sockets.ts';
import { IkeSockets } from './ike-sockets.ts';
import { JobPool } from './job-pool.ts';
import { KernelErrorWatch } from './kernel-error-watch.ts';
import { packetErrors } from './kernel-errors.ts';
import { liveTunnel, liveTunnels } from './live-tunnels.ts';
import { type AddressSource, LocalAddresses } from './local-addresses.ts';
import { daemonMetrics } from './metrics.ts';
import { Observations } from './observations.ts';
import { PacketTap } from './packet-tap.ts';
import { Resolver } from './resolver.ts';
import { Timers } from './timers.ts';
import { type Loaded, lackOf } from './vici/loaded.ts';
import { openLoaded } from './vici/open-loaded.ts';
import { viciApi } from './vici/parts.ts';
import type { DaemonViciApi } from './vici/vici-api.ts';

export type DaemonOptions = IkeSocketsOptions & {
  readonly configuration: Configuration;
  /** The files behind it; without them it cannot be changed. */
  readonly store?: ConfigurationStore;
  readonly capabilities: Capabilities;
  readonly dataPlane: DataPlane;
  /** Where gateways may have several addresses. */
  readonly addresses: AddressSource;
  readonly entropy: Entropy;
  /** The same at every start; without it peers are not told of a crash (RFC 6290). */
  readonly crashSecret?: Secret;
  readonly log: Pick<Log, 'write' | 'event' | 'writes'>;
  readonly version: VersionReport;
};

/** The gateway at work: core and service, with sockets, timers, kernel and worker threads around them. */
export class Daemon {
  readonly api: DaemonApi;
  readonly vici: DaemonViciApi;
  readonly #log: Pick<Log, 'write' | 'event' | 'writes'>;
  readonly #dataPlane: DataPlane;
  readonly #core: IkeCore;
  readonly #service: GatewayService;
  readonly #runner: EffectRunner;
  readonly #sockets: IkeSockets;
  readonly #jobs: JobPool;
  readonly #timers: Timers;
  readonly #addresses: LocalAddresses;
  readonly #kernelErrors: KernelErrorWatch;
  readonly #clock = new ClockWatch(systemNow);
  readonly #observations: Observations;
  readonly #hooks: Hooks;
  readonly #packets = new PacketTap();
  readonly loaded: Loaded;
  readonly #inForce: ConfigurationInForce;
  #endAudits: () => void = () => undefined;
  #stopping = false;

  /**
   * Opens the sockets; nothing is sent or read before `start`. The data plane belongs to the daemon from here on.
   * @throws NativeError where a socket cannot be had
   */
  constructor(options: DaemonOptions) {
    const { log, configuration } = options;
    this.#log = log;
    this.#inForce = new ConfigurationInForce(configuration, () => this.#followers());
    this.#dataPlane = options.dataPlane;
    this.#kernelErrors = new KernelErrorWatch(() => packetErrors(options.dataPlane));
    // The tunnels come with `start`: what the core has to do for them at first is an effect of that.
    this.#core = new IkeCore({
      entropy: options.entropy,
      capabilities: options.capabilities,
      tunnels: [],
      ...(options.crashSecret === undefined ? {} : { crashSecret: options.crashSecret }),
      recordMessages: true,
    });
    this.#observations = new Observations((tunnel, id) => this.#core.child(tunnel, id));
    this.#service = new GatewayService(this.#core, configuration.tunnels);
    this.#timers = new Timers({ now: () => systemNow().mono, fire: (key) => this.#input({ kind: 'timer', key }) });
    this.#jobs = new JobPool({
      onCrash: (error) => log.write('error', 'a worker thread ended', { event: 'bug', error }),
    });
    this.#hooks = this.#openHooks(options);
    const history = new EventHistory();
    const bugs = new BugReporter(log, () => systemNow().mono);
    const publisher = new EventPublisher({ log, history, directory: this.#directory() });
    this.#sockets = IkeSockets.open(options);
    this.#runner = new EffectRunner({
      machine: this.#service,
      now: systemNow,
      onBug: (during, error) => bugs.report(during, error),
      actuators: daemonActuators({
        sockets: { send: (from, to, datagram) => this.#send(from, to, datagram) },
        timers: this.#timers,
        dataPlane: { perform: (request) => this.#perform(request) },
        jobs: this.#jobs,
        resolver: new Resolver(),
        familyOf: (tunnel) => this.#familyOf(tunnel),
        publish: (event, now) => {
          this.#observations.see(event, now);
          publisher.publish(event, now);
          this.#hooks.onEvent(event);
          this.vici.see(event);
        },
        log,
        now: () => systemNow().mono,
      }),
    });
    this.#addresses = this.#watchAddresses(options);
    this.loaded = openLoaded({ ...options, inForce: this.#inForce });
    this.#dataPlane.onEvent((event) => this.#input({ kind: 'dataplane.event', event }));
    this.#dataPlane.onDatagram?.((datagram) => this.#onDatagram(datagram));
    this.api = this.#controlApi(options, history);
    this.vici = this.#viciApi(options.version, history);
  }

  /** Brings up what should be up. */
  start(): void {
    this.#addresses.look();
    this.#runner.call('start', (now) => this.#service.setShunts(shuntPolicies(this.#inForce.whole), now));
    this.#runner.call('start', (now) => this.#service.start(now));
    // A peer that has called meanwhile would not find its tunnel before.
    this.#sockets.listen((datagram) => this.#onDatagram(datagram));
    this.#kernelErrors.start();
    this.#clock.start();
    this.#endAudits = startAudits({
      dataPlane: this.#dataPlane,
      onEvent: (event) => this.#input({ kind: 'dataplane.event', event }),
      onRepair: (text) => this.#log.write('warn', text, { event: 'kernel.repaired' }),
      onBug: (error) => this.#log.write('error', 'the audit of the data plane failed', { event: 'bug', error }),
    });
  }

  /** Puts other files in force: only the tunnels that differ are touched, and none that was loaded over vici. */
  apply(files: Configuration): readonly TunnelChange[] {
    return this.#inForce.apply(files);
  }

  #followers(): Followers {
    return {
      service: this.#service,
      observations: this.#observations,
      hooks: this.#hooks,
      addresses: this.#addresses,
      complete: (files) => this.loaded.complete(files),
      liveNames: () => this.#live().map(({ name }) => name),
      command: (effects) => this.#runner.call('reconfigure', effects),
    };
  }

  /**
   * Deletes all SAs at the peers and here, then closes everything but the log. The peers have `patience`
   * milliseconds to confirm; `hurry` cuts that short.
   */
  async stop(hurry: Promise<unknown>, patience = 2 * SECOND): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#runner.call('stop', (now) => this.#service.stop(now));
    await this.#quiet(hurry, patience);
    await this.#hooks.stop(hurry, HOOK_PATIENCE);
    await this.close();
  }

  /** Closes everything but the log, without a word to any peer: for a daemon that has not started. */
  async close(): Promise<void> {
    this.#stopping = true;
    this.#endAudits();
    this.#kernelErrors.close();
    this.#clock.close();
    this.#timers.clearAll();
    this.#addresses.close();
    this.#sockets.close();
    this.#dataPlane.close();
    await this.#jobs.close();
  }

  async #quiet(hurry: Promise<unknown>, patience: number): Promise<void> {
    const deadline = systemNow().mono + patience;
    let hurried = false;
    void hurry.then(() => {
      hurried = true;
    });
    while (!this.#service.idle() && !hurried && systemNow().mono < deadline) await pause(POLL_INTERVAL);
    if (!this.#service.idle()) this.#log.write('warn', 'stopped before every peer had confirmed the deletion');
  }

  #onDatagram(datagram: Datagram): void {
    const { local, remote, bytes } = datagram;
    this.#packets.see({ from: remote, to: local, bytes }, () => systemNow().wall);
    this.#input({ kind: 'datagram', local, remote, bytes });
  }

  #send(from: Endpoint, to: Endpoint, bytes: Uint8Array): string | undefined {
    this.#packets.see({ from, to, bytes }, () => systemNow().wall);
    return this.#sockets.send(from, to, bytes);
  }

  /** The datagrams of a tunnel are those of the address that it is configured with, or that its IKE SAs have now. */
  #tap(name: string, listener: (datagram: CapturedDatagram) => void): () => void {
    return this.#packets.listen((datagram) => {
      const policy = this.#policyOf(name);
      const configured = policy?.remote.address.kind === 'address' ? [policy.remote.address.address] : [];
      const peers = [...configured, ...this.#core.views(name).map(({ remote }) => remote.address)];
      const { from, to } = datagram;
      if (peers.includes(from.address) || peers.includes(to.address)) listener(datagram);
    });
  }

  #controlApi({ version, store, entropy }: DaemonOptions, history: EventHistory): DaemonApi {
    return new DaemonApi({
      version,
      history,
      configuration: () => this.#inForce.whole,
      tunnels: () => this.#live(),
      tunnel: (name) => liveTunnel(this.#inForce.whole, name, this.#core.instance(name)),
      isConnected: (name) => this.#service.summary(name)?.connectionStatus === 'connected',
      statuses: (names) => this.#statuses(names),
      messageKeys: (name) => this.#core.messageKeys(name),
      tap: (name, listener) => this.#tap(name, listener),
      diagnose: (name, asked) => this.#diagnose(name, asked),
      ask: (name, wanted) => askForDiagnosis(this.#policyOf(name), wanted, entropy),
      exchanges: (name) => this.#observations.exchanges.of(name),
      metrics: () => this.#metrics(version),
      cannotStart: (name) => this.#cannotStart(name),
      changes: this.#changes(store, history),
      command: (name, effects) => this.#runner.call(name, (now) => effects(this.#service, now)),
    });
  }

  #viciApi(version: VersionReport, history: EventHistory): DaemonViciApi {
    return viciApi({
      version,
      history,
      live: this.#core,
      service: this.#service,
      jobs: this.#jobs,
      timers: this.#timers,
      configuration: () => this.#inForce.whole,
      countersOf: (children) => this.#countersOf(children),
      command: (name, effects) => this.#runner.call(name, effects),
      loading: this.loaded,
      cannotStart: (name) => this.#cannotStart(name),
      reload: () => this.api.replace(undefined, false),
    });
  }

  #changes(store: ConfigurationStore | undefined, history: EventHistory): ConfigurationControl {
    return new ConfigurationControl({
      store,
      inForce: () => this.#inForce.whole,
      complete: (files) => this.loaded.complete(files),
      conflictWith: (files) => this.loaded.conflictWith(files),
      apply: (configuration) => this.apply(configuration),
      tell: (text) => {
        const event = 'configuration.applied';
        this.#log.write('info', text, { event });
        history.publish({ time: new Date(systemNow().wall).toISOString(), level: 'info', event, text });
      },
    });
  }

  #cannotStart(name: string): string | undefined {
    if (this.#stopping) return 'the daemon is stopping';
    return lackOf(this.#inForce.whole, name) ?? this.#service.cannotStart(name);
  }

  /** What SAs have carried is counted on the way. */
  #perform(request: DataPlaneRequest): DataPlaneReply {
    return this.#observations.perform(request, (one) => {
      const reply = this.#dataPlane.perform(one);
      if (reply.kind === 'counters') this.vici.count(reply.counters);
      return reply;
    });
  }

  #input(input: Input): void {
    this.#runner.input(input);
  }

  #onAddress(command: Extract<CoreCommand, { readonly kind: 'local-address' }>): void {
    const { gateway, address } = command;
    this.#log.write('info', `gateway ${gateway} uses its address ${address}`, { event: 'address.chosen' });
    this.#input({ kind: 'command', command });
  }

  #directory() {
    return {
      names: (tunnel: string) => this.#service.summary(tunnel),
      ikeSa: (tunnel: string, id: number) => this.#core.views(tunnel).find((view) => view.id === id),
      child: (tunnel: string, id: string) => this.#core.child(tunnel, id),
    };
  }

  #watchAddresses({ addresses, log }: DaemonOptions): LocalAddresses {
    return new LocalAddresses({
      source: addresses,
      gateways: () => this.#inForce.whole.gateways,
      onChange: (command) => this.#onAddress(command),
      onNone: (gateway) =>
        log.write('warn', `this machine has none of the addresses of gateway ${gateway}`, { event: 'address.none' }),
      onAddresses: () => this.loaded.onAddresses(),
    });
  }

  #openHooks({ log, configuration, version }: DaemonOptions): Hooks {
    return new Hooks({
      hooks: hooksOf(configuration),
      look: (tunnel) => this.#hookView(tunnel),
      log,
      wall: () => systemNow().wall,
      run: Date.parse(version.startedAt).toString(36),
    });
  }

  #hookView(name: string) {
    const policy = this.#policyOf(name);
    const summary = this.#service.summary(name);
    if (policy === undefined || summary === undefined) return undefined;
    const { gateway, peer } = summary;
    const sas = { ikeSas: this.#core.views(name), children: this.#core.children(name) };
    return { names: { tunnel: name, gateway, peer }, standing: standingOf(policy, summary, sas) };
  }

  #statuses(names: readonly string[]) {
    const countersOf = this.#countersOf(names.flatMap((name) => this.#core.children(name)));
    return names.flatMap((name) => this.#service.status(name, countersOf) ?? []);
  }

  /** Of these alone: the data plane is not asked for thousands to tell of one tunnel. */
  #countersOf(children: readonly ChildSaView[]) {
    const edge = { dataPlane: { perform: (request: DataPlaneRequest) => this.#perform(request) }, log: this.#log };
    return readCounters(children, (request) => performSafely(edge, request));
  }

  #diagnose(name: string, asked: Asked | undefined) {
    const forwarding = readForwarding(this.#familyOf(name));
    const clockStep = this.#clock.stepped();
    return this.#service.diagnose(name, systemNow(), {
      countersOf: this.#countersOf(this.#core.children(name)),
      asked,
      host: {
        kernelErrors: this.#kernelErrors.moved(),
        ...(forwarding === undefined ? {} : { forwarding }),
        ...(clockStep === undefined ? {} : { clockStep }),
      },
    });
  }

  #metrics(version: VersionReport): string {
    const tunnels = this.#live();
    return daemonMetrics({
      version,
      tunnels,
      statuses: this.#statuses(tunnels.map(({ name }) => name)),
      childrenOf: (name) => this.#core.children(name),
      observations: this.#observations,
      errors: this.#dataPlane.errors(),
    });
  }

  #familyOf(name: string) {
    return addressFamily(this.#policyOf(name)?.local.address ?? '0.0.0.0');
  }

  #policyOf(name: string) {
    return this.#core.instance(name) ?? this.#service.policy(name);
  }

  #live() {
    return liveTunnels(this.#inForce.whole.tunnels, this.#core.instances());
  }
}

const POLL_INTERVAL = 20;
const HOOK_PATIENCE = 5 * SECOND;
