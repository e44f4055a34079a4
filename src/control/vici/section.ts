import { isList, isValue, type ViciElement, type ViciSection, type ViciValue } from './message.ts';

/** A section of what is there: keys without a value are left out, as vici's flags are there or not. */
export function section(
  elements: Readonly<Record<string, ViciElement | number | undefined>>,
  ...more: readonly (readonly [name: string, element: ViciElement])[]
): ViciSection {
  const entries = Object.entries(elements).flatMap(([name, element]): (readonly [string, ViciElement])[] => {
    if (element === undefined) return [];
    return [[name, typeof element === 'number' ? String(element) : element]];
  });
  return new Map([...entries, ...more]);
}

/** A section of one element, whose name comes from outside. */
export function named(name: string, element: ViciElement): ViciSection {
  return new Map([[name, element]]);
}

/** `yes`, or nothing at all. */
export function flag(value: boolean): 'yes' | undefined {
  return value ? 'yes' : undefined;
}

/** The value of a key as text; undefined where it is missing, no value, or not UTF-8. */
export function textOf(message: ViciSection, key: string): string | undefined {
  const element = message.get(key);
  return element !== undefined && isValue(element) ? asText(element) : undefined;
}

/** The items of a list as texts; undefined where it is missing, no list, or not UTF-8. */
export function textsOf(message: ViciSection, key: string): readonly string[] | undefined {
  const element = message.get(key);
  if (element === undefined || !isList(element)) return undefined;
  const texts = element.map(asText);
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/** A section in a message; undefined where it is missing or none. */
export function sectionOf(message: ViciSection, key: string): ViciSection | undefined {
  const element = message.get(key);
  return element === undefined || isValue(element) || isList(element) ? undefined : element;
}

const utf8Decoder = new TextDecoder('utf-8', { fatal: true });

export function asText(value: ViciValue): string | undefined {
  if (typeof value === 'string') return value;
  try {
    return utf8Decoder.decode(value);
  } catch {
    return undefined;
  }
}
