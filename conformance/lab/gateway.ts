import type { SaKind } from './scenario.ts';

/** A Child SA as the gateway itself reports it; SPIs in lower-case hexadecimal of eight digits. */
export type ReportedChild = { readonly spiIn: string; readonly spiOut: string };

/** A Child SA in whatever state with what it has carried, of a daemon that carries packets itself. */
export type CarriedChild = ReportedChild & {
  readonly protocol: string;
  readonly packetsIn: number;
  readonly packetsOut: number;
};

/** An established IKE SA as the gateway reports it; SPIs in lower-case hexadecimal. */
export type ReportedIke = { readonly initiatorSpi: string; readonly responderSpi: string };

/** What the steps need of a gateway, whichever daemon it is. */
export interface RunningGateway {
  /** The daemon's process. */
  readonly pid: number;
  /** Ends the daemon in the ordinary way; throws unless it ends in time and well. */
  stop(): Promise<void>;
  /** Ends the daemon however it can be ended; never throws. */
  kill(): Promise<void>;
  /** Each returns what went wrong, or nothing. */
  up(): Promise<string | undefined>;
  down(): Promise<string | undefined>;
  rekey(what: SaKind): Promise<string | undefined>;
  /** Nothing when the tunnel is up, else what the daemon says instead. */
  notConnected(): Promise<string | undefined>;
  /** Those that carry traffic both ways, of all its tunnels. */
  children(): Promise<readonly ReportedChild[]>;
  /** All that it has, whatever carries their packets. */
  carried(): Promise<readonly CarriedChild[]>;
  ikeSas(): Promise<readonly ReportedIke[]>;
  /** How many it has in whatever state. */
  count(of: SaKind): Promise<number>;
  log(): string;
  /** For the logs of a failed scenario. */
  describe(): Promise<string>;
}

/** Where a gateway runs and keeps its files. */
export type Place = {
  /** Its network namespace. */
  readonly namespace: string;
  /** An existing directory for configuration, sockets and logs. */
  readonly directory: string;
};

export function normalSpi(hex: string): string {
  return hex.replace(/^0x/, '').toLowerCase().padStart(8, '0');
}
