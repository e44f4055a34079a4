import { nearestWord } from '../../base/nearest.ts';
import type { Remarks, Setting, Written } from './written.ts';

/**
 * What becomes of a key of another daemon. Neither: it is used. `unless` are values with which it asks for nothing that
 * is not done anyway.
 */
export type KeyRule = {
  readonly note?: string;
  readonly refuse?: string;
  readonly unless?: readonly string[];
  /** All values that there are. */
  readonly words?: readonly string[];
  /** Whoever relies on the key misses nothing; else a strict reading (Remarks) refuses what a lenient one notes. */
  readonly harmless?: true;
};

export const used: KeyRule = {};

export function oneOf(...words: readonly string[]): KeyRule {
  return { words };
}

export const yesOrNo: KeyRule = { words: ['yes', 'no', 'true', 'false', 'enabled', 'disabled', '1', '0'] };

export function note(sentence: string, ...unless: readonly string[]): KeyRule {
  return { note: sentence, unless };
}

export function harmless(sentence: string, ...unless: readonly string[]): KeyRule {
  return { note: sentence, unless, harmless: true };
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
    if (rule === undefined) applyUnknown(key, known, remarks);
    else if (value === undefined) continue;
    else if (rule.words?.includes(value.text) === false)
      remarks.refuse(value.position, `is one of ${wordList(rule === yesOrNo ? ['yes', 'no'] : rule.words)}`);
    else if (!rule.unless?.includes(value.text)) applyRule(rule, key, value, remarks);
  }
}

function wordList(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function applyRule(rule: KeyRule, key: Written, value: Written, remarks: Remarks): void {
  if (rule.refuse !== undefined) remarks.refuse(value.position, rule.refuse);
  else if (rule.note === undefined) return;
  else if (!remarks.strict) remarks.note(key.position, `${key.text} is ignored: ${rule.note}`);
  else if (rule.harmless !== true) remarks.refuse(value.position, `not supported: ${rule.note}`);
}

function applyUnknown(key: Written, known: readonly string[], remarks: Remarks): void {
  const nearest = key.text.length > MAX_KEY ? undefined : nearestWord(key.text, known);
  const question = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  if (remarks.strict) remarks.refuse(key.position, `unknown key${question}`);
  else remarks.note(key.position, `unknown key, ignored${question}`);
}

const MAX_KEY = 64;

/** Said of the same thing in every language. */
export const CERTIFICATES =
  'certificates are not supported: tunnels here have pre-shared keys; set the peer up with one';
export const EAP = 'EAP and XAUTH are not supported: tunnels here have pre-shared keys and nothing else';
