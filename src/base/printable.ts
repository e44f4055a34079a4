/**
 * Text that may come from a stranger, fit for a terminal or a log: whatever moves the cursor, breaks the line or turns
 * the writing direction becomes `\u{hex}`, and what is longer than `limit` characters is cut.
 */
export function printable(text: string, limit = 1_024): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return cut.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Control and format characters, line and paragraph separators, halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
