import { compareBytes, equalBytes } from '../base/bytes.ts';
import type { KeyExchangeKeyword, KeyExchangeMethod } from './algorithms.ts';
import { keyExchangeMethod } from './algorithms.ts';
import { bytesToInteger, integerToBytes, padLeft } from './big-integer.ts';
import { ecpCurve } from './ecp-curves.ts';
import { modpGroup } from './modp-groups.ts';
import { workingProvider } from './working-provider.ts';

/**
 * What is wrong with a public value that a peer sent, by the tests of RFC 6989 §2 and FIPS 203 §7.2; undefined where
 * nothing is. The one test that needs the private key, the all-zero result of X25519 (RFC 7748 §6.1), is not among them.
 */
export function publicValueFault(keyword: KeyExchangeKeyword, value: Uint8Array): string | undefined {
  const { kind, publicBytes } = keyExchangeMethod(keyword);
  // RFC 6989 §2.5 with RFC 7296 §3.4: leading zeros are part of the value. Checked before anything is made of the
  // bytes, so that an ECP value can never be taken for a compressed point.
  if (value.length !== publicBytes) return `a public value of ${value.length} bytes; ${keyword} has ${publicBytes}`;
  return TESTS[kind](keyword, value);
}

/**
 * The same of what a responder sent. With a KEM it is a ciphertext, of which FIPS 203 §7.3 checks the length alone: a
 * forged one gives another secret, and nothing tells.
 */
export function answerFault(keyword: KeyExchangeKeyword, value: Uint8Array): string | undefined {
  const { ciphertextBytes } = keyExchangeMethod(keyword);
  if (ciphertextBytes === undefined) return publicValueFault(keyword, value);
  if (value.length === ciphertextBytes) return undefined;
  return `a ciphertext of ${value.length} bytes; ${keyword} has ${ciphertextBytes}`;
}

type PublicValueTest = (keyword: KeyExchangeKeyword, value: Uint8Array) => string | undefined;

const TESTS: Readonly<Record<KeyExchangeMethod['kind'], PublicValueTest>> = {
  modp: modpFault,
  ecp: ecpFault,
  montgomery: () => undefined,
  kem: encapsulationKeyFault,
};

function modpFault(keyword: KeyExchangeKeyword, value: Uint8Array): string | undefined {
  const { prime, subgroupOrder } = modpGroup(keyword);
  // RFC 6989 §2.1: 1 < y < p - 1. A prime is odd, so p - 1 differs in the last bit alone.
  const primeLess1 = prime.slice();
  primeLess1[prime.length - 1] = (primeLess1[prime.length - 1] ?? 0) - 1;
  const one = new Uint8Array(prime.length);
  one[prime.length - 1] = 1;
  if (compareBytes(value, one) <= 0 || compareBytes(value, primeLess1) >= 0)
    return `a public value outside of 2..p-2 of ${keyword}`;
  // RFC 6989 §2.2 leaves this test out where no private key is used twice, which we never do; RFC 8247 §2.4 demands
  // it for the groups of RFC 5114 all the same. All is public here, so the time that it takes may vary.
  if (subgroupOrder === undefined) return undefined;
  return isOfOrder(keyword, value, subgroupOrder) ? undefined : `a public value outside of the subgroup of ${keyword}`;
}

/**
 * Whether value^order is 1, asked as value^(order + 1) = value: a key exchange with a known exponent, which the library
 * for them does thirty times as fast as big integers do, while it gives out no 1.
 */
function isOfOrder(keyword: KeyExchangeKeyword, value: Uint8Array, order: bigint): boolean {
  const exponent = integerToBytes(order + 1n, modpGroup(keyword).exponentBytes);
  try {
    const power = workingProvider('keyExchange', keyword).sharedSecret(keyword, exponent, value);
    return equalBytes(padLeft(power, value.length), value);
  } catch {
    // The power is 1, and the value not.
    return false;
  }
}

/** RFC 6989 §2.3; infinity has no encoding (RFC 5903 §7). */
function ecpFault(keyword: KeyExchangeKeyword, value: Uint8Array): string | undefined {
  const { prime, b, bytes } = ecpCurve(keyword);
  const x = bytesToInteger(value.subarray(0, bytes));
  const y = bytesToInteger(value.subarray(bytes));
  if (x >= prime || y >= prime) return `a public value with a coordinate beyond the prime of ${keyword}`;
  return (y * y - (x * x * x - 3n * x + b)) % prime === 0n
    ? undefined
    : `a public value that is no point of ${keyword}`;
}

const ML_KEM_MODULUS = 3329;
const SEED_BYTES = 32;

/** FIPS 203 §7.2, modulus check: 12 bits each, least significant first, before the seed of the matrix. */
function encapsulationKeyFault(keyword: KeyExchangeKeyword, value: Uint8Array): string | undefined {
  for (let at = 0; at < value.length - SEED_BYTES; at += 3) {
    const [low = 0, middle = 0, high = 0] = value.subarray(at, at + 3);
    const first = low | ((middle & 0x0f) << 8);
    const second = (middle >> 4) | (high << 4);
    if (first >= ML_KEM_MODULUS || second >= ML_KEM_MODULUS) return `a public value that is not reduced for ${keyword}`;
  }
  return undefined;
}
