import type { HashName } from './algorithms.ts';
import { workingProvider } from './working-provider.ts';

/** The digest of the concatenation of `data`. */
export function hash(name: HashName, ...data: readonly Uint8Array[]): Uint8Array {
  return workingProvider('hash', name).hash(name, data);
}
