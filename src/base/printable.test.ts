import { describe, expect, it } from 'vitest';
import { printable } from './printable.ts';

describe('printable text', () => {
  it('leaves letters of any script and blanks alone', () => {
    expect(printable('stage 1 of zürich ↔ 北京')).toBe('stage 1 of zürich ↔ 北京');
  });

  it('shows what would steer a terminal, break a line or turn the direction', () => {
    expect(printable('a\u001b[2Jb\r\n\u0000\u007f\u009b')).toBe('a\\u{1b}[2Jb\\u{d}\\u{a}\\u{0}\\u{7f}\\u{9b}');
    expect(printable('x\u202ey\u2028\ud800')).toBe('x\\u{202e}y\\u{2028}\\u{d800}');
  });

  it('cuts what is too long', () => {
    expect(printable('abcdef', 3)).toBe('abc…');
    expect(printable('abc', 3)).toBe('abc');
  });
});
