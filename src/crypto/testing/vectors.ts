import { readFileSync } from 'node:fs';
import type { KeyExchangeKeyword } from '../algorithms.ts';
import { keyExchangeMethod } from '../algorithms.ts';
import { bytesToInteger, integerToBytes } from '../big-integer.ts';
import { privateKeyRule } from '../private-scalar.ts';

const VECTORS = new URL('../../../conformance/vectors/', import.meta.url);

export function readVectors(path: string): string {
  return readFileSync(new URL(path, VECTORS), 'utf8');
}

/** The cases of one of our own files of RFC examples. */
export function readCases<Case>(path: string): readonly Case[] {
  return (JSON.parse(readVectors(path)) as { cases: readonly Case[] }).cases;
}

export type WycheproofCase = { tcId: number; comment: string; result: 'valid' | 'acceptable' | 'invalid' };

/** Every case of a Wycheproof file, with the properties of its group. */
export function readWycheproof<Case, Group = unknown>(name: string): readonly (Case & Group & WycheproofCase)[] {
  type File = { testGroups: readonly (Group & { tests: readonly (Case & WycheproofCase)[] })[] };
  const { testGroups } = JSON.parse(readVectors(`wycheproof/${name}_test.json`)) as File;
  return testGroups.flatMap(({ tests, ...group }) =>
    tests.map((test) => ({ ...(group as unknown as Group), ...test })),
  );
}

/** The blocks of `NAME = value` lines of a NIST file; `section` holds the headings in brackets above the block. */
export function readNist(path: string): readonly { section: readonly string[]; values: ReadonlyMap<string, string> }[] {
  const cases: { section: readonly string[]; values: ReadonlyMap<string, string> }[] = [];
  let section: string[] = [];
  for (const block of readVectors(path).split(/\r?\n\s*\n/)) {
    const lines = block.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
    const headings = lines.filter((line) => line.startsWith('['));
    if (headings.length > 0) section = headings.map((line) => line.slice(1, -1));
    const values = new Map(
      lines.flatMap((line) => (line.includes(' = ') && !line.startsWith('[') ? [pair(line)] : [])),
    );
    if (values.size > 0) cases.push({ section, values });
  }
  return cases;
}

/** The entropy that makes a given scalar. Vectors tell scalars; the exponents of safe-prime groups are out of reach. */
export function privateKeyOf(method: KeyExchangeKeyword, scalar: Uint8Array): Uint8Array {
  if (keyExchangeMethod(method).kind === 'montgomery') return scalar;
  return integerToBytes(bytesToInteger(scalar) - 1n, privateKeyRule(method).bytes);
}

function pair(line: string): [string, string] {
  const [name = '', value = ''] = line.split(' = ');
  return [name, value];
}
