import type { ForeignFiles } from './foreign-files.ts';
import type { SwanctlSection } from './swanctl-syntax.ts';
import { parseSwanctl } from './swanctl-syntax.ts';
import type { Remarks, Setting, Written } from './written.ts';

/** Reads a swanctl.conf with all that it includes. */
export function readSwanctl(path: string, files: ForeignFiles, remarks: Remarks): Section {
  const context: Context = { files, remarks };
  const root = newMerged({ text: '', position: { file: path, line: 1, column: 1 } });
  const text = files.read({ text: path, position: root.name.position });
  if (text !== undefined) merge(root, parseSwanctl(path, text, remarks), context);
  return new Section(root.name, [root], { root, remarks });
}

type Context = { readonly files: ForeignFiles; readonly remarks: Remarks };

/** All sections of one name in one place; what is written later counts. */
export type Merged = {
  readonly name: Written;
  readonly references: Written[];
  readonly settings: Map<string, Setting>;
  readonly sections: Map<string, Merged>;
};

export function newMerged(name: Written): Merged {
  return { name, references: [], settings: new Map(), sections: new Map() };
}

function merge(target: Merged, { references, parts }: SwanctlSection, context: Context): void {
  target.references.push(...references);
  for (const part of parts) {
    if ('setting' in part) target.settings.set(part.setting.key.text, part.setting);
    else if ('section' in part) mergeSection(target, part.section, context);
    else
      for (const { file, text } of context.files.included(part.include))
        merge(target, parseSwanctl(file, text, context.remarks), context);
  }
}

function mergeSection(target: Merged, section: SwanctlSection, context: Context): void {
  const existing = target.sections.get(section.name.text) ?? newMerged(section.name);
  target.sections.set(section.name.text, existing);
  merge(existing, section, context);
}

/** More than any sane file has; bounds the work that a hostile one can cause. */
const MAX_LAYERS = 32;

type Whole = { readonly root: Merged; readonly remarks: Remarks };

/** A section with everything that it has from those it refers to: what it says itself counts first. */
export class Section {
  readonly name: Written;
  readonly #layers: readonly Merged[];
  readonly #whole: Whole;

  constructor(name: Written, own: readonly Merged[], whole: Whole) {
    this.name = name;
    this.#whole = whole;
    this.#layers = withReferences(name, own, whole);
  }

  /** The value of a key where it says anything; an empty one hides what would be inherited. */
  get(key: string): Written | undefined {
    return this.#layers.find(({ settings }) => settings.has(key))?.settings.get(key)?.value;
  }

  settings(): Setting[] {
    const seen = new Map<string, Setting>();
    for (const { settings } of this.#layers)
      for (const [key, setting] of settings) if (!seen.has(key)) seen.set(key, setting);
    return [...seen.values()];
  }

  section(name: string): Section | undefined {
    const parts = this.#layers.flatMap(({ sections }) => sections.get(name) ?? []);
    const [first] = parts;
    return first === undefined ? undefined : new Section(first.name, parts, this.#whole);
  }

  sections(): Section[] {
    const names = new Set(this.#layers.flatMap(({ sections }) => [...sections.keys()]));
    return [...names].flatMap((name) => this.section(name) ?? []);
  }
}

function withReferences(name: Written, own: readonly Merged[], { root, remarks }: Whole): Merged[] {
  const found = new Set<Merged>();
  const waiting = own.toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue;
    if (found.size === MAX_LAYERS) {
      remarks.refuse(name.position, `refers to more than ${MAX_LAYERS} other sections`);
      break;
    }
    found.add(next);
    for (const reference of next.references.toReversed()) {
      const target = reference.text.split('.').reduce<Merged | undefined>((at, step) => at?.sections.get(step), root);
      if (target === undefined)
        remarks.refuse(reference.position, 'there is no section of this name; write it in full');
      else waiting.push(target);
    }
  }
  return [...found];
}
