import { type Document, isAlias, isCollection, isMap, isNode, isScalar, type Node } from 'yaml';
import { nearestWord } from '../../base/nearest.ts';
import { ChangeRefusal, type ConfigurationChange, type ObjectKind, SECTIONS, type Values } from './change.ts';
import { mapAt, parseText, replaceScalars, writeText } from './yaml-text.ts';

/**
 * Makes a change in the texts of a configuration: of the main file, which comes first, and of what it includes. Returns
 * the files that differ. An object is changed in the file it stands in, and a new one is added to the main file; comments
 * stay. Whether the result is a valid configuration is not looked at.
 *
 * @throws ChangeRefusal
 */
export function editFiles(texts: ReadonlyMap<string, string>, change: ConfigurationChange): Map<string, string> {
  const files = [...texts].map(([file, text]): File => ({ file, text, document: parseText(text) }));
  EDITS[change.change](files, change as never);
  return new Map(
    files.flatMap(({ file, text, document }): [string, string][] => {
      const after = writeText(document, text);
      return after === text ? [] : [[file, after]];
    }),
  );
}

type File = { readonly file: string; readonly text: string; readonly document: Document };

type Edits = {
  readonly [Change in ConfigurationChange['change']]: (
    files: readonly File[],
    change: Extract<ConfigurationChange, { readonly change: Change }>,
  ) => void;
};

const EDITS: Edits = {
  create: (files, { kind, name, set }) => {
    if (findFile(files, kind, name) !== undefined)
      throw new ChangeRefusal('conflict', `there is a ${kind} ${JSON.stringify(name)} already`);
    const [main] = files;
    if (main === undefined) return;
    // An empty section is written without contents, which is no map.
    if (mapAt(main.document, [SECTIONS[kind]]) === undefined)
      main.document.set(SECTIONS[kind], main.document.createNode({}));
    main.document.setIn([SECTIONS[kind], name], main.document.createNode({}));
    setAll(main.document, [SECTIONS[kind], name], set);
  },
  edit: (files, { kind, name, set, unset }) => {
    const { document } = fileOf(files, kind, name);
    const base = [SECTIONS[kind], name];
    for (const key of unset) unsetOne(document, base, key);
    setAll(document, base, set);
  },
  rename: (files, { kind, name, to }) => {
    const { document } = fileOf(files, kind, name);
    if (findFile(files, kind, to) !== undefined)
      throw new ChangeRefusal('conflict', `there is a ${kind} ${JSON.stringify(to)} already`);
    const pair = mapAt(document, [SECTIONS[kind]])?.items.find(({ key }) => isScalar(key) && key.value === name);
    if (isScalar(pair?.key)) pair.key.value = to;
    if (kind === 'tunnel') return;
    for (const file of files)
      replaceScalars(file.document, ([section, , key, ...more], value) =>
        section === 'tunnels' && key === kind && more.length === 0 && value === name ? to : undefined,
      );
  },
  delete: (files, { kind, names }) => {
    for (const name of new Set(names)) fileOf(files, kind, name).document.deleteIn([SECTIONS[kind], name]);
  },
};

function findFile(files: readonly File[], kind: ObjectKind, name: string): File | undefined {
  return files.find(({ document }) => mapAt(document, [SECTIONS[kind]])?.has(name) === true);
}

function fileOf(files: readonly File[], kind: ObjectKind, name: string): File {
  const file = findFile(files, kind, name);
  if (file === undefined) throw unknownObject(files, kind, name);
  const node = mapAt(file.document, [SECTIONS[kind]])?.get(name, true);
  if (isAlias(node))
    throw new ChangeRefusal('conflict', `${kind} ${name} is an alias in ${file.file}; change it there by hand`);
  return file;
}

function unknownObject(files: readonly File[], kind: ObjectKind, name: string): ChangeRefusal {
  const names = files.flatMap(({ document }) =>
    (mapAt(document, [SECTIONS[kind]])?.items ?? []).map(({ key }) => (isScalar(key) ? String(key.value) : '')),
  );
  const nearest = nearestWord(name, names);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return new ChangeRefusal('not-found', `there is no ${kind} ${JSON.stringify(name)}${hint}`);
}

function setAll(document: Document, base: readonly string[], set: Values): void {
  for (const [key, value] of Object.entries(set)) setOne(document, [...base, ...pathOf(key)], toYaml(key, value));
}

/** What stands in the way, such as a key as text where it is to come from a file, makes room. */
function setOne(document: Document, path: readonly string[], value: unknown): void {
  for (let length = 3; length < path.length; length++) {
    const parent = document.getIn(path.slice(0, length), true);
    if (!isCollection(parent)) document.setIn(path.slice(0, length), commentedAs(parent, flow(document, {})));
  }
  const before = document.getIn(path, true);
  // In place, so that a comment behind it stays.
  if (isScalar(before) && typeof value === 'string') before.value = value;
  else
    document.setIn(
      path,
      commentedAs(before, typeof value === 'string' ? document.createNode(value) : flow(document, value)),
    );
}

function commentedAs(before: unknown, node: Node): Node {
  if (isNode(before) && before.comment) node.comment = before.comment;
  return node;
}

function unsetOne(document: Document, base: readonly string[], key: string): void {
  const path = [...base, ...pathOf(key)];
  if (!document.hasIn(path))
    throw new ChangeRefusal('not-found', `${base.join('.')} does not say anything about ${key}`);
  document.deleteIn(path);
  for (let length = path.length - 1; length > base.length; length--) {
    const parent = document.getIn(path.slice(0, length), true);
    if (isMap(parent) && parent.items.length === 0) document.deleteIn(path.slice(0, length));
  }
}

/** On one line, as files of this kind are mostly written. */
function flow(document: Document, value: unknown) {
  const node = document.createNode(value, { flow: true });
  if (isCollection(node)) node.flow = true;
  return node;
}

/** Names of labels may have dots. */
function pathOf(key: string): string[] {
  return key.startsWith('labels.') ? ['labels', key.slice('labels.'.length)] : key.split('.');
}

/** Every scalar is text. What is a list may be given with commas. */
function toYaml(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => toYaml('', item));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([inner, item]) => [inner, toYaml('', item)]));
  const text = String(value);
  return LISTS.has(key) ? text.split(',').map((item) => item.trim()) : text;
}

const LISTS: ReadonlySet<string> = new Set([
  'vpc',
  'local.subnets',
  'remote.subnets',
  'ike.proposals',
  'ipsec.proposals',
]);
