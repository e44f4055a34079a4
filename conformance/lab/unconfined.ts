import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's AppArmor profiles go by path and keep these programs from the lab's directories; a copy has none. */
export function unconfinedCopy(program: string, directory: string): string {
  const copy = join(directory, program.replace(/.*\//, ''));
  if (!existsSync(copy)) copyFileSync(program, copy);
  return copy;
}
