/** A daemon that serves vici, whichever it is: strongSwan's charon, or Cygnet beside its own socket. */
export interface ViciDaemon {
  readonly pid: number;
  /** Path of its vici socket. */
  readonly socket: string;
  /** Rejects once the daemon has ended instead of opening its socket. */
  ready(): Promise<void>;
  /** Ends it in the ordinary way; throws unless it ends in time and well. */
  stop(): Promise<void>;
  /** Ends it however it can be ended; never throws. */
  kill(): Promise<void>;
  log(): string;
}
