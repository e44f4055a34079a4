import { SECOND } from '../../base/time.ts';
import { parseDuration } from '../duration.ts';
import { pinned } from './foreign-tunnel.ts';
import type { Section } from './swanctl-sections.ts';
import type { Remarks, Written } from './written.ts';

/**
 * swanctl.conf tells when SAs are to be replaced, and how much later they end; ours tells when they end. Times in
 * seconds, as strongSwan counts them (swanctl.conf(5): rekey_time 4h and 1h, over_time and life_time a tenth more).
 */
export function ikeLifetime(
  connection: Section,
  remarks: Remarks,
): { readonly lifetime: Written; readonly reauthenticate: Written } & Rekeying {
  const { name } = connection;
  const reauth = timeOf(connection.get('reauth_time'), remarks);
  const given = timeOf(connection.get('rekey_time'), remarks);
  const rekey = given ?? (reauth === undefined || reauth.seconds === 0 ? { at: name, seconds: 4 * HOUR } : undefined);
  const [soft = { at: name, seconds: 0 }] = [rekey, reauth]
    .filter((time) => time !== undefined && time.seconds > 0)
    .toSorted((a, b) => (a?.seconds ?? 0) - (b?.seconds ?? 0));
  const longest = Math.max(rekey?.seconds ?? 0, reauth?.seconds ?? 0);
  const over = timeOf(connection.get('over_time'), remarks)?.seconds ?? tenth(longest);
  const reauthenticates = soft === reauth;
  if (soft.seconds === 0 && !remarks.strict)
    remarks.note(soft.at.position, 'rekey_time = 0 never replaces an IKE SA; here it is replaced within a day');
  return {
    lifetime: pinned(soft.at, soft.seconds === 0 ? longestLife(remarks) : `${soft.seconds + Math.max(over, 1)}s`),
    ...rekeyingOf(soft, timeOf(connection.get('rand_time'), remarks)?.seconds ?? over, remarks),
    reauthenticate: pinned(reauth?.at ?? name, String(reauthenticates)),
  };
}

/** In a file our own timing counts, so that it becomes the YAML that somebody would write. */
type Rekeying = { readonly rekey?: Written; readonly rekeySpread?: Written };

function rekeyingOf({ at, seconds }: Time, spread: number, { strict }: Remarks): Rekeying {
  if (!strict || seconds === 0) return {};
  const most = Math.min(Math.max(spread, 0), seconds - 1);
  return { rekey: pinned(at, `${seconds}s`), rekeySpread: pinned(at, `${most}s`) };
}

export type ChildLifetime = Rekeying & {
  readonly lifetime: Written;
  readonly lifetimeBytes: Written | undefined;
  readonly lifetimePackets: Written | undefined;
  readonly rekeyBytes: Written | undefined;
  readonly rekeyPackets: Written | undefined;
  readonly rekeyBytesSpread: Written | undefined;
  readonly rekeyPacketsSpread: Written | undefined;
};

export function childLifetime(child: Section, remarks: Remarks): ChildLifetime {
  const life = timeOf(child.get('life_time'), remarks);
  const rekey = timeOf(child.get('rekey_time'), remarks) ?? { at: child.name, seconds: HOUR };
  const end = life ?? { at: rekey.at, seconds: rekey.seconds + tenth(rekey.seconds) };
  if (end.seconds === 0 && !remarks.strict)
    remarks.note(end.at.position, 'rekey_time = 0 never replaces a Child SA; here it is replaced within a day');
  const spread = timeOf(child.get('rand_time'), remarks)?.seconds ?? end.seconds - rekey.seconds;
  return {
    lifetime: pinned(end.at, end.seconds === 0 ? longestLife(remarks) : `${end.seconds}s`),
    ...rekeyingOf(rekey, spread, remarks),
    // It ends with its life_time, and nothing follows by itself.
    ...(remarks.strict && rekey.seconds === 0 && end.seconds > 0 ? { rekey: pinned(rekey.at, 'off') } : {}),
    rekeyBytes: softUsageOf(child, 'bytes', remarks),
    rekeyPackets: softUsageOf(child, 'packets', remarks),
    rekeyBytesSpread: usageSpreadOf(child, 'bytes', remarks),
    rekeyPacketsSpread: usageSpreadOf(child, 'packets', remarks),
    lifetimeBytes: usageOf(child, 'bytes'),
    lifetimePackets: usageOf(child, 'packets'),
  };
}

const HOUR = 3600;

/** Without an end: in a file of ours a day, which its rules end with, else as long as anything can be. */
function longestLife({ strict }: Remarks): string {
  return strict ? '365d' : '24h';
}

function tenth(amount: number): number {
  return Math.floor(amount / 10);
}

type Time = { readonly at: Written; readonly seconds: number };

function timeOf(written: Written | undefined, remarks: Remarks): Time | undefined {
  if (written === undefined) return undefined;
  const duration = parseDuration(written.text);
  if (duration !== undefined) return { at: written, seconds: Math.floor(duration / SECOND) };
  remarks.refuse(written.position, 'is no time; write a number and s, m, h or d');
  return undefined;
}

function softUsageOf(child: Section, unit: 'bytes' | 'packets', { strict }: Remarks): Written | undefined {
  const rekey = child.get(`rekey_${unit}`);
  return !strict || rekey === undefined || rekey.text === '0' ? undefined : rekey;
}

/** As much as lies between the two numbers, where nothing is said (swanctl.conf(5), rand_bytes). */
function usageSpreadOf(child: Section, unit: 'bytes' | 'packets', remarks: Remarks): Written | undefined {
  const rekey = softUsageOf(child, unit, remarks);
  const [soft, hard] = [rekey, usageOf(child, unit)].map((written) => Number(written?.text));
  if (rekey === undefined || soft === undefined || hard === undefined || !(hard > soft)) return undefined;
  const written = child.get(`rand_${unit}`);
  if (written !== undefined && !/^\d{1,15}$/.test(written.text)) return written;
  const spread = Math.min(written === undefined ? hard - soft : Number(written.text), soft - 1);
  return spread === 0 ? undefined : pinned(written ?? rekey, String(spread));
}

/** 0, the default, is no limit. What is no number is said by whoever reads our configuration. */
function usageOf(child: Section, unit: 'bytes' | 'packets'): Written | undefined {
  const life = child.get(`life_${unit}`);
  if (life !== undefined) return life.text === '0' ? undefined : life;
  const rekey = child.get(`rekey_${unit}`);
  if (rekey === undefined || rekey.text === '0') return undefined;
  const amount = /^\d{1,15}$/.test(rekey.text) ? Number(rekey.text) : undefined;
  return amount === undefined ? rekey : pinned(rekey, String(amount + tenth(amount)));
}
