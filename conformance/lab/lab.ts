import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Capture } from './capture.ts';
import { carrierOf } from './carrier.ts';
import { CygnetGateway, startCygnet } from './cygnet-gateway.ts';
import type { Place, RunningGateway } from './gateway.ts';
import { networkOf } from './kernel-state.ts';
import type { Listener } from './listeners.ts';
import { LoadedGateway, startLoaded } from './loaded-gateway.ts';
import type { PingStream } from './ping-stream.ts';
import type { Carrier, Gateway, SaKind, Scenario, SideName, StrongswanSetup } from './scenario.ts';
import type { Outcome } from './shell.ts';
import { peersOfA, sidesOf, siteOf } from './sides.ts';
import { type ExportedFiles, startStrongswan } from './strongswan-gateway.ts';
import { SwanctlGateway } from './swanctl-gateway.ts';
import { buildTopology, clearTopology, moveGateway } from './topology.ts';

export type LabOptions = {
  readonly scenario: Scenario;
  /** Where cygnet is built. */
  readonly repository: string;
  /** An empty directory of this scenario's own, on a file system that takes sockets. */
  readonly directory: string;
};

/** File of a scenario's directory that `show` writes to. */
export const TRANSCRIPT = 'transcript.txt';

/** The formats that are the whole of a strongSwan's configuration. */
const EXPORTED_FORMATS = { swanctl: ['swanctl'], 'ipsec.conf': ['ipsec.conf', 'ipsec.secrets'] } as const;

/** One scenario's namespaces, gateways and capture, from the first to the last step. */
export class Lab {
  readonly scenario: Scenario;
  readonly #options: LabOptions;
  readonly #gateways = new Map<SideName, RunningGateway>();
  #capture: Capture | undefined;
  /** Where gateways are now that began elsewhere. */
  readonly #moved = new Map<SideName, string>();
  /** A side's routes, rules and links before a gateway ran there. */
  readonly networkBefore = new Map<SideName, readonly string[]>();
  /** What each gateway reported at `remember-spis`. */
  readonly rememberedSpis = new Map<SideName, { readonly [Kind in SaKind]: readonly string[] }>();
  /** How often the NAT in front of b has forgotten its mappings. */
  rebindings = 0;
  /** What came of each `ask` of swanctl: by side, then by its words. */
  readonly asked = new Map<SideName, Map<string, Outcome>>();
  /** swanctls that tell what happens, since `listen`. */
  listeners: readonly Listener[] = [];
  /** The pings that are under way. */
  pingStream: PingStream | undefined;

  constructor(options: LabOptions) {
    this.scenario = options.scenario;
    this.#options = options;
  }

  async open(): Promise<void> {
    await buildTopology(this.scenario.topology);
    this.#capture = new Capture(
      join(this.#options.directory, 'wire.pcap'),
      join(this.#options.directory, 'tcpdump.log'),
    );
    await this.#capture.ready();
    const { topology, start } = this.scenario;
    for (const side of sidesOf(topology)) this.networkBefore.set(side, await networkOf(side));
    for (const side of start ?? [...peersOfA(topology), 'a' as const]) await this.start(side);
  }

  /** The ordinary end, which is part of what is tested. */
  async finish(): Promise<void> {
    for (const side of [...this.#gateways.keys()]) await this.stop(side);
  }

  /** Whatever is left goes; never throws. */
  async close(): Promise<void> {
    await Promise.all([...this.#gateways.values()].map((gateway) => gateway.kill()));
    this.#gateways.clear();
    await this.pingStream?.stop();
    await Promise.all(this.listeners.map(({ process }) => process.kill()));
    await this.#capture?.stop();
    await clearTopology();
  }

  async start(side: SideName): Promise<void> {
    const directory = join(this.#options.directory, side);
    mkdirSync(directory, { recursive: true });
    const place = { namespace: side, directory };
    const setup = this.scenario[side];
    if (setup === undefined) throw new Error(`the scenario has no gateway on side ${side}`);
    this.#gateways.set(side, await this.#startGateway(setup, place));
  }

  async #startGateway(setup: Gateway, place: Place): Promise<RunningGateway> {
    const { repository } = this.#options;
    if ('cygnet' in setup) return startCygnet(setup.cygnet, place, repository);
    if ('loaded' in setup) return startLoaded(setup.loaded, place, repository);
    return startStrongswan(setup.strongswan, place, await this.#exportedFiles(setup.strongswan));
  }

  /** A strongSwan's files by their names, where Cygnet on side a writes them. */
  async #exportedFiles({ exported }: StrongswanSetup): Promise<ExportedFiles> {
    const files: Record<string, string> = {};
    for (const format of exported === undefined ? [] : EXPORTED_FORMATS[exported])
      files[format] = await this.cygnet('a').exported(format);
    return files;
  }

  async stop(side: SideName): Promise<void> {
    const gateway = this.gateway(side);
    this.#gateways.delete(side);
    try {
      await gateway.stop();
    } catch (error) {
      await gateway.kill();
      throw error;
    }
  }

  async kill(side: SideName): Promise<void> {
    await this.gateway(side).kill();
    this.#gateways.delete(side);
  }

  /** Gives a gateway's machine another outer address. */
  async move(side: SideName, to: string): Promise<void> {
    await moveGateway(side, this.addressOf(side), to);
    this.#moved.set(side, to);
  }

  /** Where a gateway is now. */
  addressOf(side: SideName): string {
    return this.#moved.get(side) ?? siteOf(this.scenario.topology, side).address;
  }

  /** What carries a side's packets, whether its gateway runs or not. */
  carrierOf(side: SideName): Carrier {
    const setup = this.scenario[side];
    return setup === undefined ? 'kernel' : carrierOf(setup);
  }

  record(text: string): void {
    appendFileSync(join(this.#options.directory, TRANSCRIPT), text);
  }

  gateway(side: SideName): RunningGateway {
    const gateway = this.#gateways.get(side);
    if (gateway === undefined) throw new Error(`the gateway of side ${side} does not run`);
    return gateway;
  }

  cygnet(side: SideName): CygnetGateway {
    const cygnet = cygnetOf(this.gateway(side));
    if (cygnet === undefined) throw new Error(`the gateway of side ${side} is not Cygnet`);
    return cygnet;
  }

  /** A gateway that swanctl drives, whichever daemon it is. */
  swanctl(side: SideName): SwanctlGateway {
    const gateway = this.gateway(side);
    if (!(gateway instanceof SwanctlGateway)) throw new Error(`the gateway of side ${side} has no use for swanctl`);
    return gateway;
  }

  /** Where cygnet is built, and the lab's own files are. */
  get repository(): string {
    return this.#options.repository;
  }

  /** The directory for files of the scenario's own. */
  get directory(): string {
    return this.#options.directory;
  }

  /** The Cygnet gateways that run. */
  cygnets(): [SideName, CygnetGateway][] {
    return [...this.#gateways].flatMap(([side, gateway]): [SideName, CygnetGateway][] => {
      const cygnet = cygnetOf(gateway);
      return cygnet === undefined ? [] : [[side, cygnet]];
    });
  }

  get running(): ReadonlyMap<SideName, RunningGateway> {
    return this.#gateways;
  }

  get capture(): Capture {
    if (this.#capture === undefined) throw new Error('nothing is captured');
    return this.#capture;
  }
}

function cygnetOf(gateway: RunningGateway): CygnetGateway | undefined {
  if (gateway instanceof LoadedGateway) return gateway.cygnet;
  return gateway instanceof CygnetGateway ? gateway : undefined;
}
