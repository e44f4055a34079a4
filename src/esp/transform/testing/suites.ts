import { SeededEntropy } from '../../../base/entropy.ts';
import type { EncryptionKeyword, IntegrityKeyword } from '../../../crypto/algorithms.ts';
import { ENCRYPTION, encryptionAlgorithm, INTEGRITY, integrityAlgorithm } from '../../../crypto/algorithms.ts';
import type { SaSpec } from '../../../sa/data-plane.ts';
import type { TransformResources } from '../resources.ts';
import { createTransformResources } from '../resources.ts';

/** With the library, and without it. */
export const IMPLEMENTATIONS: Readonly<Record<'native' | 'portable', TransformResources>> = {
  native: createTransformResources(new SeededEntropy(1)),
  portable: createTransformResources(new SeededEntropy(2), () => undefined),
};

export type Suite = { readonly encryption: EncryptionKeyword; readonly integrity?: IntegrityKeyword };

/** Every combination that an ESP SA can have. */
export const SUITES: readonly Suite[] = ENCRYPTION.flatMap(({ keyword }) =>
  encryptionAlgorithm(keyword).aeadIcvBytes === undefined
    ? INTEGRITY.map(({ keyword: integrity }) => ({ encryption: keyword, integrity }))
    : [{ encryption: keyword }],
);

export function suiteName({ encryption, integrity }: Suite): string {
  return integrity === undefined ? encryption : `${encryption}-${integrity}`;
}

/** The two halves of a Child SA of one direction, with keys out of `seed`. */
export function espSa({ encryption, integrity }: Suite, esn: boolean, seed = 7): SaSpec {
  const { keyBits, saltBytes } = encryptionAlgorithm(encryption);
  return {
    ...SA,
    esn,
    protocol: 'esp',
    encryption,
    encryptionKey: new SeededEntropy(seed).bytes(keyBits / 8 + saltBytes),
    ...(integrity === undefined ? {} : integrityOf(integrity, seed)),
  };
}

export function ahSa(integrity: IntegrityKeyword, esn: boolean, family: 4 | 6, seed = 7): SaSpec {
  const addresses =
    family === 4
      ? { source: '192.0.2.1', destination: '192.0.2.2' }
      : { source: '2001:db8::1', destination: '2001:db8::2' };
  return { ...SA, ...addresses, esn, protocol: 'ah', ...integrityOf(integrity, seed) };
}

function integrityOf(integrity: IntegrityKeyword, seed: number): Pick<SaSpec, 'integrity' | 'integrityKey'> {
  return { integrity, integrityKey: new SeededEntropy(seed + 1).bytes(integrityAlgorithm(integrity).keyBytes) };
}

const SA = {
  source: '192.0.2.1',
  destination: '192.0.2.2',
  direction: 'out',
  spi: 0xc0ff_ee01,
  reqid: 1,
  mode: 'tunnel',
  replayWindow: 128,
} as const;
