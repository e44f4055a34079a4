import { getDiffieHellman } from 'node:crypto';
import { modPow } from 'bigint-crypto-utils';
import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { KEY_EXCHANGE } from './algorithms.ts';
import { bytesToInteger } from './big-integer.ts';
import { ecpCurve } from './ecp-curves.ts';
import { modpGroup } from './modp-groups.ts';

describe('constants of the key exchange groups', () => {
  it('the primes of RFC 2409 and RFC 3526 are the ones that OpenSSL carries', () => {
    for (const { keyword, group, kind } of KEY_EXCHANGE) {
      if (kind !== 'modp' || group === 24) continue;
      const named = getDiffieHellman(`modp${group}`);
      expect(toHex(modpGroup(keyword).prime), keyword).toBe(named.getPrime('hex'));
      expect(toHex(modpGroup(keyword).generator), keyword).toBe(named.getGenerator('hex'));
    }
  });

  it('the generator of group 24 generates a subgroup of the order that RFC 5114 §2.3 tells', () => {
    const { prime, generator, subgroupOrder = 0n } = modpGroup('modp2048s256');
    const [p, g] = [bytesToInteger(prime), bytesToInteger(generator)];
    expect(subgroupOrder.toString(2)).toHaveLength(256);
    expect((p - 1n) % subgroupOrder).toBe(0n);
    expect(modPow(g, subgroupOrder, p)).toBe(1n);
    expect(g).not.toBe(1n);
  });

  it('an exponent has at least twice the bits of the group strength (RFC 3526 §8, RFC 7919 §5.2)', () => {
    const leastBits = { modp2048: 225, modp3072: 275, modp4096: 325, modp6144: 375, modp8192: 400 } as const;
    for (const [keyword, bits] of Object.entries(leastBits))
      expect(modpGroup(keyword as keyof typeof leastBits).exponentBytes * 8, keyword).toBeGreaterThanOrEqual(bits);
    expect(modpGroup('modp1536').exponentBytes * 8).toBeGreaterThanOrEqual(180);
  });

  it('a method of another kind has no constants here', () => {
    expect(() => modpGroup('ecp256')).toThrow(RangeError);
    expect(() => ecpCurve('modp2048')).toThrow(RangeError);
  });
});
