import { describe, expect, it } from 'vitest';
import { constantTimeEqual } from './constant-time.ts';

describe('comparison of secrets', () => {
  it('equal bytes are equal, whatever memory they are in', () => {
    const memory = Uint8Array.of(9, 1, 2, 3);
    expect(constantTimeEqual(memory.subarray(1), Uint8Array.of(1, 2, 3))).toBe(true);
    expect(constantTimeEqual(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });

  it('one differing bit, or another length, is unequal and throws nothing', () => {
    expect(constantTimeEqual(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 2))).toBe(false);
    expect(constantTimeEqual(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2))).toBe(false);
    expect(constantTimeEqual(new Uint8Array(0), Uint8Array.of(0))).toBe(false);
  });
});
