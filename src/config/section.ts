import { z } from 'zod';
import { nearestWord } from '../base/nearest.ts';

/** A mapping with known keys. Its message for unknown ones has a line for each, in the order of `issue.keys`. */
export function section<Shape extends z.ZodRawShape>(shape: Shape, hint = '') {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? (issue.keys as string[]).map((key) => unknownKey(key, known) + hint).join('\n')
        : undefined,
  });
}

function unknownKey(key: string, known: readonly string[]): string {
  const nearest = nearestWord(key, known);
  return `unknown key; ${nearest === undefined ? `known are ${known.join(', ')}` : `did you mean ${nearest}?`}`;
}
