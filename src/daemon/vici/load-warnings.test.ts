import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { warningAt } from '../../config/problem.ts';
import { LoadWarnings } from './load-warnings.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const about = (connection: string, sentence: string) =>
  warningAt({ file: `connection ${connection}, version`, line: 0, column: 0 }, sentence);

it('each sentence about all that is loaded at once is told once, when no more comes', () => {
  const lines: string[] = [];
  const warnings = new LoadWarnings((line) => lines.push(line));
  for (const name of ['moon', 'sun', 'venus']) {
    warnings.add([about(name, 'is old'), ...(name === 'sun' ? [about(name, 'is hot')] : [])]);
    vi.advanceTimersByTime(400);
    expect(lines).toEqual([]);
  }
  vi.advanceTimersByTime(500);
  expect(lines).toEqual([
    'connection moon, version warning is old (the same at 2 more)',
    'connection sun, version warning is hot',
  ]);
  warnings.add([]);
  warnings.add([about('mars', 'is old')]);
  vi.advanceTimersByTime(1000);
  expect(lines.slice(2)).toEqual(['connection mars, version warning is old']);
});
