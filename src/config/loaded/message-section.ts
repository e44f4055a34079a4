import { newMerged, Section } from '../import/swanctl-sections.ts';
import type { Remarks, Written } from '../import/written.ts';
import type { Position } from '../problem.ts';

/** A section of a vici message. Values are bytes as they come, or texts. */
export type LoadMessage = ReadonlyMap<string, LoadElement>;
export type LoadElement = LoadValue | readonly LoadValue[] | LoadMessage;
export type LoadValue = string | Uint8Array;

/**
 * A message as the section of a swanctl.conf that it was made of: a list is the text with commas that clients make it
 * from. Every part has a name as its place, as in `connection net-net, children.net-net.local_ts`.
 */
export function messageSection(name: string, message: LoadMessage, remarks: Remarks): Section {
  const root = merge(name, message, [], { connection: name, remarks });
  return new Section(root.name, [root], { root, remarks });
}

type Reading = { readonly connection: string; readonly remarks: Remarks };

/** The decoder of messages bounds their depth. */
function merge(name: string, message: LoadMessage, path: readonly string[], reading: Reading) {
  const merged = newMerged({ text: name, position: placeOf(path, reading) });
  for (const [key, element] of message) {
    const inner = [...path, key];
    if (!isPlain(key)) reading.remarks.refuse(placeOf(path, reading), 'a name in it is not printable ASCII');
    else if (isSection(element)) merged.sections.set(key, merge(key, element, inner, reading));
    else {
      const value = written(element, inner, reading);
      const at = { text: key, position: placeOf(inner, reading) };
      merged.settings.set(key, { key: at, value: value?.text === '' ? undefined : value });
    }
  }
  return merged;
}

function written(
  element: LoadValue | readonly LoadValue[],
  path: readonly string[],
  reading: Reading,
): Written | undefined {
  const position = placeOf(path, reading);
  const items: readonly LoadValue[] =
    typeof element === 'string' || element instanceof Uint8Array ? [element] : element;
  const texts = items.map(textOf);
  if (texts.every((text) => text !== undefined)) return { text: texts.join(', '), position };
  // A list of certificates, for instance.
  reading.remarks.refuse(position, 'is no text of one line');
  return undefined;
}

function placeOf(path: readonly string[], { connection }: Reading): Position {
  const below = path.length === 0 ? '' : `, ${path.join('.')}`;
  return { file: `connection ${shown(connection)}${below}`, line: 0, column: 0 };
}

/** As it is, or with its control characters made visible: what is said of it is one line, on a terminal too. */
function shown(name: string): string {
  return isPlain(name) && name.length <= MAX_SHOWN
    ? name
    : JSON.stringify(name.slice(0, MAX_SHOWN)).replace(NOT_SHOWN, '?');
}

const MAX_SHOWN = 64;
/** What JSON leaves as it is. */
const NOT_SHOWN = /[^\x20-\x7e]/g;

function isSection(element: LoadElement): element is LoadMessage {
  return element instanceof Map;
}

/** Whether a name can stand in a line of a log. */
export function isPlain(name: string): boolean {
  return /^[\x21-\x7e]{1,255}$/.test(name);
}

/** What an element says where it is a single value of one line. */
export function textValue(element: LoadElement | undefined): string | undefined {
  return typeof element === 'string' || element instanceof Uint8Array ? textOf(element) : undefined;
}

function textOf(value: LoadValue): string | undefined {
  const text = typeof value === 'string' ? value : utf8Text(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text === undefined || /[\x00-\x1f\x7f]/.test(text) ? undefined : text;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
