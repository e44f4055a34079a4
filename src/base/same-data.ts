/**
 * Whether two values of plain data are the same: numbers, texts, bytes, arrays and objects of them. A key that is undefined
 * is absent, and what hides its contents, as secrets do, is the same as any other of its kind.
 */
export function sameData(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (isArrayLike(a) || isArrayLike(b))
    return isArrayLike(a) && isArrayLike(b) && a.length === b.length && sameItems(a, b);
  return sameKeys(a, b) && Object.keys(b).every((key) => key in a || valueAt(b, key) === undefined);
}

function isArrayLike(value: object): value is readonly unknown[] | Uint8Array {
  return Array.isArray(value) || value instanceof Uint8Array;
}

function sameItems(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  for (let index = 0; index < a.length; index++) if (!sameData(a[index], b[index])) return false;
  return true;
}

function sameKeys(a: object, b: object): boolean {
  for (const key of Object.keys(a)) if (!sameData(valueAt(a, key), valueAt(b, key))) return false;
  return true;
}

function valueAt(object: object, key: string): unknown {
  return (object as Readonly<Record<string, unknown>>)[key];
}
