import { readFileSync } from 'node:fs';

/** Where the kernel tells what it counts in a network namespace. */
const FILES = { netstat: '/proc/net/netstat', snmp: '/proc/net/snmp', snmp6: '/proc/net/snmp6' } as const;

export type CounterFiles = Readonly<Record<keyof typeof FILES, string>>;

/**
 * The packets that could not be handled and may have been for a tunnel, by the kernel's names: those of the data plane,
 * and what the kernel dropped before they came to it. Names of the IP layer begin with `Ip` and count both versions.
 */
export function packetErrors(
  dataPlane: { errors(): ReadonlyMap<string, number> },
  files: CounterFiles = FILES,
): ReadonlyMap<string, number> {
  const snmp = textOf(files.snmp);
  const snmp6 = textOf(files.snmp6);
  const kernel: readonly (readonly [name: string, counts: readonly (number | undefined)[]])[] = [
    [REVERSE_PATH, [inTable(textOf(files.netstat), 'TcpExt:', REVERSE_PATH)]],
    ...FRAGMENTATION.map((name) => [`Ip${name}`, [inTable(snmp, 'Ip:', name), inList(snmp6, `Ip6${name}`)]] as const),
  ];
  const errors = new Map(dataPlane.errors());
  for (const [name, counts] of kernel) {
    const known = counts.filter((count) => count !== undefined);
    if (known.length > 0)
      errors.set(
        name,
        known.reduce((sum, count) => sum + count),
      );
  }
  return errors;
}

/** What rp_filter has dropped. */
const REVERSE_PATH = 'IPReversePathFilter';

/** Fragments whose packet was never whole, and packets that were too large and must not be fragmented (RFC 4293). */
const FRAGMENTATION = ['ReasmFails', 'FragFails'] as const;

/** Empty where the kernel has no such file. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The counter stands in a line of numbers under a line of names, both of which begin with the same word. */
function inTable(text: string, word: string, name: string): number | undefined {
  const [names = [], counts = []] = text
    .split('\n')
    .filter((line) => line.startsWith(word))
    .map((line) => line.split(' '));
  const index = names.indexOf(name);
  return index < 0 ? undefined : Number(counts[index]);
}

/** One counter a line, its name first. */
function inList(text: string, name: string): number | undefined {
  const count = new RegExp(`^${name}\\s+(\\d+)$`, 'm').exec(text)?.[1];
  return count === undefined ? undefined : Number(count);
}
