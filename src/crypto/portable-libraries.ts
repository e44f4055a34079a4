import { createRequire } from 'node:module';

// Loaded when first needed: together they cost some 25 MB of memory, and where node:crypto does everything, as is
// usual, only the big integers are ever used. `require` keeps the core synchronous.
const load = createRequire(import.meta.url);

export function bigIntegerLibrary() {
  return load('bigint-crypto-utils') as typeof import('bigint-crypto-utils');
}

export function hmacLibrary() {
  return load('@noble/hashes/hmac.js') as typeof import('@noble/hashes/hmac.js');
}

/** SHA-2. */
export function hashLibrary() {
  return load('@noble/hashes/sha2.js') as typeof import('@noble/hashes/sha2.js');
}

/** MD5 and SHA-1. */
export function legacyHashLibrary() {
  return load('@noble/hashes/legacy.js') as typeof import('@noble/hashes/legacy.js');
}

export function aesLibrary() {
  return load('@noble/ciphers/aes.js') as typeof import('@noble/ciphers/aes.js');
}

export function chachaLibrary() {
  return load('@noble/ciphers/chacha.js') as typeof import('@noble/ciphers/chacha.js');
}

export function nistCurveLibrary() {
  return load('@noble/curves/nist.js') as typeof import('@noble/curves/nist.js');
}

export function mlKemLibrary() {
  return load('@noble/post-quantum/ml-kem.js') as typeof import('@noble/post-quantum/ml-kem.js');
}

export function curve25519Library() {
  return load('@noble/curves/ed25519.js') as typeof import('@noble/curves/ed25519.js');
}
