import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeededEntropy } from '../base/entropy.ts';
import { Secret } from '../base/secret.ts';
import { readCrashSecret } from './crash-secret.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cygnet-state-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const path = () => join(directory, 'crash-secret');

function bytesOf(result: ReturnType<typeof readCrashSecret>): Uint8Array {
  if (!(result instanceof Secret)) throw new Error(result.warning);
  return result.expose();
}

function warningOf(result: ReturnType<typeof readCrashSecret>): string {
  if (result instanceof Secret) throw new Error('a warning expected');
  return result.warning;
}

describe('the secret that survives a crash', () => {
  it('is made at the first start, for its owner only, and is the same at every other', () => {
    const first = bytesOf(readCrashSecret(directory, new SeededEntropy(1)));
    expect(first).toHaveLength(32);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(bytesOf(readCrashSecret(directory, new SeededEntropy(2)))).toEqual(first);
    expect(Uint8Array.from(readFileSync(path()))).toEqual(first);
    expect(readdirSync(directory)).toEqual(['crash-secret']);
  });

  it('is not there without its directory, which the warning names', () => {
    const missing = join(directory, 'missing');
    expect(warningOf(readCrashSecret(missing, new SeededEntropy(1)))).toMatch(
      /not be told of a crash.*missing cannot be used.*--state/,
    );
  });

  it('is not there where the directory is none', () => {
    writeFileSync(path(), 'x');
    expect(warningOf(readCrashSecret(path(), new SeededEntropy(1)))).toContain(path());
  });

  const DAMAGED: readonly (readonly [string, number])[] = [
    ['empty', 0],
    ['cut short', 31],
    ['too long', 33],
  ];

  it.each(DAMAGED)('is left alone where the file is %s', (_, length) => {
    writeFileSync(path(), new Uint8Array(length), { mode: 0o600 });
    expect(warningOf(readCrashSecret(directory, new SeededEntropy(1)))).toMatch(/damaged; remove it/);
    expect(statSync(path()).size).toBe(length);
  });

  it('is not used where others may have read it', () => {
    bytesOf(readCrashSecret(directory, new SeededEntropy(1)));
    chmodSync(path(), 0o640);
    expect(warningOf(readCrashSecret(directory, new SeededEntropy(1)))).toMatch(/others may read/);
  });

  it('is not looked for behind a link', () => {
    writeFileSync(join(directory, 'elsewhere'), new Uint8Array(32), { mode: 0o600 });
    symlinkSync('elsewhere', path());
    expect(warningOf(readCrashSecret(directory, new SeededEntropy(1)))).toContain(directory);
  });

  it('no warning quotes it', () => {
    const [one, two] = [0, 1].map((seed) => Buffer.from(new SeededEntropy(seed).bytes(32)).toString('hex'));
    writeFileSync(path(), `${one}${two}`, { mode: 0o600 });
    const text = warningOf(readCrashSecret(directory, new SeededEntropy(1)));
    for (const secret of [one, two]) expect(text).not.toContain(secret);
  });
});
