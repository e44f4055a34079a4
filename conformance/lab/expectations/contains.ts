/** Where `actual` does not contain `expected`, as `path: expected X, is Y`; nothing where it does. */
export function differences(actual: unknown, expected: unknown, path = ''): string[] {
  if (typeof expected !== 'object' || expected === null) {
    if (actual === expected) return [];
    return [`${path || 'value'}: expected ${JSON.stringify(expected)}, is ${JSON.stringify(actual)}`];
  }
  if (Array.isArray(expected) && (!Array.isArray(actual) || actual.length !== expected.length)) {
    return [`${path}: expected ${expected.length} entries, is ${JSON.stringify(actual)}`];
  }
  if (typeof actual !== 'object' || actual === null) return [`${path}: is ${JSON.stringify(actual)}`];
  const fields = actual as Readonly<Record<string, unknown>>;
  return Object.entries(expected).flatMap(([key, value]) =>
    differences(fields[key], value, path ? `${path}.${key}` : key),
  );
}
