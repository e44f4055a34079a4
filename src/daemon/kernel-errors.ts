import { readFileSync } from 'node:fs';

/**
 * The packets that could not be handled and may have been for a tunnel, by the kernel's names: those of the data plane,
 * and what the kernel dropped before they came to it.
 */
export function packetErrors(dataPlane: { errors(): ReadonlyMap<string, number> }, netstat?: string) {
  const reversePath = readReversePathDrops(netstat);
  const errors = new Map(dataPlane.errors());
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
