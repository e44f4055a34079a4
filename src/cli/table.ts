import { styleText } from 'node:util';
import { printable } from '../base/printable.ts';

export type Style = 'plain' | 'good' | 'busy' | 'bad' | 'quiet';
export type Cell = string | { readonly text: string; readonly style: Style };

const COLOURS = { good: 'green', busy: 'yellow', bad: 'red', quiet: 'dim' } as const;

/**
 * Lines with a heading and columns as wide as their widest cell. Columns in which no row has anything are left out.
 * What cells say may come from a peer, so it is made harmless here.
 */
export function table(heading: readonly string[], rows: readonly (readonly Cell[])[], colour: boolean): string {
  const texts = rows.map((row) => row.map((cell) => printable(textOf(cell))));
  const columns = heading.map((title, index) => ({
    index,
    title,
    width: Math.max(title.length, ...texts.map((row) => row[index]?.length ?? 0)),
  }));
  const shown = columns.filter(({ index }) => rows.length === 0 || texts.some((row) => (row[index] ?? '') !== ''));
  const last = shown.at(-1);
  const pad = (text: string, column: { width: number }): string => (column === last ? text : text.padEnd(column.width));
  const headLine = shown.map((column) => pad(column.title, column)).join('  ');
  const lines = rows.map((row, r) => {
    const cells = shown.map((column) => {
      return styled(pad(texts[r]?.[column.index] ?? '', column), styleOf(row[column.index]), colour);
    });
    return cells.join('  ').trimEnd();
  });
  return [headLine, ...lines].join('\n');
}

/** `key  value` lines below a title, the values aligned; without its empty ones. */
export function block(title: string, rows: readonly (readonly [key: string, value: string])[]): string {
  const shown = rows.filter(([, value]) => value !== '');
  const width = Math.max(0, ...shown.map(([key]) => key.length));
  return [title, ...shown.map(([key, value]) => `  ${key.padEnd(width)}  ${printable(value)}`)].join('\n');
}

export function styled(text: string, style: Style, colour: boolean): string {
  return colour && style !== 'plain' ? styleText(COLOURS[style], text, { validateStream: false }) : text;
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

function styleOf(cell: Cell | undefined): Style {
  return cell === undefined || typeof cell === 'string' ? 'plain' : cell.style;
}
