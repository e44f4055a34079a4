import UFuzzy from '@leeoniya/ufuzzy';

/**
 * The rows that a query fits. Those in which each of its words (blanks divide them) occurs, ignoring case, in some text of
 * the row, at any depth; an empty query fits all. Where there is none of these, those whose names, addresses, labels or
 * remarks nearly have them, with a letter wrong, missing, too many or exchanged in a word, the likeliest first.
 */
export function searchRows<Row>(rows: readonly Row[], query = ''): Row[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const exact = rows.filter((row) => {
    const text = textsOf(row).join('\n').toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return exact.length > 0 ? exact : fuzzy(rows, words.join(' '));
}

function fuzzy<Row>(rows: readonly Row[], query: string): Row[] {
  const texts = rows.map((row) => headlinesOf(row).join(' '));
  // Words in any order.
  const [found, info, order] = MATCHER.search(texts, query, 3);
  const ranked = info === null || order === null ? (found ?? []) : order.map((position) => info.idx[position] ?? -1);
  return ranked.flatMap((index) => rows[index] ?? []);
}

/** One error in a word, of letters of any script. */
const MATCHER = new UFuzzy({
  unicode: true,
  interSplit: "[^\\p{L}\\d']+",
  intraSplit: '\\p{Ll}\\p{Lu}',
  intraBound: '\\p{L}\\d|\\d\\p{L}|\\p{Ll}\\p{Lu}',
  intraChars: "[\\p{L}\\d']",
  intraContr: "'\\p{L}{1,2}\\b",
  intraMode: 1,
  intraIns: 1,
  intraSub: 1,
  intraTrn: 1,
  intraDel: 1,
});

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

/** What people know a row by: its own texts and its labels, not the SPIs and proposals below. */
function headlinesOf(row: unknown): string[] {
  if (typeof row !== 'object' || row === null) return [];
  return Object.entries(row).flatMap(([key, value]) =>
    typeof value === 'string' || key === 'labels' ? textsOf(value) : [],
  );
}
