import { dirname } from 'node:path';
import { expandPattern } from './glob.ts';
import type { ConfigurationHost } from './host.ts';
import { fileErrorText } from './host.ts';
import type { ForeignOptions } from './import/foreign.ts';
import { readForeign } from './import/foreign.ts';
import { languageOf } from './import/language.ts';
import { plainValue, type TreeMap, TreeSource } from './import/value-tree.ts';
import type { LoadedFile } from './loaded-file.ts';
import type { Position, Problem } from './problem.ts';
import { errorAt } from './problem.ts';
import { EntryMemory, type KnownEntries, readEntries } from './read-entries.ts';
import { fileSchema } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import type { Source } from './source.ts';
import { parseSource } from './yaml-source.ts';

export type LoadedFiles = {
  /** The main file first, then what it includes, in order. */
  readonly files: readonly LoadedFile[];
  /** Every file that was read. */
  readonly names: readonly string[];
  readonly problems: readonly Problem[];
  /** What of them need not be read again where it is the same. */
  readonly entries: KnownEntries;
};

export type LoadOptions = {
  /** Where the keys are of a configuration that has them in a file of their own (ipsec.secrets). */
  readonly secrets?: string | undefined;
  /** What an earlier load has left. */
  readonly known?: KnownEntries | undefined;
};

/** Reads the main file and all that it includes, and checks each against the schema. */
export function loadFiles(path: string, host: ConfigurationHost, options: LoadOptions = {}): LoadedFiles {
  const origin: Position = { file: path, line: 1, column: 1 };
  const text = readText(path, host);
  if (typeof text !== 'string')
    return { files: [], names: [], problems: [errorAt(origin, text.failure)], entries: NOTHING_KNOWN };
  const language = languageOf(path, text);
  if (language !== 'yaml') return loadForeign(path, host, { language, ...options });
  const memory = new EntryMemory(options.known ?? NOTHING_KNOWN);
  const visit: Visit = { host, memory, seen: new Set(), files: [], problems: [] };
  readOne(path, origin, visit);
  return { ...visit, names: visit.files.map(({ source }) => source.file), entries: memory.now };
}

const NOTHING_KNOWN: KnownEntries = new Map();

/** A configuration of another daemon is one file of ours, whatever it includes. */
function loadForeign(path: string, host: ConfigurationHost, options: ForeignOptions): LoadedFiles {
  const { tree, files: names, problems } = readForeign(path, host, options);
  if (problems.some(({ severity }) => severity === 'error'))
    return { files: [], names, problems, entries: NOTHING_KNOWN };
  const read = readTree(path, tree);
  if ('raw' in read) return { files: [read], names, problems, entries: NOTHING_KNOWN };
  return { files: [], names, problems: [...problems, ...read.problems], entries: NOTHING_KNOWN };
}

/** What was made of another language as the file that it would have been. */
export function readTree(path: string, tree: TreeMap): LoadedFile | { readonly problems: readonly Problem[] } {
  const source = new TreeSource(path, tree);
  const value = plainValue(tree);
  const parsed = fileSchema.safeParse(value);
  return parsed.success ? { source, raw: parsed.data } : { problems: schemaProblems(parsed.error, source, value) };
}

/** More than any sane set-up has, and an end for a pattern that matches too much. */
const MAX_FILES = 1000;

type Visit = {
  readonly host: ConfigurationHost;
  readonly memory: EntryMemory;
  readonly seen: Set<string>;
  readonly files: LoadedFile[];
  readonly problems: Problem[];
};

/** `origin` is what asked for the file: the place to complain at where it cannot be had. */
function readOne(path: string, origin: Position, visit: Visit): void {
  const refusal = refuse(path, visit.seen);
  const text = refusal === undefined ? readText(path, visit.host) : { failure: refusal };
  if (typeof text !== 'string') {
    visit.problems.push(errorAt(origin, text.failure));
    return;
  }
  visit.seen.add(path);
  const read = readEntries(path, text, visit.memory);
  if (read === undefined) return readWhole(path, text, visit);
  for (const problem of read.problems) visit.problems.push(problem);
  if (read.problems.length === 0) visit.files.push(read);
  readIncluded(read.source, read.raw.include ?? [], visit);
}

function readWhole(path: string, text: string, visit: Visit): void {
  const { source, value, problems } = parseSource(path, text);
  for (const problem of problems) visit.problems.push(problem);
  if (problems.length > 0) return;
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) visit.files.push({ source, raw: parsed.data });
  else for (const problem of schemaProblems(parsed.error, source, value)) visit.problems.push(problem);
  readIncluded(source, includesOf(value), visit);
}

function readIncluded(source: Source, patterns: readonly string[], visit: Visit): void {
  for (const [index, pattern] of patterns.entries()) {
    const place = source.value(['include', index]);
    for (const included of expandPattern(pattern, dirname(source.file), visit.host)) readOne(included, place, visit);
  }
}

function refuse(path: string, seen: ReadonlySet<string>): string | undefined {
  if (seen.has(path)) return `${path} is included twice`;
  return seen.size >= MAX_FILES ? `more than ${MAX_FILES} files are included` : undefined;
}

function readText(path: string, host: ConfigurationHost): string | { readonly failure: string } {
  try {
    return host.readFile(path);
  } catch (error) {
    return { failure: `${path} cannot be read: ${fileErrorText(error)}` };
  }
}

/** Taken from the unchecked value, so that a mistake elsewhere in the file does not hide those in the next ones. */
function includesOf(value: unknown): string[] {
  const include = typeof value === 'object' && value !== null && 'include' in value ? value.include : [];
  return Array.isArray(include) ? include.filter((pattern) => typeof pattern === 'string' && pattern !== '') : [];
}
