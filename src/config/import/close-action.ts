import { pinned } from './foreign-tunnel.ts';
import type { Remarks, Written } from './written.ts';

type End = { readonly start: Written; readonly anywhere: boolean };

/**
 * What follows where the peer closes the Child SA: nothing, by default. In a file of ours, a tunnel does what its start
 * says again unless something else is written. Where a trap was set, that outlives the Child SA.
 */
export function closeActionOf(
  written: Written | undefined,
  { start, anywhere }: End,
  remarks: Remarks,
): Written | undefined {
  if (anywhere || (written === undefined && !remarks.strict)) return undefined;
  const meant = MEANT.get(written?.text ?? 'none');
  const waits = /trap|route/.test(start.text);
  const action = meant === 'clear' && waits ? 'hold' : meant;
  return action === undefined || action === byStart(start) ? undefined : pinned(written ?? start, action);
}

function byStart({ text }: Written): string {
  if (text.includes('start')) return 'restart';
  return /trap|route/.test(text) ? 'hold' : 'clear';
}

const MEANT: ReadonlyMap<string, string> = new Map([
  ['none', 'clear'],
  ['clear', 'clear'],
  ['trap', 'hold'],
  ['hold', 'hold'],
  ['start', 'restart'],
  ['restart', 'restart'],
]);
