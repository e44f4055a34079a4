/** The sections of a configuration, each a mapping of names to entries. */
export const SECTIONS = ['gateways', 'peers', 'shunts', 'tunnels'] as const;

export type Section = (typeof SECTIONS)[number];

/** The lines of one entry of a section, such as a tunnel. */
export type EntryText = {
  readonly section: Section;
  readonly name: string;
  readonly text: string;
  /** Where its key stands; both count from 1. */
  readonly line: number;
  readonly column: number;
};

/** A configuration that is cut into its entries and what is around them. */
export type EntryTexts = {
  readonly entries: readonly EntryText[];
  /** Where each section was found to open. */
  readonly sections: readonly { readonly name: Section; readonly line: number }[];
  /** All other lines. */
  readonly rest: string;
  /** Which line of the configuration each line of `rest` is. */
  readonly restLines: readonly number[];
  /** Makes of the lines of an entry a text that stands by itself; what is in it keeps line and column. */
  readonly alone: (text: string) => string;
};

/**
 * Cuts a configuration between its entries by the indentation of its lines, so that an entry of thousands can be read by
 * itself. That is for the two forms that large files have, blocks of YAML and JSON with a line for each value; undefined
 * for any other.
 *
 * A line that looks like the beginning of an entry may be in the midst of a value. It shows when the parts are read: the
 * value would end in another part than it begins in, and neither of them would be whole. What looks like a section has to
 * be found in `rest`.
 */
export function cutEntries(text: string): EntryTexts | undefined {
  // Tabs and carriage returns are blanks of another kind, and what has an anchor may be meant in any other entry.
  if (/[\t\r]/.test(text) || (text.includes('&') && /(?:^|[\s[{,:])&\S/.test(text))) return undefined;
  return new Cutting(text, text.startsWith('{') ? JSON_LINES : BLOCKS).result();
}

type Layout = {
  /** The line that opens a section. */
  readonly section: RegExp;
  /** The line at its depth that closes it. */
  readonly end: RegExp;
  /** The first line of an entry. */
  readonly entry: RegExp;
  /** The last one, where that is at the same depth. */
  readonly entryEnd?: RegExp;
  /** What an entry ends with before another one. */
  readonly separator: string;
  readonly comment?: RegExp;
  readonly alone: EntryTexts['alone'];
};

const BLOCKS: Layout = {
  section: /^(gateways|peers|shunts|tunnels): *(?: #.*)?$/,
  end: /^[A-Za-z]+:(?: |$)/,
  entry: /^ +"?([A-Za-z0-9][A-Za-z0-9._-]*)"?:(?: |$)/,
  separator: '\n',
  comment: /^ *#/,
  alone: (text) => text,
};

const JSON_LINES: Layout = {
  section: /^ +"(gateways|peers|shunts|tunnels)": \{$/,
  end: /^ +\},?$/,
  entry: /^ +"([A-Za-z0-9][A-Za-z0-9._-]*)": \{$/,
  entryEnd: /^ +\},?$/,
  separator: ',\n',
  alone: (text) => `{${text.slice(1)}}`,
};

type Line = { readonly start: number; readonly end: number; readonly indent: number; readonly number: number };

class Cutting {
  readonly #text: string;
  readonly #layout: Layout;
  readonly #entries: EntryText[] = [];
  readonly #sections: { readonly name: Section; readonly line: number }[] = [];
  readonly #rest: string[] = [];
  readonly #restLines: number[] = [];
  #section: { readonly name: Section; readonly indent: number } | undefined;
  /** How far the entries of the section are indented: as its first one is. */
  #indent: number | undefined;
  #open: { readonly name: string; readonly line: Line } | undefined;

  constructor(text: string, layout: Layout) {
    this.#text = text;
    this.#layout = layout;
  }

  result(): EntryTexts | undefined {
    for (const line of linesOf(this.#text)) if (!this.#take(line)) return undefined;
    this.#close(this.#text.length);
    const rest = this.#rest.join('\n');
    const [entries, sections] = [this.#entries, this.#sections];
    return { entries, sections, rest, restLines: this.#restLines, alone: this.#layout.alone };
  }

  /** False where this is no text to be cut. */
  #take(line: Line): boolean {
    const isBlank = line.start + line.indent === line.end;
    if (this.#open !== undefined && (isBlank || line.indent > (this.#indent ?? 0))) return true;
    const text = this.#text.slice(line.start, line.end);
    const { comment, end } = this.#layout;
    if (this.#section === undefined) return this.#outside(line, text);
    if (isBlank || comment?.test(text)) return this.#open !== undefined || this.#keep(line, text);
    if (line.indent > this.#section.indent) return this.#between(line, text);
    if (line.indent < this.#section.indent || !end.test(text)) return false;
    this.#close(line.start);
    return this.#outside(line, text);
  }

  #outside(line: Line, text: string): boolean {
    const name = this.#layout.section.exec(text)?.[1] as Section | undefined;
    this.#section = name && { name, indent: line.indent };
    if (name !== undefined) this.#sections.push({ name, line: line.number });
    this.#indent = undefined;
    return this.#keep(line, text);
  }

  #between(line: Line, text: string): boolean {
    this.#indent ??= line.indent;
    if (line.indent !== this.#indent) return false;
    if (this.#open !== undefined && this.#layout.entryEnd?.test(text)) return true;
    const name = this.#layout.entry.exec(text)?.[1];
    const isSeparate = this.#open === undefined || this.#text.endsWith(this.#layout.separator, line.start);
    if (name === undefined || !isSeparate) return false;
    this.#close(line.start);
    this.#open = { name, line };
    return true;
  }

  #keep(line: Line, text: string): boolean {
    this.#rest.push(text);
    this.#restLines.push(line.number);
    return true;
  }

  #close(end: number): void {
    if (this.#open === undefined || this.#section === undefined) return;
    const { name, line } = this.#open;
    this.#open = undefined;
    this.#entries.push({
      section: this.#section.name,
      name,
      text: this.#text.slice(line.start, end),
      line: line.number,
      column: line.indent + 1,
    });
  }
}

function* linesOf(text: string): Generator<Line> {
  for (let start = 0, number = 1; start < text.length; number++) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    let indent = 0;
    while (text.charCodeAt(start + indent) === BLANK) indent++;
    yield { start, end, indent, number };
    start = end + 1;
  }
}

const BLANK = 0x20;
