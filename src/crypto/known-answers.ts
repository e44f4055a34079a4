import { toHex } from '../base/bytes.ts';
import type { DiffieHellmanKeyword, EncryptionKeyword, HashName, KemKeyword } from './algorithms.ts';

// One known answer for every primitive, in lower-case hexadecimal: what an implementation must give before it is used.

/** Of "abc": RFC 1321 §A.5, FIPS 180-4. */
export const HASH_ANSWERS: Readonly<Record<HashName, string>> = {
  md5: '900150983cd24fb0d6963f7d28e17f72',
  sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  sha384: 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  sha512:
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d' +
    '4423643ce80e2a9ac94fa54ca49f',
};

/** Of key "Jefe" and "what do ya want for nothing?": RFC 2202 case 2, RFC 4231 case 2. */
export const HMAC_ANSWERS: Readonly<Record<HashName, string>> = {
  md5: '750c783e6ab0b503eaa86e310a5db738',
  sha1: 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
  sha256: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  sha384: 'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
  sha512:
    '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaea' +
    'b1a34d4a6b4b636e070a38bce737',
};

type EncryptionAnswer = {
  readonly key: string;
  /** The IV of CBC, the whole nonce of a combined-mode cipher. */
  readonly iv: string;
  readonly aad: string;
  readonly plaintext: string;
  /** With the tag. */
  readonly ciphertext: string;
};

