/** `error`: tunnels will not work, or packets leave in clear text. `hint`: worth a look where something is odd. */
export type Severity = 'error' | 'warning' | 'hint';

/** One thing about this machine that stands in the way of tunnels. Every text is one line and holds no secret. */
export type Finding = {
  /** Which check it is of: a word that stays the same. */
  readonly check: string;
  readonly severity: Severity;
  /** What was seen: `net.ipv4.ip_forward is 0`. */
  readonly seen: string;
  /** The file or the command in which it was seen. */
  readonly source: string;
  /** Why it matters. */
  readonly why: string;
  readonly tunnels: readonly string[];
  /** A command that mends it, or what to do where no command can; empty where that depends. */
  readonly fix: string;
};
