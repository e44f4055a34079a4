/**
 * Text that may come from a stranger, fit for a terminal or a log: whatever moves the cursor, breaks the line or turns
 * the writing direction becomes `\u{hex}`, and what is longer than `limit` characters is cut.
 */
export function printable(text: string, limit = 1_024): string {
  if (text.length <= limit && isPlain(text)) return text;
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return cut.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Printable ASCII alone, as nearly all of it is. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** Control and format characters, line and paragraph separators, halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
