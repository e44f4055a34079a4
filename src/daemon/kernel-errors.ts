import { readFileSync } from 'node:fs';
import { readXfrmErrors } from '../xfrm/error-counters.ts';

/** What the kernel counts of packets that it could not handle, and that may have been for a tunnel, by its own names. */
export function readKernelErrors(paths: { readonly xfrm?: string; readonly netstat?: string } = {}) {
  const reversePath = readReversePathDrops(paths.netstat);
  const errors = new Map(readXfrmErrors(paths.xfrm));
  if (reversePath !== undefined) errors.set(REVERSE_PATH, reversePath);
  return errors;
}

/** What rp_filter has dropped. */
const REVERSE_PATH = 'IPReversePathFilter';

/** The counter stands in a line of numbers under a line of names, both of which begin with the same word. */
function readReversePathDrops(path = '/proc/net/netstat'): number | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const [names = [], counts = []] = text
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  const index = names.indexOf(REVERSE_PATH);
  return index < 0 ? undefined : Number(counts[index]);
}
