import { nearestWord } from '../../base/nearest.ts';
import type { ForeignFiles } from './foreign-files.ts';
import type { IpsecConfSection } from './ipsec-conf-syntax.ts';
import { parseIpsecConf } from './ipsec-conf-syntax.ts';
import type { Remarks, Setting, Written } from './written.ts';

/** A conn with everything that it has from `also=` and from `conn %default`; by key, without what is unset. */
export type Conn = { readonly name: Written; readonly settings: ReadonlyMap<string, Setting> };

/** The value of a key where it says anything. */
export type Get = (key: string) => Written | undefined;

export type IpsecConf = {
  readonly conns: readonly Conn[];
  /** Names that an `also=` refers to: they may be there for nothing else. */
  readonly templates: ReadonlySet<string>;
  /** `config setup` and `ca` sections. */
  readonly others: readonly IpsecConfSection[];
};

/** Reads an ipsec.conf with all that it includes, and resolves what its sections have from each other. */
export function readIpsecConf(path: string, files: ForeignFiles, remarks: Remarks): IpsecConf {
  const text = files.read({ text: path, position: { file: path, line: 1, column: 1 } });
  const sections = text === undefined ? [] : sectionsOf(path, text, files, remarks);
  const merged = mergeConns(sections);
  const context: Context = { merged, remarks, templates: new Set() };
  const defaults = merged.get(DEFAULT);
  const conns = [...merged.values()]
    .filter(({ name }) => name.text !== DEFAULT)
    .map((section) => resolve(section, defaults, context));
  return { conns, templates: context.templates, others: sections.filter(({ type }) => type !== 'conn') };
}

const DEFAULT = '%default';

/** An included file stands in the place of its `include`. */
function sectionsOf(file: string, text: string, files: ForeignFiles, remarks: Remarks): IpsecConfSection[] {
  const { sections, includes } = parseIpsecConf(file, text, remarks);
  const result: IpsecConfSection[] = [];
  let taken = 0;
  for (const { pattern, after } of includes) {
    result.push(...sections.slice(taken, after));
    taken = after;
    for (const included of files.included(pattern))
      result.push(...sectionsOf(included.file, included.text, files, remarks));
  }
  return [...result, ...sections.slice(taken)];
}

type Merged = { readonly name: Written; readonly settings: Map<string, Setting>; readonly also: Written[] };

/** Sections of one name are one; what is written later counts. */
function mergeConns(sections: readonly IpsecConfSection[]): Map<string, Merged> {
  const merged = new Map<string, Merged>();
  for (const { type, name, settings } of sections) {
    if (type !== 'conn') continue;
    const section: Merged = merged.get(name.text) ?? { name, settings: new Map(), also: [] };
    merged.set(name.text, section);
    for (const setting of settings) {
      if (setting.key.text === 'also' && setting.value !== undefined) section.also.push(setting.value);
      else section.settings.set(setting.key.text, setting);
    }
  }
  return merged;
}

type Context = {
  readonly merged: ReadonlyMap<string, Merged>;
  readonly remarks: Remarks;
  readonly templates: Set<string>;
};

function resolve(section: Merged, defaults: Merged | undefined, context: Context): Conn {
  const layers = [...ancestry(section, context), ...(defaults === undefined ? [] : ancestry(defaults, context))];
  const settings = new Map<string, Setting>();
  for (const layer of layers)
    for (const [key, value] of layer.settings) if (!settings.has(key)) settings.set(key, value);
  // An empty value hides what would be inherited, and then means nothing.
  for (const [key, { value }] of settings) if (value === undefined) settings.delete(key);
  return { name: section.name, settings };
}

/** More than any sane file has; bounds the work that a hostile one can cause. */
const MAX_ANCESTRY = 32;

/** The section and all that it is to be like, the most important first: of several `also=` the last. */
function ancestry(section: Merged, { merged, remarks, templates }: Context): Merged[] {
  const found = new Set<Merged>();
  const waiting = [section];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue;
    if (found.size === MAX_ANCESTRY) {
      remarks.refuse(section.name.position, `also= leads to more than ${MAX_ANCESTRY} sections`);
      break;
    }
    found.add(next);
    for (const name of next.also) {
      templates.add(name.text);
      const parent = merged.get(name.text);
      if (parent === undefined) remarks.refuse(name.position, missingText(name.text, merged.keys()));
      else waiting.push(parent);
    }
  }
  return [...found];
}

function missingText(name: string, names: Iterable<string>): string {
  const nearest = nearestWord(name, names);
  return `there is no conn of this name${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}
