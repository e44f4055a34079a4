import type { EntryText, EntryTexts, Section } from './entry-texts.ts';
import type { Position } from './problem.ts';
import type { Source, ValuePath } from './source.ts';
import { YamlSource } from './yaml-source.ts';

type Part = { readonly entry: EntryText; source: YamlSource | undefined };

/** A file of which each entry is read by itself: what is asked about an entry is looked up in its lines. */
export class EntriesSource implements Source {
  readonly file: string;
  readonly #rest: Source;
  readonly #alone: EntryTexts['alone'];
  readonly #parts = new Map<string, Map<PropertyKey, Part>>();

  constructor(file: string, rest: Source, alone: EntryTexts['alone']) {
    this.file = file;
    this.#rest = rest;
    this.#alone = alone;
  }

  /** False where the section has one of this name. */
  add(entry: EntryText, source: YamlSource | undefined): boolean {
    const section = this.#parts.get(entry.section) ?? new Map<PropertyKey, Part>();
    this.#parts.set(entry.section, section);
    if (section.has(entry.name)) return false;
    section.set(entry.name, { entry, source });
    return true;
  }

  value(path: ValuePath): Position {
    const part = this.#partOf(path);
    return part === undefined ? this.#rest.value(path) : this.#read(part).value(path.slice(1));
  }

  key(path: ValuePath): Position {
    const part = this.#partOf(path);
    if (part === undefined) return this.#rest.key(path);
    const { line, column } = part.entry;
    return path.length === 2 ? { file: this.file, line, column } : this.#read(part).key(path.slice(1));
  }

  has(path: ValuePath): boolean {
    const part = this.#partOf(path);
    return part === undefined ? this.#rest.has(path) : path.length === 2 || this.#read(part).has(path.slice(1));
  }

  #partOf([section, name]: ValuePath): Part | undefined {
    return name === undefined ? undefined : this.#parts.get(section as Section)?.get(name);
  }

  #read(part: Part): YamlSource {
    const { text, line: first } = part.entry;
    part.source ??= new YamlSource(this.file, this.#alone(text), lineFrom(first));
    return part.source;
  }
}

/** Lines of a text of which the first one is `first` in the file. */
export function lineFrom(first: number): (line: number) => number {
  return (line) => line + first - 1;
}
