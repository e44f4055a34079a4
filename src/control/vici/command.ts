import type { ViciSection } from './message.ts';
import { section } from './section.ts';
import type { ViciApi } from './vici-api.ts';

/** One vici command, by the row of a table: its name on the wire is the row's. */
export type ViciCommand = {
  /** For the documentation. */
  readonly summary: string;
  /**
   * The reply. A refusal is a reply as well (`refused`); what it throws is a bug, and costs the client its connection.
   * One command of a connection runs at a time.
   */
  readonly run: (request: ViciSection, call: ViciCall) => ViciSection | Promise<ViciSection>;
};

/** What a running command has around it. */
export type ViciCall = {
  readonly api: ViciApi;
  /** Tells this client, if it has registered for the event; resolves once there is room for more. */
  readonly stream: (event: ViciEvent, message: ViciSection) => Promise<void>;
  /** The same without waiting, for what cannot wait: a client that does not read is cut off. */
  readonly tell: (event: ViciEvent, message: ViciSection) => void;
  /** Whether this client has registered for the event. */
  readonly wants: (event: ViciEvent) => boolean;
  /** Aborted where the client has gone. */
  readonly signal: AbortSignal;
};

/** What clients can register for. */
export const VICI_EVENTS = [
  'list-sa',
  'list-conn',
  'list-policy',
  'list-cert',
  'list-authority',
  'log',
  'control-log',
  'ike-updown',
  'ike-rekey',
  'ike-update',
  'child-updown',
  'child-rekey',
  'alert',
] as const;

export type ViciEvent = (typeof VICI_EVENTS)[number];

export const EMPTY: ViciSection = new Map();

/** The reply of a command that does something and tells no more than that. */
export const DONE: ViciSection = section({ success: 'yes' });

/** `why` is for the operator: one line, which is cut where it repeats names of any length. */
export function refused(why: string): ViciSection {
  return section({ success: 'no', errmsg: why.slice(0, MAX_WHY) });
}

const MAX_WHY = 4_096;
