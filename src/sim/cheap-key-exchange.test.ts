import { describe, expect, it } from 'vitest';
import { SeededEntropy } from '../base/entropy.ts';
import type { KeyExchangeKeyword } from '../crypto/algorithms.ts';
import { privateKeyBytes } from '../crypto/key-exchange.ts';
import { cheapKeyExchange } from './cheap-key-exchange.ts';

/** Both ends' secrets; `onTheWay` is what happens to the initiator's public value. */
function exchange(method: KeyExchangeKeyword, onTheWay = (value: Uint8Array) => value) {
  const entropy = new SeededEntropy(1);
  const [ours, theirs] = [entropy.bytes(privateKeyBytes(method)), entropy.bytes(privateKeyBytes(method))];
  const generated = cheapKeyExchange({ kind: 'ke.generate', method, privateKey: ours });
  if (generated.kind !== 'ke.generate') throw new Error('it was not generated');
  const peerPublic = onTheWay(generated.publicValue);
  const responded = cheapKeyExchange({ kind: 'ke.respond', method, privateKey: theirs, peerPublic });
  if (responded.kind !== 'ke.respond') return [responded];
  const agreed = cheapKeyExchange({
    kind: 'ke.agree',
    method,
    privateKey: ours,
    peerPublic: responded.publicValue,
  });
  return [responded.sharedSecret, agreed.kind === 'ke.agree' ? agreed.sharedSecret : agreed];
}

describe('the key exchange of the simulation', () => {
  it.each(['curve25519', 'modp1024', 'ecp256'] as const)('%s: both ends have the same secret', (method) => {
    const [theirs, ours] = exchange(method);
    expect(ours).toEqual(theirs);
    expect(ours).toBeInstanceOf(Uint8Array);
  });

  it('a value that was changed on the way gives two secrets', () => {
    const [theirs, ours] = exchange('curve25519', (value) => value.map((octet, at) => (at === 3 ? octet ^ 1 : octet)));
    expect(ours).not.toEqual(theirs);
  });

  it('a value of another length is refused', () => {
    expect(exchange('curve25519', (value) => value.slice(1))).toMatchObject([{ kind: 'ke.refused' }]);
  });

  it('our own value, come back, is refused', () => {
    const privateKey = new SeededEntropy(1).bytes(32);
    const own = cheapKeyExchange({ kind: 'ke.generate', method: 'curve25519', privateKey });
    const peerPublic = own.kind === 'ke.generate' ? own.publicValue : new Uint8Array();
    expect(cheapKeyExchange({ kind: 'ke.agree', method: 'curve25519', privateKey, peerPublic })).toMatchObject({
      kind: 'ke.refused',
    });
  });
});
