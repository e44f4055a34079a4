import type { Position } from '../problem.ts';
import type { Remarks, Setting, Written } from './written.ts';

/** `conn NAME`, `ca NAME` or `config setup` with the settings below it, in the order of the file. */
export type IpsecConfSection = {
  readonly type: 'setup' | 'conn' | 'ca';
  readonly name: Written;
  readonly settings: readonly Setting[];
};

export type IpsecConfFile = {
  readonly sections: readonly IpsecConfSection[];
  /** With the number of sections that stand before each. */
  readonly includes: readonly { readonly pattern: Written; readonly after: number }[];
};

type Word = Written & { readonly quoted: boolean };

/**
 * Reads the text of an ipsec.conf, by the grammar of strongSwan's starter: sections begin in the first column, settings
 * are indented, `#` begins a comment, a value is words joined by one blank, or a text in quotes. What is no line of this
 * grammar is refused at its place.
 */
export function parseIpsecConf(file: string, text: string, remarks: Remarks): IpsecConfFile {
  const state: State = { remarks, sections: [], includes: [], slashes: [] };
  for (const [index, line] of logicalLines(text)) readLine(line, { file, line: index + 1, column: 1 }, state);
  const [first, ...more] = state.slashes;
  const count = more.length === 0 ? '' : ` (${more.length} more in this file)`;
  if (first !== undefined)
    remarks.note(first, `// begins no comment here, and strongSwan would read on; what follows it is ignored${count}`);
  return state;
}

type OpenSection = IpsecConfSection & { readonly settings: Setting[] };

type State = {
  readonly remarks: Remarks;
  readonly sections: OpenSection[];
  readonly includes: { readonly pattern: Written; readonly after: number }[];
  /** Where // was meant to begin a comment. */
  readonly slashes: Position[];
};

/** Lines with their numbers; one that ends with a backslash within quotes goes on in the next. */
function* logicalLines(text: string): Generator<readonly [number, string]> {
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    let line = lines[index] ?? '';
    const first = index;
    while (line.endsWith('\\') && opensQuote(line) && index + 1 < lines.length) {
      line = line.slice(0, -1) + (lines[++index] ?? '');
    }
    yield [first, line];
  }
}

function opensQuote(line: string): boolean {
  return (line.match(/"/g)?.length ?? 0) % 2 === 1;
}

function readLine(line: string, start: Position, state: State): void {
  const words = splitWords(line, start, state);
  const [first] = words ?? [];
  if (words === undefined || first === undefined || /^version\b/.test(first.text)) return;
  if (first.text === 'include' && words[1]?.text !== '=') {
    const [, pattern] = words;
    if (pattern === undefined) state.remarks.refuse(first.position, 'include names no file');
    else state.includes.push({ pattern, after: state.sections.length });
  } else if (/^[\t ]/.test(line)) readSetting(words, state);
  else openSection(words, state);
}

function openSection([first, name, ...more]: readonly Word[], state: State): void {
  if (first === undefined) return;
  const { text, position } = first;
  const setup = text === 'config' && name?.text === 'setup';
  if (!setup && text !== 'conn' && text !== 'ca')
    return state.remarks.refuse(
      position,
      'no section begins with this word; write conn NAME, and indent the settings below it',
    );
  if (name === undefined) return state.remarks.refuse(position, `${text} has no name`);
  const [extra] = more;
  if (extra !== undefined) return state.remarks.refuse(extra.position, 'a section has one name; quote it if need be');
  state.sections.push({ type: setup ? 'setup' : text === 'ca' ? 'ca' : 'conn', name, settings: [] });
}

function readSetting([key, equals, ...rest]: readonly Word[], { sections, remarks }: State): void {
  const section = sections.at(-1);
  if (key === undefined) return;
  if (section === undefined)
    return remarks.refuse(key.position, 'a setting stands in no section; begin one with conn NAME');
  if (equals === undefined || isNot(equals, '=') || key.text === '' || !isNot(key, '='))
    return remarks.refuse(key.position, 'this line is no setting; write key=value');
  const stray = rest.find((word) => !isNot(word, '='));
  if (stray !== undefined) return remarks.refuse(stray.position, 'a value that contains = must be quoted');
  const [first] = rest;
  const text = rest.map((word) => word.text).join(' ');
  section.settings.push({ key, value: first === undefined ? undefined : { text, position: first.position } });
}

/** An equals sign in quotes is a text like any other. */
function isNot(word: Word, sign: string): boolean {
  return word.quoted || word.text !== sign;
}

/** Undefined where a quote is never closed, which is said. */
function splitWords(line: string, start: Position, { remarks, slashes }: State): Word[] | undefined {
  const words: Word[] = [];
  for (let offset = skipBlanks(line, 0); offset < line.length && line[offset] !== '#'; ) {
    const position = { ...start, column: offset + 1 };
    if (isSlashes(line, offset)) {
      slashes.push(position);
      break;
    }
    const raw = rawWord(line.slice(offset));
    if (raw === undefined) {
      remarks.refuse(position, 'the closing quote is missing');
      return undefined;
    }
    words.push(wordOf(raw, position));
    offset = skipBlanks(line, offset + raw.length);
  }
  return words;
}

function skipBlanks(line: string, offset: number): number {
  let end = offset;
  while (line[end] === ' ' || line[end] === '\t') end++;
  return end;
}

/** Two slashes within a word, as in a URL, are part of it. */
function isSlashes(line: string, offset: number): boolean {
  return line.startsWith('//', offset) && (offset === 0 || /[\t ]/.test(line[offset - 1] ?? ''));
}

function rawWord(rest: string): string | undefined {
  const form = rest.startsWith('"') ? QUOTED : rest.startsWith('=') ? EQUALS : PLAIN;
  return form.exec(rest)?.[0];
}

/** The place of a quoted text is behind the quote, so that what is found within it has its place too. */
function wordOf(raw: string, position: Position): Word {
  const quoted = raw.startsWith('"');
  return quoted
    ? { text: unquote(raw), position: { ...position, column: position.column + 1 }, quoted }
    : { text: raw, position, quoted };
}

const QUOTED = /^"(?:[^"\\]|\\.)*"/;
const EQUALS = /^=/;
/** A hash may stand behind an at sign only, as in @#0102. */
const PLAIN = /^(?:@#)?[^"#=\t ]+|^@#/;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** The text between quotes, with its escapes resolved. */
export function unquote(raw: string): string {
  return raw.slice(1, -1).replace(/\\(.)/gs, (_, character: string) => ESCAPES[character] ?? character);
}
