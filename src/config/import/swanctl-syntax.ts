import type { Position } from '../problem.ts';
import { unquote } from './ipsec-conf-syntax.ts';
import type { Remarks, Setting, Written } from './written.ts';

/** A section of a swanctl.conf as it stands: in the order of the file, references and includes not yet resolved. */
export type SwanctlSection = {
  readonly name: Written;
  /** Sections, by their full names with dots, whose settings this one takes over. */
  readonly references: readonly Written[];
  readonly parts: readonly SwanctlPart[];
};

export type SwanctlPart =
  | { readonly setting: Setting }
  | { readonly section: SwanctlSection }
  | { readonly include: Written };

/**
 * Reads the text of a swanctl.conf, by the grammar of strongswan.conf(5). The result is the section without a name that
 * holds all others. What does not fit the grammar is refused at its place, and nothing behind it is read.
 */
export function parseSwanctl(file: string, text: string, remarks: Remarks): SwanctlSection {
  const reader = new Reader(file, text);
  const root = newSection({ text: '', position: reader.position });
  const open: [OpenSection, ...OpenSection[]] = [root];
  try {
    while (readPart(reader, open));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    remarks.refuse(error.position, error.message);
  }
  return root;
}

type OpenSection = SwanctlSection & { readonly parts: SwanctlPart[] };

/** Deeper than any that means something; keeps hostile files off the stack of whoever walks the result. */
const MAX_DEPTH = 16;

class Refused extends Error {
  readonly position: Position;

  constructor(position: Position, sentence: string) {
    super(sentence);
    this.position = position;
  }
}

function newSection(name: Written, references: readonly Written[] = []): OpenSection {
  return { name, references, parts: [] };
}

/** False at the end of the text. */
function readPart(reader: Reader, open: [OpenSection, ...OpenSection[]]): boolean {
  const section = open.at(-1) ?? open[0];
  reader.skip(BLANK);
  const { position } = reader;
  if (reader.atEnd) {
    if (open.length > 1) throw new Refused(section.name.position, 'this section is never closed');
    return false;
  }
  if (reader.take(/}/y) !== undefined) {
    if (open.length === 1) throw new Refused(position, 'there is no section to close');
    open.pop();
    return true;
  }
  if (reader.take(/include[\t ]+(?=[^=\t ])/y) !== undefined) {
    section.parts.push({ include: readPattern(reader) });
    return true;
  }
  const name = reader.written(NAME);
  if (name === undefined) throw new Refused(position, 'a name of a section or setting is expected here');
  reader.skip(BLANK);
  if (reader.take(/=/y) !== undefined) section.parts.push({ setting: { key: name, value: readValue(reader) } });
  else openSection(reader, name, open);
  return true;
}

function openSection(reader: Reader, name: Written, open: [OpenSection, ...OpenSection[]]): void {
  const references = reader.take(/:/y) === undefined ? [] : readReferences(reader);
  reader.skip(BLANK);
  if (reader.take(/{/y) === undefined) throw new Refused(name.position, 'this name needs = or { behind it');
  if (open.length > MAX_DEPTH) throw new Refused(name.position, `sections are nested more than ${MAX_DEPTH} deep`);
  const section = newSection(name, references);
  (open.at(-1) ?? open[0]).parts.push({ section });
  open.push(section);
}

function readReferences(reader: Reader): Written[] {
  const references: Written[] = [];
  do {
    reader.skip(BLANK);
    const reference = reader.written(REFERENCE);
    if (reference === undefined) throw new Refused(reader.position, 'a section to refer to is missing');
    references.push(reference);
    reader.skip(BLANK);
  } while (reader.take(/,/y) !== undefined);
  return references;
}

/**
 * Words joined by one blank, to the end of the line, a comment or the section's end; or texts in quotes. A sign among them
 * means that a line break is missing: what follows may be a key, which must not become a part of what is quoted in errors.
 */
function readValue(reader: Reader): Written | undefined {
  reader.skip(/[\t\r ]+/y);
  const { position: start } = reader;
  // The place of a quoted text is behind the quote, so that what is found within it has its place too.
  const position = reader.at('"') ? { ...start, column: start.column + 1 } : start;
  const words: string[] = [];
  for (;;) {
    reader.skip(/[\t\r ]+/y);
    const at = reader.position;
    const quoted = readText(reader);
    const word = quoted ?? reader.take(/[^#}"\r\n\t ]+/y);
    if (word === undefined) break;
    if (quoted === undefined && (word === '=' || word === '{'))
      throw new Refused(at, `a line break is missing before this ${word}; or quote the value`);
    words.push(word);
  }
  return words.length === 0 ? undefined : { text: words.join(' '), position };
}

function readPattern(reader: Reader): Written {
  const { position } = reader;
  const text = readText(reader) ?? reader.take(/(?:[^"\\#}\r\n\t ]|\\.)+/y)?.replace(/\\(["#} ])/g, '$1');
  if (text === undefined) throw new Refused(position, 'include names no file');
  return { text, position };
}

/** A text in quotes; it goes over several lines only where each ends with a backslash, else its end is missing. */
function readText(reader: Reader): string | undefined {
  const { position } = reader;
  if (!reader.at('"')) return undefined;
  const raw = reader.take(/"(?:[^"\\]|\\[\s\S])*"/y);
  if (raw === undefined || /(^|[^\\\r])\r?\n/.test(raw)) throw new Refused(position, 'the closing quote is missing');
  return unquote(raw.replace(/\\\r?\n/g, '').replace(/\r/g, ''));
}

const BLANK = /(?:[\t\r\n ]|#[^\n]*)+/y;
const NAME = /[^#{}:.,="\r\n\t ]+/y;
const REFERENCE = /[^#{}:.,="\r\n\t ]+(?:\.[^#{}:.,="\r\n\t ]+)*/y;

/** A text and how far it is read. Every expression is sticky, so that nothing is looked at twice. */
class Reader {
  readonly #file: string;
  readonly #text: string;
  #offset = 0;
  #line = 1;
  #lineStart = 0;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  get position(): Position {
    return { file: this.#file, line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }

  get atEnd(): boolean {
    return this.#offset === this.#text.length;
  }

  at(character: string): boolean {
    return this.#text[this.#offset] === character;
  }

  take(expression: RegExp): string | undefined {
    expression.lastIndex = this.#offset;
    const found = expression.exec(this.#text)?.[0];
    if (found === undefined) return undefined;
    for (const match of found.matchAll(/\n/g)) {
      this.#line++;
      this.#lineStart = this.#offset + match.index + 1;
    }
    this.#offset += found.length;
    return found;
  }

  written(expression: RegExp): Written | undefined {
    const { position } = this;
    const text = this.take(expression);
    return text === undefined ? undefined : { text, position };
  }

  skip(expression: RegExp): void {
    this.take(expression);
  }
}
