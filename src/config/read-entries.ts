import type { ZodError } from 'zod';
import { EntriesSource, lineFrom } from './entries-source.ts';
import { cutEntries, type EntryText, type EntryTexts, SECTIONS, type Section } from './entry-texts.ts';
import type { LoadedFile } from './loaded-file.ts';
import type { Problem } from './problem.ts';
import { ENTRY_SCHEMAS, fileSchema, type RawFile } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { parseSource, valueOfOnly, type YamlSource } from './yaml-source.ts';

/** What was made of each entry, by its text, for the next time that it is read. */
export type KnownEntries = ReadonlyMap<Section, ReadonlyMap<string, unknown>>;

/** What is known of entries: before, and from now on. */
export class EntryMemory {
  readonly #before: KnownEntries;
  readonly now = new Map<Section, Map<string, unknown>>(SECTIONS.map((section) => [section, new Map()]));

  constructor(before: KnownEntries) {
    this.#before = before;
  }

  recall({ section, text }: EntryText): unknown {
    return this.#before.get(section)?.get(text);
  }

  keep({ section, text }: EntryText, raw: unknown): void {
    this.now.get(section)?.set(text, raw);
  }
}

/** `problems` are those of its entries with the schema; where there are any, `raw` lacks these. */
export type EntriesRead = LoadedFile & { readonly problems: readonly Problem[] };

/**
 * Reads a file entry by entry, those that are known not again. Undefined where it cannot be read so, or where anything else
 * is wrong with it, which is to be told of the whole of it.
 */
export function readEntries(file: string, text: string, memory: EntryMemory): EntriesRead | undefined {
  const cut = cutEntries(text);
  const rest = cut === undefined ? undefined : readRest(file, cut);
  if (cut === undefined || rest === undefined) return undefined;
  const source = new EntriesSource(file, rest.source, cut.alone);
  const sections: Partial<Record<Section, Record<string, unknown>>> = {};
  const problems: Problem[] = [];
  for (const entry of cut.entries) {
    const known = memory.recall(entry);
    const read = known === undefined ? readEntry(file, entry, cut.alone) : { raw: known, source: undefined };
    if (read === undefined || !source.add(entry, read.source)) return undefined;
    if ('error' in read) {
      problems.push(...schemaProblems(read.error, source, read.value, [entry.section, entry.name]));
      continue;
    }
    const section = sections[entry.section] ?? {};
    section[entry.name] = read.raw;
    sections[entry.section] = section;
    memory.keep(entry, read.raw);
  }
  return { source, raw: { ...rest.raw, ...sections } as RawFile, problems };
}

function readRest(file: string, { sections, rest, restLines }: EntryTexts): LoadedFile | undefined {
  const { source, value, problems } = parseSource(file, rest, (line) => restLines[line - 1] ?? line);
  const parsed = problems.length > 0 ? undefined : fileSchema.safeParse(value);
  if (parsed?.success !== true) return undefined;
  const { data: raw } = parsed;
  // In a text over several lines there may be something that looks like a section.
  const areThere = sections.every(({ name, line }) => isEmpty(raw[name]) && source.key([name]).line === line);
  return areThere ? { source, raw } : undefined;
}

function isEmpty(section: object | undefined): boolean {
  return section !== undefined && Object.keys(section).length === 0;
}

type EntryRead = { readonly source: YamlSource } & (
  | { readonly raw: unknown }
  | { readonly error: ZodError; readonly value: unknown }
);

/** Undefined where its lines are no entry by themselves. */
function readEntry(file: string, entry: EntryText, alone: EntryTexts['alone']): EntryRead | undefined {
  const { section, name, line } = entry;
  // What is made of a part of a text keeps all of it in memory, and this is to outlive many texts.
  const text = structuredClone(alone(entry.text));
  // Of the entry alone: a thousand objects with a key of their own each, and V8 has no common shapes any more.
  const { source, value, problems } = parseSource(file, text, lineFrom(line), valueOfOnly(name));
  if (problems.length > 0 || value === undefined) return undefined;
  const parsed = ENTRY_SCHEMAS[section].safeParse(value);
  return parsed.success ? { source, raw: parsed.data } : { source, error: parsed.error, value };
}
