import type { EncryptionKeyword } from '../../../crypto/algorithms.ts';
import { encryptionAlgorithm } from '../../../crypto/algorithms.ts';
import type { SaSpec } from '../../../sa/data-plane.ts';
import type { TransformResources } from '../resources.ts';
import { CbcHmacOpener, CbcHmacSealer } from './cbc-hmac.ts';
import { NativeAeadOpener, NativeAeadSealer } from './native-aead.ts';
import { NativeCbc } from './native-cbc.ts';
import { NativeHmac } from './native-hmac.ts';
import { PortableAeadOpener, PortableAeadSealer } from './portable-aead.ts';
import { PortableCbc } from './portable-cbc.ts';
import { PortableHmac } from './portable-hmac.ts';
import type { CbcCipher, Mac, Opener, Sealer } from './protection.ts';

/** @throws RangeError where an algorithm or key is missing or has no working implementation here. */
export function sealerOf(sa: SaSpec, resources: TransformResources): Sealer {
  const { keyword, key } = encryptionOf(sa);
  if (!isCombined(keyword)) return new CbcHmacSealer(cbcHmac(sa, resources, 1), resources.random);
  const native = resources.nativeCipher(keyword);
  return native === undefined
    ? new PortableAeadSealer(keyword, key, sa.esn)
    : new NativeAeadSealer(native, keyword, key, sa.esn);
}

/** @throws RangeError as `sealerOf`. */
export function openerOf(sa: SaSpec, resources: TransformResources): Opener {
  const { keyword, key } = encryptionOf(sa);
  if (!isCombined(keyword)) return new CbcHmacOpener(cbcHmac(sa, resources, 0));
  const native = resources.nativeCipher(keyword);
  return native === undefined
    ? new PortableAeadOpener(keyword, key, sa.esn)
    : new NativeAeadOpener(native, keyword, key, sa.esn);
}

/** @throws RangeError as `sealerOf`. */
export function macOf(sa: SaSpec, resources: TransformResources): Mac {
  const { integrity, integrityKey } = sa;
  if (integrity === undefined || integrityKey === undefined) throw new RangeError('an SA without integrity protection');
  const native = resources.nativeMac(integrity);
  return native === undefined
    ? new PortableHmac(integrity, integrityKey, sa.esn)
    : new NativeHmac(native, integrity, integrityKey, sa.esn);
}

function cbcHmac(sa: SaSpec, resources: TransformResources, encrypt: 0 | 1): { cipher: CbcCipher; mac: Mac } {
  const { keyword, key } = encryptionOf(sa);
  const mac = macOf(sa, resources);
  const native = resources.nativeCipher(keyword);
  const cipher =
    native === undefined ? new PortableCbc(keyword, key, encrypt) : new NativeCbc(native, keyword, key, encrypt);
  return { cipher, mac };
}

function encryptionOf(sa: SaSpec): { readonly keyword: EncryptionKeyword; readonly key: Uint8Array } {
  const { encryption, encryptionKey } = sa;
  if (encryption === undefined || encryptionKey === undefined) throw new RangeError('an ESP SA without encryption');
  return { keyword: encryption, key: encryptionKey };
}

function isCombined(keyword: EncryptionKeyword): boolean {
  return encryptionAlgorithm(keyword).aeadIcvBytes !== undefined;
}
