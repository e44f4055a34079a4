import type { Configuration, Gateway, Peer } from './configuration.ts';
import type { Report } from './report.ts';
import type { RawTunnel } from './schema.ts';

/** A tunnel as written, with what it refers to. */
export type RuleSubject = {
  readonly raw: RawTunnel;
  readonly gateway: Gateway;
  readonly peer: Peer;
  readonly report: Report;
  /** Whether lifetimes are confined to 1 h .. 24 h. */
  readonly limitLifetimes: boolean;
  readonly dataplane: Configuration['dataplane'];
};
