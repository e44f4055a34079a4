import type { Position } from '../problem.ts';
import type { Source, ValuePath } from '../source.ts';
import type { Written } from './written.ts';

/** A value of the configuration as YAML would yield it, each part with the place in the foreign file that it is from. */
export type Tree = Written | TreeList | TreeMap;
export type TreeList = { readonly items: readonly Tree[]; readonly position: Position };
export type TreeMap = { readonly entries: ReadonlyMap<string, Tree>; readonly position: Position };

/** A mapping; what is undefined is left out. `position` is where its key would stand. */
export function mapOf(position: Position, entries: Readonly<Record<string, Tree | undefined>>): TreeMap {
  const present = Object.entries(entries).flatMap(([key, tree]) => (tree === undefined ? [] : [[key, tree] as const]));
  return { entries: new Map(present), position };
}

export function listOf(position: Position, items: readonly Tree[]): TreeList {
  return { items, position };
}

/** Strings, arrays and plain objects, as `parseSource` yields them. */
export function plainValue(tree: Tree): unknown {
  if ('text' in tree) return tree.text;
  if ('items' in tree) return tree.items.map(plainValue);
  return Object.fromEntries([...tree.entries].map(([key, value]) => [key, plainValue(value)]));
}

/** The way from a path in our configuration back to the foreign file. */
export class TreeSource implements Source {
  readonly file: string;
  readonly keysApart = true;
  readonly namesPlaces: boolean;
  readonly #tree: TreeMap;

  constructor(file: string, tree: TreeMap) {
    this.file = file;
    this.#tree = tree;
    this.namesPlaces = tree.position.line === 0;
  }

  value(path: ValuePath): Position {
    let tree: Tree = this.#tree;
    for (const step of path) tree = child(tree, step) ?? tree;
    return tree.position;
  }

  key(path: ValuePath): Position {
    return this.value(path);
  }

  has(path: ValuePath): boolean {
    let tree: Tree | undefined = this.#tree;
    for (const step of path) tree = tree === undefined ? undefined : child(tree, step);
    return tree !== undefined;
  }
}

function child(tree: Tree, step: PropertyKey): Tree | undefined {
  if ('items' in tree) return tree.items[Number(step)];
  return 'entries' in tree ? tree.entries.get(String(step)) : undefined;
}
