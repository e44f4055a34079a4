import { describe, expect, it } from 'vitest';
import { padLeft } from './big-integer.ts';
import { modpGroup } from './modp-groups.ts';
import { modpByDiffieHellmanObjects, modpByKeyObjects } from './node-modp.ts';

// Larger groups would make Node 24 test their primes for seconds.
describe('the two doors of node:crypto to MODP', () => {
  it.each(['modp768', 'modp1024', 'modp1536', 'modp2048', 'modp2048s256'] as const)(
    '%s: give the same answers',
    (method) => {
      const { exponentBytes, prime } = modpGroup(method);
      for (let round = 1; round <= 3; round++) {
        const [a, b] = [
          new Uint8Array(exponentBytes).fill(0x40 + round),
          new Uint8Array(exponentBytes).fill(0x60 + round),
        ];
        const publicA = padLeft(modpByDiffieHellmanObjects.publicValue(method, a), prime.length);
        const publicB = padLeft(modpByKeyObjects.publicValue(method, b), prime.length);
        const secret = padLeft(modpByDiffieHellmanObjects.sharedSecret(method, a, publicB), prime.length);
        expect(padLeft(modpByKeyObjects.publicValue(method, a), prime.length)).toEqual(publicA);
        expect(padLeft(modpByDiffieHellmanObjects.publicValue(method, b), prime.length)).toEqual(publicB);
        expect(padLeft(modpByKeyObjects.sharedSecret(method, a, publicB), prime.length)).toEqual(secret);
        expect(padLeft(modpByKeyObjects.sharedSecret(method, b, publicA), prime.length)).toEqual(secret);
      }
    },
  );
});
