import type { Endpoint } from '../../base/net.ts';
import type { ViciLoading } from './vici-loading.ts';

/**
 * What the vici commands ask of the daemon, in vici's words: a tunnel is a child of a connection, and all children of a
 * connection share its IKE SAs. Times are wall clock, milliseconds since 1970. No secrets.
 */
export interface ViciApi extends ViciReading, ViciActing, ViciLoading {
  /** Calls the listener with what happens from now on, of these tunnels at least. Returns the way to end it. */
  subscribe(listener: (news: ViciNews) => void, tunnels?: ReadonlySet<string>): () => void;
}

/** Which SAs a command means: by names of the configuration, or by the unique ids that `list-sas` shows. */
export type Selection = SelectionByName & {
  readonly ikeId: string | undefined;
  readonly childId: string | undefined;
};

export type SelectionByName = { readonly ike: string | undefined; readonly child: string | undefined };

export interface ViciReading {
  now(): number;
  version(): ViciVersion;
  stats(): ViciStats;
  /** All that the daemon has, in the order of the configuration; or the one of this name. */
  connections(name?: string): readonly ViciConnection[];
  /** The names of those that were loaded by vici. */
  loadedConnections(): readonly string[];
  /** With fresh counters. With a selection at least those that it means, and mostly no others. */
  ikeSas(selection?: Selection): readonly ViciIkeSa[];
  /** What stands in the data plane for children without a Child SA. */
  policies(): readonly ViciPolicy[];
  /** Names by kind, in the order of the tables. */
  algorithms(): readonly (readonly [kind: string, names: readonly string[]])[];
  /** Since the start or the last reset, by name; of all connections together, or of one. */
  counters(connection?: string): ReadonlyMap<string, number> | undefined;
  /** Those of which there are counters. */
  countedConnections(): readonly string[];
  resetCounters(connection?: string): void;
}

/** Names of tunnels, which stand for one child of one connection each. */
export interface ViciActing {
  /** The files of the configuration anew. Returns why that is not possible, in words. */
  reload(): Promise<string | undefined>;
  /** With a selection those that it means by names. */
  tunnels(selection?: SelectionByName): readonly ViciTunnel[];
  /** Children that only pass or drop packets, whether or not they do at the moment. */
  shunts(): readonly ViciTunnel[];
  standing(tunnel: string): ViciStanding;
  /**
   * Starts an attempt; where that fails, others follow only for what the configuration wants up. Returns why that is not
   * possible, in words.
   */
  initiate(tunnel: string): string | undefined;
  /** Deletes one Child SA at both ends; peer or traffic may make it again. SAs go by their unique ids. */
  endChild(tunnel: string, child: number): void;
  /** Deletes one IKE SA with its Child SAs; `atOnce`: without waiting for the peer's answer. */
  endIke(ikeSa: number, atOnce: boolean): void;
  /** Begins the successor of one Child SA. */
  rekeyChild(tunnel: string, child: number): void;
  /** Begins that of one IKE SA; `anew`: one that authenticates both ends again. */
  rekeyIke(ikeSa: number, anew: boolean): void;
  /** Whether it is to wait for traffic. Returns why that is not possible, in words. */
  setTrap(tunnel: string, set: boolean): string | undefined;
  /** Whether a shunt is to be in force. Returns why that is not possible, in words. */
  setShunt(shunt: string, set: boolean): string | undefined;
}

/** What a tunnel is called: `connection` and `child` are one where the configuration has only a tunnel. */
export type ViciNames = { readonly connection: string; readonly child: string };

export type ViciTunnel = ViciNames & { readonly name: string };

/** `failed`: the last attempt has, with the reason in words, whether or not there will be another. */
export type ViciStanding =
  | { readonly kind: 'connected' }
  | { readonly kind: 'trying' }
  | { readonly kind: 'failed'; readonly why: string };

export type ViciVersion = {
  readonly daemon: string;
  readonly version: string;
  readonly sysname: string;
  readonly release: string;
  readonly machine: string;
};

export type ViciStats = {
  readonly startedAt: number;
  readonly workers: { readonly total: number; readonly idle: number };
  /** Timers that are set. */
  readonly scheduled: number;
  readonly ikeSas: { readonly total: number; readonly halfOpen: number };
  readonly plugins: readonly string[];
  /** Bytes of the process. */
  readonly memory: { readonly total: number; readonly used: number };
};

