import { endianness } from 'node:os';
import koffi from 'koffi';

/** Where something lies in memory; 0 is NULL. */
type Address = number;

/** A digest below EVP: its context is a published structure (`<openssl/sha.h>`, `<openssl/md5.h>`). */
export type DigestCalls = {
  readonly init: (context: Address) => number;
  readonly update: (context: Address, bytes: Address, length: number) => number;
  /** One block. */
  readonly transform: (context: Address, block: Address) => void;
};

export type Libcrypto = ReturnType<typeof bindLibcrypto>;

/**
 * OpenSSL's calls for the packet path, as they are. Memory is passed by its address (`Arena`): that costs half of what
 * a Buffer costs, and needs no object for each packet. Undefined where this process does not export them; that they
 * compute the right thing is for the caller to test.
 */
export function loadLibcrypto(): Libcrypto | undefined {
  if (koffi.sizeof('void *') !== 8 || endianness() !== 'LE') return undefined;
  try {
    return bindLibcrypto();
  } catch {
    return undefined;
  }
}

function bindLibcrypto() {
  const library = koffi.load(null);
  const bind = <F>(prototype: string): F => library.func(prototype) as unknown as F;
  const digest = (initName: string, name: string): DigestCalls => ({
    init: bind(`int ${initName}_Init(uintptr_t)`),
    update: bind(`int ${name}_Update(uintptr_t, uintptr_t, size_t)`),
    transform: bind(`void ${name}_Transform(uintptr_t, uintptr_t)`),
  });
  return {
    cipherByName: bind<(name: string) => Address>('uintptr_t EVP_get_cipherbyname(const char *)'),
    newContext: bind<() => Address>('uintptr_t EVP_CIPHER_CTX_new(void)'),
    /** Wipes the key as well. */
    freeContext: bind<(context: Address) => void>('void EVP_CIPHER_CTX_free(uintptr_t)'),
    initCipher: bind<
      (context: Address, cipher: Address, key: Address, iv: Address, encrypt: number, parameters: Address) => number
    >('int EVP_CipherInit_ex2(uintptr_t, uintptr_t, uintptr_t, uintptr_t, int, uintptr_t)'),
    getParameters: bind<(context: Address, parameters: Address) => number>(
      'int EVP_CIPHER_CTX_get_params(uintptr_t, uintptr_t)',
    ),
    /** The number of bytes taken, or -1. Without `output` they are AAD. */
    cipher: bind<(context: Address, output: Address, input: Address, length: number) => number>(
      'int EVP_Cipher(uintptr_t, uintptr_t, uintptr_t, unsigned int)',
    ),
    /** Ends a combined-mode operation: the tag is there, or is verified. `length` is where an int can be written. */
    finish: bind<(context: Address, output: Address, length: Address) => number>(
      'int EVP_CipherFinal_ex(uintptr_t, uintptr_t, uintptr_t)',
    ),
    digests: {
      md5: digest('MD5', 'MD5'),
      sha1: digest('SHA1', 'SHA1'),
      sha256: digest('SHA256', 'SHA256'),
      sha384: digest('SHA384', 'SHA512'),
      sha512: digest('SHA512', 'SHA512'),
    },
  };
}
