import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { pooledEntropy, systemEntropy } from './system-entropy.ts';

/** Whose every 4 octets differ from all before; keeps what it has filled. */
function counting() {
  const filled: Uint8Array[] = [];
  let count = 0;
  const entropy = pooledEntropy((bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let offset = 0; offset + 4 <= bytes.length; offset += 4) view.setUint32(offset, ++count);
    filled.push(bytes);
  });
  return { entropy, filled };
}

describe('random bytes', () => {
  it('none is handed out twice, also where the pool comes to its end', () => {
    const { entropy } = counting();
    const seen = new Set<string>();
    let fours = 0;
    for (let turn = 0; turn < 400; turn++) {
      // Lengths that do not divide the pool: its end is left over.
      const bytes = entropy.bytes([32, 8, 20, 256][turn % 4] ?? 0);
      fours += bytes.length / 4;
      for (let offset = 0; offset < bytes.length; offset += 4) seen.add(toHex(bytes.subarray(offset, offset + 4)));
    }
    expect(seen.size).toBe(fours);
    expect(seen.has('00000000')).toBe(false);
  });

  it('what was handed out is in the pool no more', () => {
    const { entropy, filled } = counting();
    const key = entropy.bytes(32);
    expect(filled[0]?.subarray(0, 32).every((octet) => octet === 0)).toBe(true);
    expect(filled[0]?.subarray(32, 64).every((octet) => octet === 0)).toBe(false);
    expect(key.buffer.byteLength).toBe(32);
  });

  it('of many at once the pool has no part', () => {
    const { entropy, filled } = counting();
    const many = entropy.bytes(1_000);
    expect(filled).toEqual([many]);
  });

  it("the system's are of the length that was asked for, and never the same", () => {
    const nonces = Array.from({ length: 500 }, () => toHex(systemEntropy.bytes(32)));
    expect(new Set(nonces).size).toBe(500);
    expect(nonces.every((nonce) => nonce.length === 64)).toBe(true);
    expect(systemEntropy.bytes(0).length).toBe(0);
  });
});
