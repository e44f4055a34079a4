import type { Node, Pair, ParsedNode, YAMLError, YAMLMap } from 'yaml';
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Position, Problem } from './problem.ts';
import { errorAt, formatPosition } from './problem.ts';
import { syntaxMessage } from './syntax-message.ts';

export type ValuePath = readonly PropertyKey[];

/** One file of the configuration, with the way back from a value to its place in the text. */
export type Source = {
  readonly file: string;
  /** Where the value of a path stands; where nothing is written, its key, or that of what should hold it. */
  value(path: ValuePath): Position;
  /** Where the key of a path stands. */
  key(path: ValuePath): Position;
  /** Whether the file says something about a path. */
  has(path: ValuePath): boolean;
  /** Whether it is in a language that has a place of its own for keys, from which they were taken. */
  readonly keysApart?: true;
  /** Whether its places are names of keys, so that a sentence about one needs no other name. */
  readonly namesPlaces?: boolean;
};

class YamlSource implements Source {
  readonly file: string;
  readonly #text: string;
  /** Only as long as it is used: it takes ninety times the memory of the text, and is hardly ever asked for later. */
  #parsed: WeakRef<ParsedText>;

  constructor(file: string, text: string, parsed: ParsedText) {
    this.file = file;
    this.#text = text;
    this.#parsed = new WeakRef(parsed);
  }

  at(offset: number): Position {
    const { line, col } = this.#parse().lines.linePos(offset);
    return { file: this.file, line, column: col };
  }

  value(path: ValuePath): Position {
    return this.#find(path, ({ key, value }) => (isWritten(value) ? value : key));
  }

  key(path: ValuePath): Position {
    return this.#find(path, (pair) => pair.key);
  }

  has(path: ValuePath): boolean {
    let node: unknown = this.#parse().document.contents;
    for (const step of path) {
      node = this.#child(node, step)?.node;
      if (node === undefined) return false;
    }
    return true;
  }

  #find(path: ValuePath, choose: (pair: { readonly key: unknown; readonly value: unknown }) => unknown): Position {
    let node: unknown = this.#parse().document.contents;
    let found: unknown;
    for (const [index, step] of path.entries()) {
      const child = this.#child(node, step);
      if (child === undefined) break;
      const last = index === path.length - 1;
      found = last ? choose({ key: child.key ?? child.node, value: child.node }) : (child.key ?? child.node);
      node = child.node;
    }
    return this.at(offsetOf(found));
  }

  #parse(): ParsedText {
    const kept = this.#parsed.deref();
    if (kept !== undefined) return kept;
    const parsed = new ParsedText(this.#text);
    this.#parsed = new WeakRef(parsed);
    return parsed;
  }

  #child(node: unknown, step: PropertyKey): { readonly key?: unknown; readonly node: unknown } | undefined {
    const target = isAlias(node) ? node.resolve(this.#parse().document) : node;
    if (isSeq(target)) {
      const item = target.items[Number(step)];
      return item === undefined ? undefined : { node: item };
    }
    if (!isMap(target)) return undefined;
    const pair = this.#parse().pairsOf(target).get(step);
    return pair === undefined ? undefined : { key: pair.key, node: pair.value };
  }
}

/** What the library makes of a text. */
class ParsedText {
  readonly lines = new LineCounter();
  readonly document: Document.Parsed;
  readonly #pairs = new Map<YAMLMap, ReadonlyMap<unknown, Pair>>();

  constructor(text: string) {
    this.document = parseDocument(text, {
      version: '1.2',
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: this.lines,
      logLevel: 'error',
    });
  }

  /** By their keys: each of thousands of tunnels is looked up dozens of times. */
  pairsOf(map: YAMLMap): ReadonlyMap<unknown, Pair> {
    const known = this.#pairs.get(map);
    if (known !== undefined) return known;
    const pairs = new Map<unknown, Pair>();
    for (const pair of map.items) if (isScalar(pair.key) && !pairs.has(pair.key.value)) pairs.set(pair.key.value, pair);
    this.#pairs.set(map, pairs);
    return pairs;
  }
}

export type ParsedSource = { readonly source: Source; readonly value: unknown; readonly problems: readonly Problem[] };

/**
 * Reads YAML 1.2 so that every scalar stays the text that was written (`0123`, `no` and `1e3` mean what they say);
 * what a text stands for is the schema's business. `value` is made of strings, arrays and plain objects.
 */
export function parseSource(file: string, text: string): ParsedSource {
  const parsed = new ParsedText(text);
  const { document } = parsed;
  const source = new YamlSource(file, text, parsed);
  // What follows the first error in the syntax is mostly its echo.
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined)
    return {
      source,
      value: undefined,
      problems: [errorAt(source.at(syntaxOffset(error, document, text)), syntaxMessage(error))],
    };
  const problems = structureProblems(source, document);
  return problems.length > 0 ? { source, value: undefined, problems } : { ...toValue(source, document), source };
}

/** Where a person would look: at the opening quote that is never closed, and behind the blanks of a line. */
function syntaxOffset(error: YAMLError, document: Document.Parsed, text: string): number {
  let offset = error.pos[0];
  if (error.code === 'MISSING_CHAR' && error.message.includes('quote')) {
    visit(document, {
      Scalar(_, node) {
        if (node.type?.startsWith('QUOTE') && offsetOf(node) < error.pos[0]) offset = offsetOf(node);
      },
    });
  }
  while (text[offset] === ' ') offset++;
  return offset;
}

function toValue(source: YamlSource, document: Document.Parsed): { value: unknown; problems: readonly Problem[] } {
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {}, problems: [] };
  } catch {
    return { value: undefined, problems: [errorAt(source.at(0), `aliases stand for more than ${MAX_ALIASES} values`)] };
  }
}

/** Aliases of aliases multiply: a few lines could become gigabytes. */
const MAX_ALIASES = 100;

/** What is fine for YAML and not for a configuration. */
function structureProblems(source: YamlSource, document: Document.Parsed): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) === undefined)
        problems.push(
          errorAt(source.at(offsetOf(alias)), 'no anchor has this name; a value that starts with * must be quoted'),
        );
    },
    Map(_, map) {
      problems.push(...keyProblems(source, map.items));
    },
  });
  return problems;
}

function keyProblems(source: YamlSource, items: readonly Pair[]): Problem[] {
  const first = new Map<unknown, Position>();
  return items.flatMap(({ key }) => {
    const position = source.at(offsetOf(key));
    if (!isScalar(key)) return [errorAt(position, 'a key must be a single word')];
    // Objects of JavaScript would swallow this one.
    if (key.value === '__proto__') return [errorAt(position, 'unknown key "__proto__"')];
    const earlier = first.get(key.value);
    if (earlier === undefined) {
      first.set(key.value, position);
      return [];
    }
    return [
      errorAt(earlier, `"${key.value}" is there twice: again at ${formatPosition(position)}`),
      errorAt(position, `"${key.value}" is there twice: first at ${formatPosition(earlier)}`),
    ];
  });
}

/** An empty value has a place, too, but it is behind the comments that follow. */
function isWritten(node: unknown): boolean {
  return isNode(node) && node.range !== undefined && node.range !== null && node.range[1] > node.range[0];
}

function offsetOf(node: unknown): number {
  return isNode(node) ? ((node as Node | ParsedNode).range?.[0] ?? 0) : 0;
}
