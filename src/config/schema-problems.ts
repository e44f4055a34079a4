import type { z } from 'zod';
import type { Problem } from './problem.ts';
import { errorAt } from './problem.ts';
import type { Source, ValuePath } from './source.ts';

type Issue = z.core.$ZodIssue;

/** What the schema found, told in plain words and at its place in the file, in which the value is that of a path. */
export function schemaProblems(error: z.ZodError, source: Source, value: unknown, base: ValuePath = []): Problem[] {
  const whole = base.reduceRight((inner, step) => ({ [step]: inner }), value);
  return error.issues.flatMap((issue) => problemsOf({ ...issue, path: [...base, ...issue.path] }, source, whole));
}

/** `tunnels.idc.local.subnets[1]` */
export function pathText(path: ValuePath): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${String(step)}`))
    .join('');
}

/** A sentence about a path; the root has no name. */
export function about(source: Source, path: ValuePath, sentence: string): string {
  return path.length === 0 || source.namesPlaces === true ? sentence : `${pathText(path)}: ${sentence}`;
}

function problemsOf(issue: Issue, source: Source, value: unknown): Problem[] {
  const { path } = issue;
  switch (issue.code) {
    case 'unrecognized_keys': {
      const messages = issue.message.split('\n');
      return issue.keys.map((key, index) => {
        const full = [...path, key];
        // Within a secret, what looks like a key may be the secret itself, as in `psk: {unquoted}`.
        const told = SECRETS.has(String(path.at(-1))) ? path : full;
        return errorAt(source.key(full), about(source, told, messages[index] ?? 'unknown key'));
      });
    }
    case 'invalid_union':
      return issuesOfUnion(issue, valueAt(value, path)).flatMap((inner) =>
        problemsOf({ ...inner, path: [...path, ...inner.path] }, source, value),
      );
    case 'invalid_type':
      return [errorAt(source.value(path), about(source, path, typeSentence(issue.expected, valueAt(value, path))))];
    case 'too_small':
      return [errorAt(source.value(path), about(source, path, 'is empty; name at least one'))];
    case 'too_big':
      return [errorAt(source.value(path), about(source, path, `has more than ${issue.maximum} entries`))];
    default:
      return [errorAt(source.value(path), about(source, path, issue.message))];
  }
}

/** Keys of which a part of a secret may come to stand where a key is expected. */
const SECRETS: ReadonlySet<string> = new Set(['psk', 'ppk', 'secret']);

/** The complaints of the branch that the value was meant for: the one that its shape fits. */
function issuesOfUnion(issue: Issue & { readonly code: 'invalid_union' }, value: unknown): readonly Issue[] {
  const fitting = issue.errors.find(
    (branch) => !branch.some((inner) => inner.path.length === 0 && inner.code === 'invalid_type'),
  );
  const missing = value === undefined || value === null;
  const fallback: Issue = {
    code: 'custom',
    path: [],
    message: missing ? 'is required' : 'must be one value',
    input: value,
  };
  return fitting ?? [fallback];
}

const EXPECTED: Readonly<Record<string, string>> = {
  object: 'must be a mapping, as in {key: value}',
  record: 'must be a mapping, as in {key: value}',
  array: 'must be a list, as in [one, two]',
  string: 'must be one value',
};

function typeSentence(expected: string, value: unknown): string {
  if (value === undefined) return 'is required';
  if (value === null || value === '') return 'has no value';
  return EXPECTED[expected] ?? 'is not understood';
}

function valueAt(value: unknown, path: ValuePath): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Readonly<Record<PropertyKey, unknown>>)[step];
  }
  return current;
}
