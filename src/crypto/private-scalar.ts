import type { KeyExchangeKeyword, KeyExchangeMethod } from './algorithms.ts';
import { keyExchangeMethod } from './algorithms.ts';
import { bytesToInteger, integerToBytes } from './big-integer.ts';
import { ecpCurve } from './ecp-curves.ts';
import { modpGroup } from './modp-groups.ts';

export type PrivateKeyRule = {
  /** How many bytes of entropy a private key of the method is made of. */
  readonly bytes: number;
  /**
   * The private exponent or scalar, big-endian (X25519 and KEMs: the bytes as they are), made of that much entropy: the
   * same bytes give the same scalar, uniform ones a uniform scalar. The answer is in memory of its own.
   */
  readonly scalar: (privateKey: Uint8Array) => Uint8Array;
};

export function privateKeyRule(keyword: KeyExchangeKeyword): PrivateKeyRule {
  return PRIVATE_KEYS[keyExchangeMethod(keyword).kind](keyword);
}

const PRIVATE_KEYS: Readonly<Record<KeyExchangeMethod['kind'], (keyword: KeyExchangeKeyword) => PrivateKeyRule>> = {
  modp: (keyword) => {
    const { exponentBytes, subgroupOrder } = modpGroup(keyword);
    if (subgroupOrder !== undefined) return belowOrder(subgroupOrder, exponentBytes);
    return { bytes: exponentBytes, scalar: withTopBit };
  },
  ecp: (keyword) => {
    const { order, bytes } = ecpCurve(keyword);
    return belowOrder(order, bytes);
  },
  // RFC 7748 §5: the function itself clamps the scalar.
  montgomery: () => ({ bytes: 32, scalar: (privateKey) => privateKey.slice() }),
  // FIPS 203 §7.1: the seed d | z of a key pair. Who encapsulates needs half of it: see `encapsulationRandomness`.
  kem: () => ({ bytes: 64, scalar: (privateKey) => privateKey.slice() }),
};

/** FIPS 203 §7.2: the 32 bytes m of who encapsulates, out of what `privateKeyRule` takes. */
export function encapsulationRandomness(scalar: Uint8Array): Uint8Array {
  return scalar.subarray(0, 32);
}

/** Keeps the exponent from being short by chance, and its length from showing in the time that it takes. */
function withTopBit(privateKey: Uint8Array): Uint8Array {
  const scalar = privateKey.slice();
  scalar[0] = (scalar[0] ?? 0) | 0x80;
  return scalar;
}

/** 1..order-1; the 64 extra bits make the bias of the reduction negligible (FIPS 186-5 §A.2.1). */
function belowOrder(order: bigint, scalarBytes: number): PrivateKeyRule {
  return {
    bytes: scalarBytes + 8,
    scalar: (privateKey) => integerToBytes((bytesToInteger(privateKey) % (order - 1n)) + 1n, scalarBytes),
  };
}
