import { readFileSync } from 'node:fs';

/** Seconds of processor time that a process with all its threads has used so far. */
export function processTime(pid: number): number {
  return parseProcessTime(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

export function parseProcessTime(stat: string): number {
  // The name, in parentheses, may have blanks; user and system time are the 14th and 15th field of all.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** USER_HZ, which is the same on every architecture that Node runs on. */
const TICKS_A_SECOND = 100;
