import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CarriedChild, Place, ReportedChild, ReportedIke, RunningGateway } from './gateway.ts';
import type { SaKind, SwanctlData } from './scenario.ts';
import { renderSection } from './strongswan-config.ts';
import { parseListSas, type StrongswanChildSa, type StrongswanIkeSa } from './strongswan-sas.ts';
import { SwanctlClient } from './swanctl-client.ts';
import type { ViciDaemon } from './vici-daemon.ts';

export type SwanctlGatewayOptions = {
  readonly daemon: ViciDaemon;
  readonly data: SwanctlData;
  readonly place: Place;
  /** In the place of what `data` renders to. */
  readonly text?: string;
};

/** A gateway that is loaded, driven and asked by swanctl alone. */
export class SwanctlGateway implements RunningGateway {
  readonly daemon: ViciDaemon;
  readonly swanctl: SwanctlClient;
  readonly #data: SwanctlData;
  readonly #file: string;

  constructor({ daemon, data, place, text }: SwanctlGatewayOptions) {
    this.daemon = daemon;
    this.#data = data;
    this.swanctl = new SwanctlClient(place, daemon.socket);
    this.#file = join(place.directory, 'swanctl.conf');
    writeFileSync(this.#file, text ?? renderSection(data.swanctl), { mode: 0o600 });
  }

  /** Loads what is in its file; a second time changes nothing. */
  async load(): Promise<void> {
    const loaded = await this.swanctl.ask('--load-all', '--noprompt', '--file', this.#file);
    if (loaded.status !== 0) throw new Error(`swanctl --load-all: ${loaded.stderr.trim() || loaded.stdout.trim()}`);
  }

  stop(): Promise<void> {
    return this.daemon.stop();
  }

  kill(): Promise<void> {
    return this.daemon.kill();
  }

  up(): Promise<string | undefined> {
    return this.#eachChild('--initiate', '--timeout', '30');
  }

  down(): Promise<string | undefined> {
    return this.swanctl.demand('--terminate', '--ike', this.#connection, '--timeout', '30');
  }

  async rekey(what: SaKind): Promise<string | undefined> {
    return what === 'children' ? this.#eachChild('--rekey') : this.swanctl.demand('--rekey', '--ike', this.#connection);
  }

  async deleteChildren(only?: string): Promise<string | undefined> {
    if (only === undefined) return this.#eachChild('--terminate', '--timeout', '30');
    return this.swanctl.demand('--terminate', '--child', only, '--timeout', '30');
  }

  async notConnected(): Promise<string | undefined> {
    const up = new Set((await this.#carrying()).map(({ name }) => name));
    const missing = this.#data.children.filter((name) => !up.has(name));
    return missing.length === 0 ? undefined : `swanctl --list-sas has no Child SA ${missing.join(', ')}`;
  }

  async children(): Promise<readonly ReportedChild[]> {
    return (await this.#carrying()).map(({ spiIn, spiOut }) => ({ spiIn, spiOut }));
  }

  async carried(): Promise<readonly CarriedChild[]> {
    return (await this.#listSas()).flatMap(({ children }) => children);
  }

  async ikeSas(): Promise<readonly ReportedIke[]> {
    const established = (await this.#listSas()).filter(({ state }) => state === 'ESTABLISHED');
    return established.map(({ initiatorSpi, responderSpi }) => ({ initiatorSpi, responderSpi }));
  }

  async count(of: SaKind): Promise<number> {
    const ikeSas = await this.#listSas();
    return of === 'ike' ? ikeSas.length : ikeSas.flatMap(({ children }) => children).length;
  }

  get pid(): number {
    return this.daemon.pid;
  }

  log(): string {
    return this.daemon.log();
  }

  async describe(): Promise<string> {
    return (await this.swanctl.ask('--list-sas')).stdout;
  }

  get #connection(): string {
    const [connection = ''] = Object.keys(this.#data.swanctl.connections ?? {});
    return connection;
  }

  /** One after the other; returns the first failure. */
  async #eachChild(command: string, ...more: readonly string[]): Promise<string | undefined> {
    for (const child of this.#data.children) {
      const failed = await this.swanctl.demand(command, '--child', child, ...more);
      if (failed !== undefined) return failed;
    }
    return undefined;
  }

  async #carrying(): Promise<StrongswanChildSa[]> {
    const children = (await this.#listSas()).flatMap((ikeSa) => ikeSa.children);
    return children.filter(({ state }) => state === 'INSTALLED');
  }

  async #listSas(): Promise<StrongswanIkeSa[]> {
    return parseListSas((await this.swanctl.ask('--list-sas', '--raw')).stdout);
  }
}
