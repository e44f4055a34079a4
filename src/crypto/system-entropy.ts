import { randomBytes } from 'node:crypto';
import type { Entropy } from '../base/entropy.ts';

/** The operating system's generator, by way of OpenSSL's. */
export const systemEntropy: Entropy = {
  bytes(length: number): Uint8Array {
    // A copy: small Buffers share one pool, and what holds a key must hold nothing else.
    return Uint8Array.from(randomBytes(length));
  },
};
