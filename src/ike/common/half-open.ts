import { toHex } from '../../base/bytes.ts';
import type { IpAddress } from '../../base/net.ts';
import { addressBytes, addressFamily } from '../../base/net.ts';

/**
 * Responder IKE SAs that nobody has authenticated yet. They are what a flood can make us hold, so they are counted
 * as a whole and by source, and beyond the limits they cost the sender a round trip (RFC 7296 §2.6) or are refused
 * (RFC 8019 §4).
 */
export type HalfOpen = {
  readonly bySource: Map<string, number>;
  readonly sources: Map<number, string>;
};

/** RFC 8019 §6 names 3 to 5 half-open a source and about a hundred in all as signs of an attack. */
const COOKIES_FROM = { total: 32, source: 3 } as const;
const REFUSE_FROM = { total: 1000, source: 5 } as const;

/**
 * IKEv1 has no cookie to ask for, so that what it holds may come from anywhere. The other half of the places is for
 * those who bring one.
 */
export const LIMIT_WITHOUT_COOKIES = 500;

export type Admission = 'admit' | 'demand-cookie' | 'refuse';

export function newHalfOpen(): HalfOpen {
  return { bySource: new Map(), sources: new Map() };
}

/** Who asks for a new IKE SA; `limit` is how many there may be in all. */
export type Applicant = { readonly proven: boolean; readonly isKnown: () => boolean; readonly limit?: number };

/**
 * What to do with a request for a new IKE SA. `proven` says that a valid cookie came with it; `isKnown` that the source
 * is a configured peer, which may hold as many as it has tunnels once it has proven its address.
 */
export function admission(
  halfOpen: HalfOpen,
  source: IpAddress,
  { proven, isKnown, limit = REFUSE_FROM.total }: Applicant,
): Admission {
  const total = halfOpen.sources.size;
  const fromSource = halfOpen.bySource.get(sourceKey(source)) ?? 0;
  if (!proven && (total >= COOKIES_FROM.total || fromSource >= COOKIES_FROM.source)) return 'demand-cookie';
  if (total >= limit) return 'refuse';
  return fromSource >= REFUSE_FROM.source && !isKnown() ? 'refuse' : 'admit';
}

export function addHalfOpen(halfOpen: HalfOpen, ikeSa: number, source: IpAddress): void {
  const key = sourceKey(source);
  halfOpen.sources.set(ikeSa, key);
  halfOpen.bySource.set(key, (halfOpen.bySource.get(key) ?? 0) + 1);
}

/** Does nothing for an IKE SA that is not counted. */
export function removeHalfOpen(halfOpen: HalfOpen, ikeSa: number): void {
  const key = halfOpen.sources.get(ikeSa);
  if (key === undefined) return;
  halfOpen.sources.delete(ikeSa);
  const left = (halfOpen.bySource.get(key) ?? 1) - 1;
  if (left === 0) halfOpen.bySource.delete(key);
  else halfOpen.bySource.set(key, left);
}

/** RFC 8019 §4.2: an IPv6 host has a whole /64 to send from. */
function sourceKey(source: IpAddress): string {
  return addressFamily(source) === 4 ? source : toHex(addressBytes(source).subarray(0, 8));
}
