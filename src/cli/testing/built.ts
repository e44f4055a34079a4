import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');

export const BIN = join(ROOT, 'bin', 'cygnet.js');

/** `npm ci` and `npm run build` make it; on the way of developing it may be missing or older than the sources. */
export function isBuilt(...folders: readonly string[]): boolean {
  const main = join(ROOT, 'dist', 'bundle', 'main.js');
  return existsSync(main) && statSync(main).mtimeMs >= Math.max(...folders.flatMap(changeTimes));
}

function changeTimes(folder: string): number[] {
  const entries = readdirSync(join(ROOT, 'src', folder), { recursive: true, encoding: 'utf8' });
  const sources = entries.filter((name) => name.endsWith('.ts') && !/\.test\.ts$|testing/.test(name));
  return sources.map((name) => statSync(join(ROOT, 'src', folder, name)).mtimeMs);
}
