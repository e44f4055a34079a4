import { afterEach, describe, expect, it, vi } from 'vitest';
import { newKey } from './new-key.ts';

/** Random octets that are these again and again. */
function drawing(...octets: readonly number[]): void {
  let drawn = 0;
  vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
    (array as Uint8Array)[0] = octets[drawn++ % octets.length] ?? 0;
    return array;
  });
}

afterEach(() => void vi.restoreAllMocks());

describe('a new key', () => {
  it('has 32 letters and digits', () => {
    for (let count = 0; count < 100; count++) expect(newKey()).toMatch(/^[A-Za-z1-9][A-Za-z0-9]{31}$/);
  });

  it('does not begin as one in another notation does (0x, 0s)', () => {
    drawing(52, 44, 0);
    expect(newKey()).toMatch(/^sA0sA0/);
  });

  it('takes no octet that would make some letters come more often', () => {
    drawing(255, 248, 1);
    expect(newKey()).toBe('B'.repeat(32));
  });
});
