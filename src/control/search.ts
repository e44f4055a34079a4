/**
 * The rows that a query fits: each of its words (blanks divide them) occurs, ignoring case, in some text of the row,
 * at any depth. An empty query fits all.
 */
export function searchRows<Row>(rows: readonly Row[], query = ''): Row[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const text = textsOf(row).join('\n').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}
