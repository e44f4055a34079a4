/** A Child SA as the gateway itself reports it; SPIs in lower-case hexadecimal of eight digits. */
export type ReportedChild = { readonly spiIn: string; readonly spiOut: string };

/** What the steps need of a gateway, whichever daemon it is. */
export interface RunningGateway {
  /** Ends the daemon in the ordinary way; throws unless it ends in time and well. */
  stop(): Promise<void>;
  /** Ends the daemon however it can be ended; never throws. */
  kill(): Promise<void>;
  /** Each returns what went wrong, or nothing. */
  up(): Promise<string | undefined>;
  down(): Promise<string | undefined>;
  /** Nothing when the tunnel is up, else what the daemon says instead. */
  notConnected(): Promise<string | undefined>;
  children(): Promise<readonly ReportedChild[]>;
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
