/** Gives entries other keys, all at once, as two may change theirs with each other: `renamed` has the new key by the old. */
export function renameKeys<Value>(map: Map<string, Value>, renamed: ReadonlyMap<string, string>): void {
  const entries = [...map].map(([key, value]) => [renamed.get(key) ?? key, value] as const);
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}
