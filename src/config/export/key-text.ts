import { toHex, utf8 } from '../../base/bytes.ts';
import type { Secret } from '../../base/secret.ts';
import { HIDDEN_KEY } from '../import/shared-keys.ts';

/** A key as an export writes it. */
export type KeyText = {
  /** Whether it is a text, or bytes that only hexadecimal digits can tell. */
  readonly kind: 'text' | 'hex';
  /** The text or the digits; `<secret>` where it is not to be shown. */
  readonly text: string;
  readonly hidden: boolean;
  /** Whether a device that takes such texts takes it. */
  readonly fits: (pattern: RegExp) => boolean;
};

export function keyText(secret: Secret, reveal: boolean): KeyText {
  const bytes = secret.expose();
  const typed = bytes.length > 0 && bytes.every((byte) => byte > 0x20 && byte < 0x7f);
  const kind = typed ? 'text' : 'hex';
  const text = typed ? String.fromCharCode(...bytes) : toHex(bytes);
  return { kind, text: reveal ? text : HIDDEN_KEY, hidden: !reveal, fits: (pattern) => pattern.test(text) };
}

/** For strongSwan and libreswan: a text in quotes, or digits with 0x before them. */
export function quotedKey({ kind, text, hidden }: KeyText): string {
  if (hidden) return `"${text}"`;
  if (kind === 'hex') return `0x${text}`;
  // swanctl reads 0x and 0s within quotes, too; ipsec.secrets knows no escapes within them.
  const literal = /^0[xXsS]/.test(text) || /["\\]/.test(text);
  return literal ? `0x${toHex(utf8(text))}` : `"${text}"`;
}
