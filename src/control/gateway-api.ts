import type { ExchangedMessage, KeyLogReport } from './observing-shapes.ts';
import type { PlanReport } from './plan-shapes.ts';
import type {
  ControlEvent,
  Diagnosis,
  ExportReport,
  GatewayRow,
  PeerRow,
  ShuntRow,
  StatusReport,
  TunnelDetail,
  TunnelRow,
  VersionReport,
} from './protocol.ts';
import type { ListKind, ObjectKind } from './words.ts';

type Values = Readonly<Record<string, unknown>>;

/** One change of the configuration by its objects. */
export type ObjectChange =
  | { readonly change: 'create'; readonly kind: ObjectKind; readonly name: string; readonly set: Values }
  | {
      readonly change: 'edit';
      readonly kind: ObjectKind;
      readonly name: string;
      readonly set: Values;
      readonly unset: readonly string[];
    }
  | { readonly change: 'rename'; readonly kind: ObjectKind; readonly name: string; readonly to: string }
  | { readonly change: 'delete'; readonly kind: ObjectKind; readonly names: readonly string[] };

/** How the configuration changes. Each rejects with a ControlError, and then has changed nothing. */
export interface ConfigurationApi {
  /** With `dryRun` only tells what it would do. */
  change(change: ObjectChange, dryRun: boolean): Promise<PlanReport>;
  /** The main file with another text, or without one the files as they are on the disk. */
  replace(text: string | undefined, dryRun: boolean): Promise<PlanReport>;
}

/**
 * What the daemon lets be asked of it. Names that reach it are known: the server has checked them with `hasTunnel`. A method that cannot do what is asked rejects with a ControlError.
 */
export interface GatewayApi extends ConfigurationApi {
  version(): VersionReport;
  tunnelNames(): readonly string[];
  hasTunnel(name: string): boolean;
  /** All tunnels where no names are given; otherwise those, in that order. */
  status(names?: readonly string[]): Promise<StatusReport>;
  list(kind: 'tunnels'): Promise<readonly TunnelRow[]>;
  list(kind: 'gateways'): Promise<readonly GatewayRow[]>;
  list(kind: 'peers'): Promise<readonly PeerRow[]>;
  list(kind: 'shunts'): Promise<readonly ShuntRow[]>;
  list(kind: ListKind): Promise<readonly (TunnelRow | GatewayRow | PeerRow | ShuntRow)[]>;
  /** The configuration of the other end; the pre-shared key is hidden unless `reveal` is set. */
  export(name: string, options: { readonly format: string; readonly reveal: boolean }): Promise<ExportReport>;
  /** The pre-shared key is null unless `reveal` is set. */
  show(name: string, options: { readonly reveal: boolean }): Promise<TunnelDetail>;
  /** Why the tunnel is as it is. Where that leaves the IKE version open, and `ask` is set, the peer is asked. */
  diagnose(name: string, options: { readonly ask: boolean }): Promise<Diagnosis>;
  /**
   * Starts an attempt now. Resolves once the statuses reflect that: a failure left by an earlier attempt is no
   * longer shown. A tunnel that is connected stays as it is. A `conflict` where the tunnel cannot be started.
   */
  up(names: readonly string[]): Promise<void>;
  /** Deletes the SAs at both ends and leaves the tunnel down; resolves once that has begun. */
  down(names: readonly string[]): Promise<void>;
  /** `down`, then `up`; resolves once the old SAs no longer count as connected. */
  restart(names: readonly string[]): Promise<void>;
  /** Begins successors of the IKE SA or of all Child SAs; a `conflict` where there is none. */
  rekey(names: readonly string[], what: 'ike' | 'child'): Promise<void>;
  /** The last messages of a tunnel, oldest first. */
  exchanges(name: string): readonly ExchangedMessage[];
  /** Secret. */
  keyLog(name: string): KeyLogReport;
  /** A capture file, piece by piece as it comes. Returns the way to end it. */
  capture(name: string, onBytes: (bytes: Uint8Array) => void): () => void;
  /** OpenMetrics. */
  metrics(): string;
  events: EventSource;
}

export interface EventSource {
  /**
   * Calls the listener with what comes; with `after`, first with everything remembered since that id. Where part of
   * that is already forgotten, `onLost` is told how many. Returns the way to end it. The listener may not throw.
   */
  subscribe(subscription: EventSubscription): () => void;
}

export type EventSubscription = {
  readonly after?: number | undefined;
  readonly onEvent: (event: ControlEvent) => void;
  readonly onLost?: (count: number) => void;
};
