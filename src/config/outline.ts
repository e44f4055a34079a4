import type { Document, Node, ParsedNode } from 'yaml';
import { isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';

/** Where in a text the parts of a value stand: what is left of a document of the YAML library, which takes far more memory. */
export class Outline {
  /** Where its key begins; where it has none, as in a list, it itself. */
  readonly key: number;
  /** Where it begins; where nothing is written, its key. */
  readonly value: number;
  readonly #inner: Inner;

  constructor(key: number, value: number, inner: Inner) {
    this.key = key;
    this.value = value;
    this.#inner = inner;
  }

  child(step: PropertyKey): Outline | undefined {
    return Array.isArray(this.#inner) ? this.#inner[Number(step)] : (this.#inner as InnerMap).get(step);
  }
}

type InnerMap = ReadonlyMap<unknown, Outline>;
type Inner = InnerMap | readonly Outline[];

export function outlineOf(document: Document.Parsed): Outline {
  return new Outline(0, 0, innerOf(document.contents, { document, known: new Map(), depth: 0 }));
}

/** Where a node of a document begins. */
export function offsetOf(node: unknown): number {
  return isNode(node) ? ((node as Node | ParsedNode).range?.[0] ?? 0) : 0;
}

type Visit = {
  readonly document: Document.Parsed;
  /** Of what several aliases stand for, once. */
  readonly known: Map<unknown, Inner>;
  readonly depth: number;
};

/** Far deeper than any configuration is; a text may be deeper than the stack. */
const MAX_DEPTH = 100;

const NOTHING: InnerMap = new Map();

function innerOf(node: unknown, visit: Visit): Inner {
  const target = isAlias(node) ? node.resolve(visit.document) : node;
  if ((!isMap(target) && !isSeq(target)) || visit.depth > MAX_DEPTH) return NOTHING;
  const known = visit.known.get(target);
  if (known !== undefined) return known;
  const inside = { ...visit, depth: visit.depth + 1 };
  if (isSeq(target)) {
    const items: Outline[] = [];
    visit.known.set(target, items);
    for (const item of target.items) items.push(new Outline(offsetOf(item), offsetOf(item), innerOf(item, inside)));
    return items;
  }
  const pairs = new Map<unknown, Outline>();
  visit.known.set(target, pairs);
  for (const { key, value } of target.items) {
    if (!isScalar(key) || pairs.has(key.value)) continue;
    const at = offsetOf(key);
    pairs.set(key.value, new Outline(at, isWritten(value) ? offsetOf(value) : at, innerOf(value, inside)));
  }
  return pairs;
}

/** An empty value has a place, too, but it is behind the comments that follow. */
function isWritten(node: unknown): boolean {
  return isNode(node) && node.range !== undefined && node.range !== null && node.range[1] > node.range[0];
}
