import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { Secret } from '../../base/secret.ts';
import { KeyRing } from './key-ring.ts';
import { bestKey, type LoadedKey } from './loaded-key.ts';

function key(owners: readonly string[], kind: LoadedKey['kind'] = 'ike'): LoadedKey {
  return { kind, owners, secret: new Secret(utf8(owners.join())) };
}

const name = fc.constantFrom('192.0.2.1', 'a.example.com', 'A.example.com', 'b@example.com', '%any', '0.0.0.0', '#');
const names = fc.array(name, { maxLength: 3 });
const keys = fc.array(fc.record({ owners: names, kind: fc.constantFrom('ike', 'ppk'), last: fc.boolean() }));

describe('a ring of keys', () => {
  it('has the key that a look at all of them would have found, in the same order', () => {
    fc.assert(
      fc.property(keys, fc.nat(5), names, names, (made, gone, local, remote) => {
        const ring = new KeyRing();
        const all = made.map(({ owners, kind, last }) => ({ key: key(owners, kind as LoadedKey['kind']), last }));
        for (const one of all) ring.add(one.key, one);
        for (const one of all.splice(0, gone)) ring.remove(one.key);
        const order = [...all.filter(({ last }) => !last), ...all.filter(({ last }) => last)].map((one) => one.key);
        expect(ring.all()).toEqual(order);
        expect(ring.best('ike', local, remote)).toBe(bestKey(order, 'ike', local, remote));
      }),
    );
  });

  it('looks at the keys alone that may fit', () => {
    const looked: string[] = [];
    const watched = (owner: string): LoadedKey => ({
      ...key([owner]),
      get kind() {
        looked.push(owner);
        return 'ike' as const;
      },
    });
    const ring = new KeyRing(Array.from({ length: 100 }, (_, n) => watched(`t${n}.example.com`)));
    expect(ring.best('ike', ['192.0.2.1'], ['t7.example.com'])?.owners).toEqual(['t7.example.com']);
    expect(looked).toEqual(['t7.example.com']);
  });
});
