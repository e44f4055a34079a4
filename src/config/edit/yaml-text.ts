import { type Document, isMap, isScalar, parseDocument, visit } from 'yaml';

/** As `parseSource` reads it: every scalar stays the text that was written. Comments and layout stay with the nodes. */
export function parseText(text: string): Document.Parsed {
  return parseDocument(text, { version: '1.2', schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
}

/**
 * The text of a document that has been changed since it was parsed from `before`. Lines that the change does not concern
 * stay as they were written, to the byte, wherever the writer of YAML puts as many of them as there were.
 */
export function writeText(document: Document, before: string): string {
  const style = styleOf(before);
  const after = document.toString(style);
  const neutral = parseText(before).toString(style).split('\n');
  const original = before.split('\n');
  if (neutral.length !== original.length) return after;
  const changed = after.split('\n');
  const head = commonLength(neutral, changed);
  const tail = commonLength(neutral.slice(head).toReversed(), changed.slice(head).toReversed());
  const middle = changed.slice(head, changed.length - tail);
  const isEven = changed.length === neutral.length;
  const kept = middle.map((line, index) => (isEven && neutral[head + index] === line ? original[head + index] : line));
  const spliced = [...original.slice(0, head), ...kept, ...original.slice(original.length - tail)].join('\n');
  return meansSame(spliced, after) ? spliced : after;
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  const end = Math.min(a.length, b.length);
  for (let index = 0; index < end; index++) if (a[index] !== b[index]) return index;
  return end;
}

function meansSame(a: string, b: string): boolean {
  const [left, right] = [parseText(a), parseText(b)];
  return left.errors.length === 0 && JSON.stringify(left.toJS()) === JSON.stringify(right.toJS());
}

/** How the file is written already: its indentation, and whether braces have blanks inside. */
function styleOf(text: string): { indent: number; indentSeq: boolean; flowCollectionPadding: boolean; lineWidth: 0 } {
  const indent = /^( +)\S/m.exec(text)?.[1]?.length ?? 2;
  return {
    indent: indent > 8 ? 2 : indent,
    indentSeq: /^ +- /m.test(text),
    flowCollectionPadding: /\{ /.test(text),
    lineWidth: 0,
  };
}

/** Replaces the value of every scalar that `choose` names; returns how many there were. */
export function replaceScalars(
  document: Document,
  choose: (path: readonly string[], value: string) => string | undefined,
): number {
  let count = 0;
  visit(document, {
    Pair(_, pair, ancestors) {
      const { key, value } = pair;
      if (!isScalar(key) || !isScalar(value)) return;
      const path = ancestors.flatMap((node) => ('key' in node && isScalar(node.key) ? [String(node.key.value)] : []));
      const replacement = choose([...path, String(key.value)], String(value.value));
      if (replacement === undefined) return;
      value.value = replacement;
      count++;
    },
  });
  return count;
}

/** The map at a path; undefined where there is none of its own. */
export function mapAt(document: Document, path: readonly string[]) {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isMap(node) ? node : undefined;
}
