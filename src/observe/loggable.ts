import { printable } from '../base/printable.ts';
import { Secret } from '../base/secret.ts';

const MAX_DEPTH = 6;
const MAX_ITEMS = 100;

/**
 * A value fit for the log, by its type and not by its name: secrets and raw bytes, which may be key material, are
 * never shown; text is escaped and cut; depth and length are bounded; a cycle does no harm.
 */
export function loggable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return printable(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Secret) return value.toString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return '[deeper]';
  return loggableObject(value, depth + 1);
}

function loggableObject(value: object, depth: number): unknown {
  if (value instanceof Error) return loggableError(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Map) return loggable([...value.entries()], depth);
  if (value instanceof Set) return loggable([...value], depth);
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => loggable(item, depth));
  const entries = Object.entries(value).slice(0, MAX_ITEMS);
  return Object.fromEntries(entries.map(([key, item]) => [printable(key), loggable(item, depth)]));
}

function loggableError(error: Error, depth: number): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    name: error.name,
    message: printable(error.message),
    ...(code === undefined ? {} : { code }),
    stack: frames.slice(0, 20).map((line) => printable(line.trim())),
    ...(error.cause === undefined ? {} : { cause: loggable(error.cause, depth) }),
  };
}
