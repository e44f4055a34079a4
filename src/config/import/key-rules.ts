import { nearestWord } from '../../base/nearest.ts';
import type { Remarks, Setting, Written } from './written.ts';

/**
 * What becomes of a key of another daemon. Neither: it is used. `unless` are values with which it asks for nothing that
 * is not done anyway.
 */
export type KeyRule = { readonly note?: string; readonly refuse?: string; readonly unless?: readonly string[] };

export const used: KeyRule = {};

export function note(sentence: string, ...unless: readonly string[]): KeyRule {
  return { note: sentence, unless };
}

export function refuse(sentence: string, ...unless: readonly string[]): KeyRule {
  return { refuse: sentence, unless };
}

/** Says of each setting what it means here, where that is not what it says. */
export function applyRules(
  settings: Iterable<Setting>,
  ruleOf: (key: string) => KeyRule | undefined,
  known: readonly string[],
  remarks: Remarks,
): void {
  for (const { key, value } of settings) {
    const rule = ruleOf(key.text);
    if (rule === undefined) remarks.note(key.position, unknownKey(key.text, known));
    else if (value !== undefined && !rule.unless?.includes(value.text)) applyRule(rule, key, value, remarks);
  }
}

function applyRule(rule: KeyRule, key: Written, value: Written, remarks: Remarks): void {
  if (rule.refuse !== undefined) remarks.refuse(value.position, rule.refuse);
  else if (rule.note !== undefined) remarks.note(key.position, `${key.text} is ignored: ${rule.note}`);
}

function unknownKey(key: string, known: readonly string[]): string {
  const nearest = key.length > MAX_KEY ? undefined : nearestWord(key, known);
  return `unknown key, ignored${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}

const MAX_KEY = 64;

/** Said of the same thing in every language. */
export const CERTIFICATES =
  'certificates are not supported: tunnels here have pre-shared keys; set the peer up with one';
export const EAP = 'EAP and XAUTH are not supported: tunnels here have pre-shared keys and nothing else';
