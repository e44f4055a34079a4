import { expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { SeededEntropy } from '../../../base/entropy.ts';
import { RandomPool } from './random-pool.ts';

test('what is given out is all that was fetched, each byte once', () => {
  const fetched: string[] = [];
  const source = new SeededEntropy(1);
  const pool = new RandomPool({
    bytes: (length) => {
      const bytes = source.bytes(length);
      fetched.push(toHex(bytes));
      return bytes;
    },
  });
  let given = '';
  const view = new DataView(new ArrayBuffer(32));
  while (fetched.length < 3) {
    pool.fill(view, 8, 16);
    given += toHex(new Uint8Array(view.buffer, 8, 16));
  }
  const all = fetched.join('');
  expect(given.length).toBeGreaterThan((fetched[0]?.length ?? 0) + (fetched[1]?.length ?? 0));
  expect(all.slice(0, given.length) === given).toBe(true);
  expect(toHex(new Uint8Array(view.buffer, 0, 8))).toBe('0000000000000000');
  expect(toHex(new Uint8Array(view.buffer, 24, 8))).toBe('0000000000000000');
});
