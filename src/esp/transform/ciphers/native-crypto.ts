import type { HashName } from '../../../crypto/algorithms.ts';
import type { Arena } from '../../../native/arena.ts';
import { createArena } from '../../../native/arena.ts';
import type { Libcrypto } from '../../../native/libcrypto.ts';
import { loadLibcrypto } from '../../../native/libcrypto.ts';

/**
 * OpenSSL, and memory that all SAs of a thread share for what it wants to be given by address. Nothing in it outlives
 * one packet.
 */
export type NativeCrypto = {
  readonly lib: Libcrypto;
  readonly scratch: Arena;
  /** `OSSL_PARAM` list of one parameter: the tag, at `TAG`. */
  readonly tagParameter: number;
};

/** Undefined where this process has no such library. */
export function loadNativeCrypto(): NativeCrypto | undefined {
  const lib = loadLibcrypto();
  if (lib === undefined) return undefined;
  const scratch = createArena(SCRATCH_BYTES);
  writeTagParameter(scratch);
  return { lib, scratch, tagParameter: scratch.address + PARAMETERS };
}

export const TAG_BYTES = 16;

// Where things lie in the scratch memory.
export const NONCE = 0;
export const AAD = 16;
export const TAG = 32;
/** Where the library writes lengths that nobody reads. */
export const LENGTH = 48;
export const KEY = 64;
const PARAMETERS = 192;
const PARAMETER_NAME = 288;
const DIGEST_CONTEXTS = 512;
const DIGEST_BLOCKS = 2048;
const SCRATCH_BYTES = 4096;

/** Memory for a digest's context: the largest, `SHA512_CTX`, has 216 bytes. */
const CONTEXT_STRIDE = 256;
const BLOCK_STRIDE = 128;

const DIGEST_INDEX: Readonly<Record<HashName, number>> = { md5: 0, sha1: 1, sha256: 2, sha384: 3, sha512: 4 };

/** Where the context of a digest lies: one each, as their structures differ. */
export function digestContextAt(hash: HashName): number {
  return DIGEST_CONTEXTS + DIGEST_INDEX[hash] * CONTEXT_STRIDE;
}

/** Where the block of the outer digest of an HMAC is put together. */
export function digestBlockAt(hash: HashName): number {
  return DIGEST_BLOCKS + DIGEST_INDEX[hash] * BLOCK_STRIDE;
}

/** Puts a key where the library can be told of it; `wipeKey` afterwards. */
export function stageKey({ scratch }: NativeCrypto, key: Uint8Array): number {
  if (key.length > PARAMETERS - KEY) throw new RangeError(`a key of ${key.length} bytes`);
  scratch.bytes.set(key, KEY);
  return scratch.address + KEY;
}

export function wipeKey({ scratch }: NativeCrypto): void {
  scratch.bytes.fill(0, KEY, PARAMETERS);
}

/** `OSSL_PARAM`: name, type, data, size, returned size; a list ends with one that has no name. */
function writeTagParameter({ bytes, view, address }: Arena): void {
  bytes.set(new TextEncoder().encode('tag'), PARAMETER_NAME);
  view.setBigUint64(PARAMETERS, BigInt(address + PARAMETER_NAME), true);
  view.setUint32(PARAMETERS + 8, OSSL_PARAM_OCTET_STRING, true);
  view.setBigUint64(PARAMETERS + 16, BigInt(address + TAG), true);
  view.setBigUint64(PARAMETERS + 24, BigInt(TAG_BYTES), true);
}

const OSSL_PARAM_OCTET_STRING = 5;
