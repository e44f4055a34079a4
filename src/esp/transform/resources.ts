import type { Entropy } from '../../base/entropy.ts';
import type { EncryptionKeyword, IntegrityKeyword } from '../../crypto/algorithms.ts';
import type { NativeCrypto } from './ciphers/native-crypto.ts';
import { loadNativeCrypto } from './ciphers/native-crypto.ts';
import { RandomPool } from './ciphers/random-pool.ts';
import { nativeCipherWorks, nativeMacWorks } from './ciphers/self-test.ts';

/** What all SAs of one thread share. It must not be shared between threads. */
export type TransformResources = {
  readonly random: RandomPool;
  /** The library, where it is there and does this algorithm right; else src/crypto is used. */
  nativeCipher(keyword: EncryptionKeyword): NativeCrypto | undefined;
  nativeMac(keyword: IntegrityKeyword): NativeCrypto | undefined;
};

/** An algorithm is tested when it is first asked for. `load` is for tests that want to do without the library. */
export function createTransformResources(
  entropy: Entropy,
  load: () => NativeCrypto | undefined = loadNativeCrypto,
): TransformResources {
  const native = load();
  return {
    random: new RandomPool(entropy),
    nativeCipher: whereItWorks(native, nativeCipherWorks),
    nativeMac: whereItWorks(native, nativeMacWorks),
  };
}

function whereItWorks<Keyword>(
  native: NativeCrypto | undefined,
  works: (native: NativeCrypto, keyword: Keyword) => boolean,
): (keyword: Keyword) => NativeCrypto | undefined {
  if (native === undefined) return () => undefined;
  const known = new Map<Keyword, boolean>();
  return (keyword) => {
    const tested = known.get(keyword) ?? works(native, keyword);
    known.set(keyword, tested);
    return tested ? native : undefined;
  };
}
