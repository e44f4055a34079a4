import { randomFillSync } from 'node:crypto';
import type { Entropy } from '../base/entropy.ts';

const POOL_BYTES = 4_096;
/** More than keys, nonces and IVs have. */
const LARGE_BYTES = 256;

/** The operating system's generator, by way of OpenSSL's. */
export const systemEntropy: Entropy = pooledEntropy((bytes) => void randomFillSync(bytes));

/**
 * Fills much at once: a call to OpenSSL costs as much for 8 bytes as for hundreds, and a handshake takes a dozen. What
 * has been handed out is wiped from the pool, which so never holds anything that is a key.
 */
export function pooledEntropy(fill: (bytes: Uint8Array) => void): Entropy {
  const pool = new Uint8Array(POOL_BYTES);
  let next = POOL_BYTES;
  return {
    bytes(length: number): Uint8Array {
      const out = new Uint8Array(length);
      if (length > LARGE_BYTES) {
        fill(out);
        return out;
      }
      if (next + length > POOL_BYTES) {
        fill(pool);
        next = 0;
      }
      for (let index = 0; index < length; index++) {
        out[index] = pool[next] ?? 0;
        pool[next++] = 0;
      }
      return out;
    },
  };
}