export type ViciIkeSa = {
  readonly connection: string;
  readonly uniqueId: number;
  readonly version: 1 | 2;
  readonly state: 'CONNECTING' | 'ESTABLISHED' | 'REKEYING' | 'REKEYED' | 'DELETING';
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly localId: string | undefined;
  readonly remoteId: string | undefined;
  readonly initiator: boolean;
  /** Lower-case hexadecimal, 16 digits. */
  readonly initiatorSpi: string;
  readonly responderSpi: string;
  readonly nat: { readonly local: boolean; readonly remote: boolean; readonly faked: boolean };
  readonly algorithms: ViciAlgorithms | undefined;
  readonly establishedAt: number | undefined;
  readonly rekeyAt: number | undefined;
  readonly reauthAt: number | undefined;
  readonly ppk: boolean;
  /** In charon's words. */
  readonly tasks: ViciTasks;
  readonly children: readonly ViciChildSa[];
  /** Those that it serves. */
  readonly tunnels: readonly string[];
};

export type ViciTasks = {
  readonly queued: readonly string[];
  readonly active: readonly string[];
  readonly passive: readonly string[];
};

/** charon's names: AES_CBC, HMAC_SHA2_256_128, PRF_HMAC_SHA2_256, MODP_2048. */
export type ViciAlgorithms = {
  readonly encryption?: string;
  readonly keySize?: number;
  readonly integrity?: string;
  readonly prf?: string;
  readonly keyExchange?: string;
  readonly esn?: boolean;
};

export type ViciChildSa = {
  /** Of the configuration. */
  readonly name: string;
  readonly tunnel: string;
  readonly uniqueId: number;
  readonly reqid: number;
  readonly state: 'INSTALLING' | 'INSTALLED' | 'REKEYING' | 'REKEYED' | 'DELETING' | 'DELETED';
  readonly mode: 'TUNNEL' | 'TRANSPORT';
  readonly protocol: 'ESP' | 'AH';
  readonly encap: boolean;
  /** Lower-case hexadecimal, 8 digits. */
  readonly spiIn: string;
  readonly spiOut: string;
  readonly algorithms: ViciAlgorithms;
  readonly inbound: ViciUsage;
  readonly outbound: ViciUsage;
  readonly rekeyAt: number | undefined;
  readonly endsAt: number | undefined;
  readonly installedAt: number | undefined;
  readonly localTs: readonly string[];
  readonly remoteTs: readonly string[];
};

export type ViciUsage = {
  readonly bytes: number;
  readonly packets: number;
  readonly lastUsedAt: number | undefined;
};

export type ViciPolicy = ViciNames & {
  readonly kind: 'trap' | 'drop' | 'pass';
  readonly mode: string;
  readonly localTs: readonly string[];
  readonly remoteTs: readonly string[];
};

export type ViciConnection = {
  readonly name: string;
  readonly version: 1 | 2 | 'both';
  readonly localAddresses: readonly string[];
  readonly remoteAddresses: readonly string[];
  /** False: it has shunts alone, which need nobody's identity. */
  readonly authenticates: boolean;
  readonly localId: string | undefined;
  /** Absent: any. */
  readonly remoteId: string | undefined;
  /** Seconds; 0: not at all. */
  readonly rekeyTime: number;
  readonly reauthTime: number;
  readonly unique: string;
  readonly dpd: { readonly delay: number; readonly timeout: number };
  readonly ppk: { readonly id: string; readonly required: boolean } | undefined;
  readonly children: readonly ViciChildConfiguration[];
};

export type ViciChildConfiguration = {
  readonly name: string;
  readonly mode: 'TUNNEL' | 'TRANSPORT' | 'PASS' | 'DROP';
  /** Seconds, bytes, packets; 0: without end. */
  readonly rekeyTime: number;
  readonly rekeyBytes: number;
  readonly rekeyPackets: number;
  readonly dpdAction: string;
  readonly closeAction: string;
  readonly localTs: readonly string[];
  readonly remoteTs: readonly string[];
};

/** What happens, as vici tells it. An SA is as it was when it was last seen. */
export type ViciNews =
  | { readonly kind: 'ike-updown'; readonly up: boolean; readonly ike: ViciIkeSa }
  | { readonly kind: 'child-updown'; readonly up: boolean; readonly ike: ViciIkeSa; readonly child: ViciChildSa }
  | { readonly kind: 'ike-rekey'; readonly old: ViciIkeSa; readonly successor: ViciIkeSa }
  | {
      readonly kind: 'child-rekey';
      readonly ike: ViciIkeSa;
      readonly old: ViciChildSa;
      readonly successor: ViciChildSa;
    }
  /** Its addresses have changed: from those that it has now. */
  | { readonly kind: 'ike-update'; readonly ike: ViciIkeSa; readonly local: Endpoint; readonly remote: Endpoint }
  | { readonly kind: 'alert'; readonly type: string; readonly ike: ViciIkeSa | undefined }
  | ViciLogLine;

export type ViciLogLine = {
  readonly kind: 'log';
  /** Of charon's groups. */
  readonly group: string;
  /** 0: always, 1: what operators want to know, 2: for the curious. */
  readonly level: 0 | 1 | 2;
  readonly text: string;
  readonly tunnel: string | undefined;
  readonly ike: { readonly name: string; readonly uniqueId: number } | undefined;
};
