import type { Document, Node, Pair, YAMLError } from 'yaml';
import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { type Outline, offsetOf, outlineOf } from './outline.ts';
import type { Position, Problem } from './problem.ts';
import { errorAt, formatPosition } from './problem.ts';
import type { Source, ValuePath } from './source.ts';
import { syntaxMessage } from './syntax-message.ts';

/** A text of YAML. */
export class YamlSource implements Source {
  readonly file: string;
  readonly #text: string;
  readonly #lineOf: LineOf;
  /** Only as long as it is used: it takes more memory than the text, and is hardly ever asked for later. */
  #places: WeakRef<Places>;

  constructor(file: string, text: string, lineOf: LineOf = asItIs, places: Places = placesIn(text)) {
    this.file = file;
    this.#text = text;
    this.#lineOf = lineOf;
    this.#places = new WeakRef(places);
  }

  value(path: ValuePath): Position {
    return this.#find(path, ({ value }) => value);
  }

  key(path: ValuePath): Position {
    return this.#find(path, ({ key }) => key);
  }

  has(path: ValuePath): boolean {
    let found: Outline | undefined = this.#read().root;
    for (const step of path) found = found?.child(step);
    return found !== undefined;
  }

  #find(path: ValuePath, choose: (found: Outline) => number): Position {
    const { root, lines } = this.#read();
    let found = root;
    for (const [index, step] of path.entries()) {
      const child = found.child(step);
      if (child === undefined) return positionAt(this.file, lines, found.key, this.#lineOf);
      if (index === path.length - 1) return positionAt(this.file, lines, choose(child), this.#lineOf);
      found = child;
    }
    return positionAt(this.file, lines, 0, this.#lineOf);
  }

  #read(): Places {
    const kept = this.#places.deref();
    if (kept !== undefined) return kept;
    const places = placesIn(this.#text);
    this.#places = new WeakRef(places);
    return places;
  }
}

/** Which line of the file a line of the text is, where that is a part of it. */
export type LineOf = (line: number) => number;

const asItIs: LineOf = (line) => line;

type Places = { readonly root: Outline; readonly lines: LineCounter };

function placesIn(text: string): Places {
  const { document, lines } = parseText(text);
  return { root: outlineOf(document), lines };
}

function positionAt(file: string, lines: LineCounter, offset: number, lineOf: LineOf): Position {
  const { line, col } = lines.linePos(offset);
  return { file, line: lineOf(line), column: col };
}

function parseText(text: string): { readonly document: Document.Parsed; readonly lines: LineCounter } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
    logLevel: 'error',
  });
  return { document, lines };
}

export type ParsedSource = {
  readonly source: YamlSource;
  readonly value: unknown;
  readonly problems: readonly Problem[];
};

/** What of a document becomes a value; undefined for nothing of it. */
type NodeOf = (document: Document.Parsed) => Node | null | undefined;

/** The mapping that is the value of a mapping's only key, where it is this one. */
export function valueOfOnly(name: string): NodeOf {
  return ({ contents }) => {
    const [pair, ...more] = isMap(contents) ? contents.items : [];
    const isOnly = more.length === 0 && isScalar(pair?.key) && pair.key.value === name;
    return isOnly && isMap(pair.value) ? pair.value : undefined;
  };
}

/**
 * Reads YAML 1.2 so that every scalar stays the text that was written (`0123`, `no` and `1e3` mean what they say);
 * what a text stands for is the schema's business. `value` is made of strings, arrays and plain objects.
 */
export function parseSource(
  file: string,
  text: string,
  lineOf: LineOf = asItIs,
  nodeOf: NodeOf = ({ contents }) => contents,
): ParsedSource {
  const { document, lines } = parseText(text);
  const source = new YamlSource(file, text, lineOf, { root: outlineOf(document), lines });
  const at: At = (offset) => positionAt(file, lines, offset, lineOf);
  // What follows the first error in the syntax is mostly its echo.
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined)
    return {
      source,
      value: undefined,
      problems: [errorAt(at(syntaxOffset(error, document, text)), syntaxMessage(error))],
    };
  const problems = structureProblems(at, document);
  return problems.length > 0
    ? { source, value: undefined, problems }
    : { ...toValue(at, document, nodeOf(document)), source };
}

type At = (offset: number) => Position;

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

function toValue(
  at: At,
  document: Document.Parsed,
  node: ReturnType<NodeOf>,
): Pick<ParsedSource, 'value' | 'problems'> {
  try {
    if (node === undefined) return { value: undefined, problems: [] };
    return { value: node?.toJS(document, { maxAliasCount: MAX_ALIASES }) ?? {}, problems: [] };
  } catch {
    return { value: undefined, problems: [errorAt(at(0), `aliases stand for more than ${MAX_ALIASES} values`)] };
  }
}

/** Aliases of aliases multiply: a few lines could become gigabytes. */
const MAX_ALIASES = 100;

/** What is fine for YAML and not for a configuration. */
function structureProblems(at: At, document: Document.Parsed): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) === undefined)
        problems.push(
          errorAt(at(offsetOf(alias)), 'no anchor has this name; a value that starts with * must be quoted'),
        );
    },
    Map(_, map) {
      for (const problem of keyProblems(at, map.items)) problems.push(problem);
    },
  });
  return problems;
}

function keyProblems(at: At, items: readonly Pair[]): Problem[] {
  const first = new Map<unknown, Position>();
  return items.flatMap(({ key }) => {
    const position = at(offsetOf(key));
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
