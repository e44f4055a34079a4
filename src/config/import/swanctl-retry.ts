import { pinned } from './foreign-tunnel.ts';
import type { Section } from './swanctl-sections.ts';
import { mapOf, type TreeMap } from './value-tree.ts';
import type { Remarks } from './written.ts';

/**
 * `keyingtries` of a connection. A try of charon's is a message that it repeats for 165 seconds; ours are shorter, and
 * follow each other. So a number of tries is as much time, and 0 is for ever. So it is where nothing is written, though that
 * is one try with charon: nobody wants a gateway to stay down for a peer that was away when it started. In a file of ours
 * a number of attempts is shown as such, and Cygnet never gives up.
 */
export function retryOf(
  connection: Section,
  { keepsUp }: { readonly keepsUp: boolean },
  remarks: Remarks,
): TreeMap | undefined {
  const tries = connection.get('keyingtries');
  if (tries === undefined) return undefined;
  const count = /^\d{1,9}$/.test(tries.text) ? Number(tries.text) : undefined;
  if (count === undefined && remarks.strict) remarks.refuse(tries.position, 'is a number of tries; 0 is for ever');
  if (count === undefined || count === 0) return undefined;
  if (!remarks.strict) return count < 100 ? mapOf(tries.position, { attempts: tries }) : undefined;
  const seconds = Math.min(count * TRY_SECONDS, LONGEST_SECONDS);
  return keepsUp ? mapOf(tries.position, { giveUp: pinned(tries, `${seconds}s`) }) : undefined;
}

/** 4 seconds, and 1.8 times as long after each of five repetitions (strongswan.conf(5), retransmit_timeout). */
const TRY_SECONDS = 165;
const LONGEST_SECONDS = 7 * 24 * 3600;
