import { describe, expect, test } from 'vitest';
import { SeededEntropy } from '../../../base/entropy.ts';
import { ENCRYPTION, encryptionAlgorithm, INTEGRITY, integrityAlgorithm } from '../../../crypto/algorithms.ts';
import type { Libcrypto } from '../../../native/libcrypto.ts';
import { createTransformResources } from '../resources.ts';
import type { NativeCrypto } from './native-crypto.ts';
import { loadNativeCrypto } from './native-crypto.ts';
import { nativeCipherWorks, nativeMacWorks } from './self-test.ts';

const native = loadNativeCrypto() ?? expect.unreachable('this Node exports no libcrypto');
const CIPHERS = ENCRYPTION.map(({ keyword }) => keyword);
const COMBINED = CIPHERS.filter((keyword) => encryptionAlgorithm(keyword).aeadIcvBytes !== undefined);
const MACS = INTEGRITY.map(({ keyword }) => keyword);

function faulty(changed: Partial<Libcrypto>): NativeCrypto {
  return { ...native, lib: { ...native.lib, ...changed } };
}

test('this Node carries every algorithm by the library', () => {
  const resources = createTransformResources(new SeededEntropy(1));
  expect(CIPHERS.filter((keyword) => resources.nativeCipher(keyword) === undefined)).toEqual([]);
  expect(MACS.filter((keyword) => resources.nativeMac(keyword) === undefined)).toEqual([]);
});

test('without a library nothing is native', () => {
  const resources = createTransformResources(new SeededEntropy(1), () => undefined);
  expect(resources.nativeCipher('aes128')).toBeUndefined();
  expect(resources.nativeMac('sha1')).toBeUndefined();
});

describe.each(CIPHERS)('the library is not used for %s', (keyword) => {
  test.each([
    ['has no such cipher', faulty({ cipherByName: () => 0 })],
    ['refuses the key', faulty({ initCipher: () => 0 })],
    ['does nothing', faulty({ cipher: (_context, _output, _input, length) => length })],
    ['takes fewer bytes than it was given', faulty({ cipher: () => 8 })],
    [
      'gives another text',
      faulty({ cipher: (context, output, input, length) => native.lib.cipher(context, output, input + 1, length) }),
    ],
  ])('where it %s', (_fault, library) => {
    expect(nativeCipherWorks(library, keyword)).toBe(false);
  });
});

test.each(COMBINED)(
  'the library is not used for %s where it does not notice a forgery, or keeps the tag',
  (keyword) => {
    const careless = (context: number, output: number, length: number) => {
      native.lib.finish(context, output, length);
      return 1;
    };
    expect(nativeCipherWorks(faulty({ finish: careless }), keyword)).toBe(false);
    expect(nativeCipherWorks(faulty({ getParameters: () => 1 }), keyword)).toBe(false);
  },
);

test.each(MACS)('the library is not used for HMAC-%s where it computes something else', (keyword) => {
  const { hash } = integrityAlgorithm(keyword);
  const right = native.lib.digests[hash];
  const wrongs: Partial<typeof right>[] = [
    { update: () => 1 },
    { update: () => 0 },
    { transform: () => {} },
    { update: (context, bytes, length) => right.update(context, bytes + 1, length) },
    { init: () => 1 },
  ];
  for (const wrong of wrongs) {
    const digests = { ...native.lib.digests, [hash]: { ...right, ...wrong } };
    expect(nativeMacWorks(faulty({ digests }), keyword)).toBe(false);
  }
});
