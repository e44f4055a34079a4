import type { IntegrityKeyword } from './algorithms.ts';
import { integrityAlgorithm } from './algorithms.ts';
import { workingProvider } from './working-provider.ts';

/**
 * The integrity check value of the concatenation of `data`: the HMAC cut to the algorithm's `icvBytes` (RFC 2404 §2,
 * RFC 4868 §2.3). Compare it with `constantTimeEqual`.
 */
export function computeIcv(keyword: IntegrityKeyword, key: Uint8Array, ...data: readonly Uint8Array[]): Uint8Array {
  const { hash, icvBytes } = integrityAlgorithm(keyword);
  return workingProvider('hmac', hash).hmac(hash, key, data).slice(0, icvBytes);
}
