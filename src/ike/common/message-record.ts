import { toHex } from '../../base/bytes.ts';
import { printable } from '../../base/printable.ts';
import { KEY_EXCHANGE } from '../../crypto/algorithms.ts';
import type { Identity } from '../../sa/identity.ts';
import { formatIdentity } from '../../sa/identity.ts';
import { identityFromWire } from './identity-wire.ts';

/**
 * A message as it can be shown: what it says, and of keys, nonces and proofs no more than their length. `payloads` are
 * in the message's order, each a short text such as `SA(aes128-sha1-modp1024)` or `N(TS_UNACCEPTABLE)`.
 */
export type MessageRecord = {
  /** `IKE_AUTH`, `QUICK_MODE`. */
  readonly exchange: string;
  readonly messageId: number;
  /** IKEv2 only: in IKEv1 nothing but its place tells a request from an answer. */
  readonly kind?: 'request' | 'response';
  readonly payloads: readonly string[];
};

/** What one message may take of the record, whatever it holds. */
const MAX_PAYLOADS = 60;
const MAX_TEXT = 200;
const MAX_LISTED = 8;

/** Cuts what a peer may have made long. */
export function recordPayloads<Payload>(
  payloads: readonly Payload[],
  describe: (payload: Payload) => string,
): readonly string[] {
  const shown = payloads.slice(0, MAX_PAYLOADS).map((payload) => printable(describe(payload), MAX_TEXT));
  const rest = payloads.length - shown.length;
  return rest === 0 ? shown : [...shown, `and ${rest} more`];
}

/** `SA(a, b)`; `SA` where there is nothing to say of it. */
export function withDetails(type: string, details: readonly string[]): string {
  if (details.length === 0) return type;
  const rest = details.length - MAX_LISTED;
  const listed = rest > 0 ? [...details.slice(0, MAX_LISTED), `${rest} more`] : details;
  return `${type}(${listed.join(', ')})`;
}

/** What must not be shown: how long it is. */
export function masked(data: Uint8Array): string {
  return `${data.length} bytes`;
}

/** The group of a key exchange by its keyword; both versions share the numbers. */
export function groupText(group: number): string {
  return GROUPS.get(group) ?? `group ${group}`;
}

const GROUPS: ReadonlyMap<number, string> = new Map(KEY_EXCHANGE.map(({ group, keyword }) => [group, keyword]));

export function protocolText(protocol: number): string {
  return PROTOCOLS[protocol] ?? `protocol ${protocol}`;
}

/** RFC 7296 §3.3.1, RFC 2407 §4.4.1. */
const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'IKE', 2: 'AH', 3: 'ESP', 4: 'IPCOMP' };

/** SPIs are no secret: they stand in every packet. */
export function spiText(protocol: number, spi: Uint8Array): string {
  return `${protocolText(protocol)} ${toHex(spi)}`;
}

/** An identity as its owner calls itself, or its type where the bytes do not fit that. */
export function identityText(idType: number, data: Uint8Array): string {
  let identity: Identity;
  try {
    identity = identityFromWire(idType, data);
  } catch {
    return `type ${idType}, ${masked(data)}`;
  }
  return formatIdentity(identity);
}
