import type { ViciAlgorithms } from '../../control/vici/vici-api.ts';
import {
  ENCRYPTION,
  type EncryptionKeyword,
  encryptionAlgorithm,
  INTEGRITY,
  type IntegrityKeyword,
  KEY_EXCHANGE,
  type KeyExchangeKeyword,
  PRF,
  type PrfKeyword,
} from '../../crypto/algorithms.ts';
import type { CipherSuite } from '../../sa/proposal.ts';

/** What was agreed, in the names that IANA's registries gave strongSwan. */
export function viciAlgorithms({ encryption, integrity, prf, keyExchange, esn }: CipherSuite): ViciAlgorithms {
  return {
    ...(encryption === undefined ? {} : encryptionNames(encryption)),
    ...(integrity === undefined ? {} : { integrity: INTEGRITY_NAMES[integrity] }),
    ...(prf === undefined ? {} : { prf: PRF_NAMES[prf] }),
    ...(keyExchange === undefined ? {} : { keyExchange: KEY_EXCHANGE_NAMES[keyExchange] }),
    ...(esn === undefined ? {} : { esn }),
  };
}

/** Of all tables, by the kinds that `get-algorithms` knows. */
export function algorithmKinds(): readonly (readonly [kind: string, names: readonly string[]])[] {
  const ciphers = ENCRYPTION.map((row) => ({ name: ENCRYPTION_NAMES[row.keyword], isAead: 'aeadIcvBytes' in row }));
  const namesOf = (isAead: boolean) => ciphers.filter((cipher) => cipher.isAead === isAead).map(({ name }) => name);
  return [
    ['encryption', [...new Set(namesOf(false))]],
    ['integrity', INTEGRITY.map(({ keyword }) => INTEGRITY_NAMES[keyword])],
    ['aead', [...new Set(namesOf(true))]],
    ['prf', PRF.map(({ keyword }) => PRF_NAMES[keyword])],
    ['dh', KEY_EXCHANGE.map(({ keyword }) => KEY_EXCHANGE_NAMES[keyword])],
  ];
}

/** Only where the length is told apart on the wire (RFC 7296 §3.3.5), as charon does it. */
function encryptionNames(keyword: EncryptionKeyword): ViciAlgorithms {
  const { keyBits, keyLengthAttribute } = encryptionAlgorithm(keyword);
  return { encryption: ENCRYPTION_NAMES[keyword], ...(keyLengthAttribute ? { keySize: keyBits } : {}) };
}

const ENCRYPTION_NAMES: Readonly<Record<EncryptionKeyword, string>> = {
  '3des': '3DES_CBC',
  aes128: 'AES_CBC',
  aes192: 'AES_CBC',
  aes256: 'AES_CBC',
  aes128gcm16: 'AES_GCM_16',
  aes192gcm16: 'AES_GCM_16',
  aes256gcm16: 'AES_GCM_16',
  chacha20poly1305: 'CHACHA20_POLY1305',
};

const INTEGRITY_NAMES: Readonly<Record<IntegrityKeyword, string>> = {
  md5: 'HMAC_MD5_96',
  sha1: 'HMAC_SHA1_96',
  sha256: 'HMAC_SHA2_256_128',
  sha384: 'HMAC_SHA2_384_192',
  sha512: 'HMAC_SHA2_512_256',
};

const PRF_NAMES: Readonly<Record<PrfKeyword, string>> = {
  prfmd5: 'PRF_HMAC_MD5',
  prfsha1: 'PRF_HMAC_SHA1',
  prfsha256: 'PRF_HMAC_SHA2_256',
  prfsha384: 'PRF_HMAC_SHA2_384',
  prfsha512: 'PRF_HMAC_SHA2_512',
};

const KEY_EXCHANGE_NAMES: Readonly<Record<KeyExchangeKeyword, string>> = {
  modp768: 'MODP_768',
  modp1024: 'MODP_1024',
  modp1536: 'MODP_1536',
  modp2048: 'MODP_2048',
  modp3072: 'MODP_3072',
  modp4096: 'MODP_4096',
  modp6144: 'MODP_6144',
  modp8192: 'MODP_8192',
  ecp256: 'ECP_256',
  ecp384: 'ECP_384',
  ecp521: 'ECP_521',
  modp2048s256: 'MODP_2048_256',
  curve25519: 'CURVE_25519',
  mlkem512: 'ML_KEM_512',
  mlkem768: 'ML_KEM_768',
  mlkem1024: 'ML_KEM_1024',
};