/** NIST CAVP TCBCMMT3 case 2; SP 800-38A §F.2; the GCM specification's cases 4, 10 and 16; RFC 7634 appendix B. */
export const ENCRYPTION_ANSWERS: Readonly<Record<EncryptionKeyword, EncryptionAnswer>> = {
  '3des': {
    key: '1a5d4c0825072a15a8ad9dfdaeda8c048adffb85bc4fced0',
    iv: '7fcfa736f7548b6f',
    aad: '',
    plaintext: '983c3edacd939406010e1bc6ff9e12320ac5008117fa8f84',
    ciphertext: 'd84fa24f38cf451ca2c9adc960120bd8ff9871584fe31cee',
  },
  aes128: {
    key: '2b7e151628aed2a6abf7158809cf4f3c',
    iv: '000102030405060708090a0b0c0d0e0f',
    aad: '',
    plaintext: '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51',
    ciphertext: '7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2',
  },
  aes192: {
    key: '8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b',
    iv: '000102030405060708090a0b0c0d0e0f',
    aad: '',
    plaintext: '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51',
    ciphertext: '4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a',
  },
  aes256: {
    key: '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
    iv: '000102030405060708090a0b0c0d0e0f',
    aad: '',
    plaintext: '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51',
    ciphertext: 'f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d',
  },
  aes128gcm16: {
    key: 'feffe9928665731c6d6a8f9467308308',
    iv: 'cafebabefacedbaddecaf888',
    aad: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    plaintext:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a' +
      'edf5aa0de657ba637b39',
    ciphertext:
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba3' +
      '0b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47',
  },
  aes192gcm16: {
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c',
    iv: 'cafebabefacedbaddecaf888',
    aad: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    plaintext:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a' +
      'edf5aa0de657ba637b39',
    ciphertext:
      '3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f4718e2' +
      '448b2fe324d9ccda27102519498e80f1478f37ba55bd6d27618c',
  },
  aes256gcm16: {
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    iv: 'cafebabefacedbaddecaf888',
    aad: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    plaintext:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a' +
      'edf5aa0de657ba637b39',
    ciphertext:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f6' +
      '1e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  },
  chacha20poly1305: {
    key: '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f',
    iv: 'a0a1a2a31011121314151617',
    aad: 'c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029',
    plaintext: '0000000c000040010000000a00',
    ciphertext: '610394701f8d017f7c129248896b71bfe25236efd7cdc67066906315b2',
  },
};

type KeyExchangeAnswer = {
  readonly scalar: string;
  readonly peerPublic: string;
  /** The last 16 bytes of what must come out. */
  readonly publicTail: string;
  readonly secretTail: string;
};

/**
 * RFC 5903 §8, RFC 5114 §A.3, RFC 8031 appendix A. For the other MODP groups, which no RFC has examples of, ours:
 * computed with Python's integers.
 */
export const KEY_EXCHANGE_ANSWERS: Readonly<Record<DiffieHellmanKeyword, KeyExchangeAnswer>> = {
  modp768: {
    scalar: counting(24),
    peerPublic: powerOf2(96),
    publicTail: '79a72ea729ef63572bef541222f93c6e',
    secretTail: '8a043424c03250d582d2e81df64a2b3c',
  },
  modp1024: {
    scalar: counting(24),
    peerPublic: powerOf2(128),
    publicTail: '0ecafc601f4077c8f337443a25605d24',
    secretTail: '6f5fa3b9d8d07c3ddc3244cad5c223b5',
  },
  modp1536: {
    scalar: counting(25),
    peerPublic: powerOf2(192),
    publicTail: '15876fb8a16f56f08f359e20fbb42b56',
    secretTail: '75a874e50dcf4ffbb627c1de280d73f4',
  },
  modp2048: {
    scalar: counting(32),
    peerPublic: powerOf2(256),
    publicTail: 'c5a7aa4e78d77bb8866fd4d19251fdfd',
    secretTail: '64b0f14633acd762a3d33330fc8a4fae',
  },
  modp3072: {
    scalar: counting(36),
    peerPublic: powerOf2(384),
    publicTail: '12a7a5a27c737506500c74a9bae96679',
    secretTail: '1dc205d1c93fb0608e263ba5a5de3105',
  },
  modp4096: {
    scalar: counting(42),
    peerPublic: powerOf2(512),
    publicTail: '708bb811c478808cc0eae2b2c3e939e8',
    secretTail: 'd01dcf3715c2afaacb51fb853b3e2d97',
  },
  modp6144: {
    scalar: counting(48),
    peerPublic: powerOf2(768),
    publicTail: '3f772b5603cb86499f2b72d0bec3c63a',
    secretTail: 'ea34d877178db43fe84af1e45d3dbfa8',
  },
  modp8192: {
    scalar: counting(52),
    peerPublic: powerOf2(1024),
    publicTail: 'f6b3c241d5470824888e1a558dc4439f',
    secretTail: '648e6d9b822f04df44c3642cd3e8ca1a',
  },
  ecp256: {
    scalar: 'c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433',
    peerPublic:
      'd12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e8157854c13c58d6aac23' +
      'f046ada30f8353e74f33039872ab',
    publicTail: 'b1f45b33accf5f58389e0577b8990bb3',
    secretTail: '2fef8e9ece7dce03812464d04b9442de',
  },
  ecp384: {
    scalar: '099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896783ab194',
    peerPublic:
      'e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fda41d0774a3571dcfb' +
      'ec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c',
    publicTail: 'eb9fcff3c2c947dae69b4c634573a81c',
    secretTail: 'd603135569b9e9d09cf5d4a270f59746',
  },
  ecp521: {
    scalar:
      '0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a30fe1c2952c6771d937ba9777f595' +
      '7b2639bab072462f68c27a57382d4a52',
    peerPublic:
      '00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a219b97c356436adc6e95bb0352f6be64a6c291' +
      '2d4ef2d0433ced2b6171640012d9460f015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87220b' +
      '6536c5c408a1d2aebb8e86d678ae49cb57091f4732296579ab44fcd17f0fc56a',
    publicTail: '1a6a7f1507438bf01beb6ca3926f9582',
    secretTail: '15a3a8cc3151f2bee417996d19f3ddea',
  },
  modp2048s256: {
    scalar: '0881382cdb87660c6dc13e614938d5b9c8b2f248581cc5e31b35454397fce50e',
    peerPublic:
      '575f0351bd2b1b817448bdf87a6c362c1e289d3903a30b9832c5741fa250363e7acbc7f77f3dacbc1f131add8e03367eff8f' +
      'bbb3e1c5784424809b25afe4d2262a1a6fd2fab64105ca30a674e07f7809852088632fc049233791ad4edd083a978b883ee6' +
      '18bc5e0dd047415f2d95e683cf14826b5fbe10d3ce41c6c120c78ab20008c698bf7f0bcab9d7f407bed0f43afb2970f57f8d' +
      '12043963e66ddd320d599ad9936c8f44137c08b180ec5e985cebe186f3d549677e80607331ee17af3380a725b0782317d7dd' +
      '43f59d7af9568a9bb63a84d365f92244ed120988219302f42924c7ca90b89d24f71b0ab697823d7deb1aff5b0e8e4a45d49f' +
      '7f53757e1913',
    publicTail: '4ef37e868a8126ff3f2279b57ca67e29',
    secretTail: 'ea87febe63b6c8f846ec6db0c26c5d7c',
  },
  curve25519: {
    scalar: '751fb4308655b476b6789b7325f9ea8cddd16a58533ff6d9e60009464a5f9d94',
    peerPublic: '0be7c1f5aad87d7e448662673298a443478b859745179eaf564c79c0ef6eee25',
    publicTail: 'a4e81c089384fa77f790709f0dfbc766',
    secretTail: '68b7f8319a9e3708ed3d43ce8130c950',
  },
};

type KemAnswer = {
  /** The last bytes of the encapsulation key and of the ciphertext, and the whole secret. */
  readonly publicTail: string;
  readonly ciphertextTail: string;
  readonly secret: string;
};

/** Of the first seed of Wycheproof's ML-KEM files, which is that of the third round of NIST's competition. */
export const KEM_SEED =
  '7c9935a0b07694aa0c6d10e4db6b1add2fd81a25ccb148032dcd739936737f2d' +
  '8626ed79d451140800e03b59b956f8210e556067407d13dc90fa9e8b872bfb8f';
export const KEM_RANDOMNESS = '147c03f7a5bebba406c8fae1874d7f13c80efe79a3a9a874cc09fe76f6997615';

export const KEM_ANSWERS: Readonly<Record<KemKeyword, KemAnswer>> = {
  mlkem512: {
    publicTail: 'ce9921aa9e22448819585dea308eb039',
    ciphertextTail: 'adda7ede8fe80aa662d694c6d8c33b52',
    secret: '319839e82ab6b222de7b619e80da8391522bbb37677018494a4742c53f9abfdf',
  },
  mlkem768: {
    publicTail: 'c4e8315f2af0d32f0017ae136e19f028',
    ciphertextTail: '7852f8e97f50a133532ac3ee1e52d464',
    secret: 'e7184a0975ee3470878d2d159ec83129c8aec253d4ee17b4810311d198cd0368',
  },
  mlkem1024: {
    publicTail: 'ad04cc752bc20c394746850e0c4847db',
    ciphertextTail: '4e27410d43ceef3e88e9c717dd44c9ee',
    secret: '489dd1e9c2be4af3482bdb35bb26ce760e6e414da6ecbe489985748a825f1cd6',
  },
};

/** 81 02 03 04 …: the top bit is set as in every exponent of ours. */
function counting(length: number): string {
  return toHex(Uint8Array.from({ length }, (_, index) => (index === 0 ? 0x81 : index + 1)));
}

/** 2^(8·length - 2), which is below every prime of the groups. */
function powerOf2(length: number): string {
  return `40${'00'.repeat(length - 1)}`;
}
