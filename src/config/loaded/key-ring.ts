import { ownerName, ownerNames } from '../import/shared-keys.ts';
import { bestKey, type KeyKind, type LoadedKey } from './loaded-key.ts';

/** Shared keys in their order, found by their owners: thousands of connections look for theirs among thousands. */
export class KeyRing {
  readonly #places = new Map<LoadedKey, number>();
  readonly #byOwner = new Map<string, Set<LoadedKey>>();
  #next = 0;

  constructor(keys: Iterable<LoadedKey> = []) {
    for (const key of keys) this.add(key);
  }

  /** Behind all others that have come so, or behind these too. */
  add(key: LoadedKey, { last = false } = {}): void {
    this.#places.set(key, (last ? LAST : 0) + this.#next++);
    for (const owner of bucketsOf(key)) {
      const others = this.#byOwner.get(owner);
      if (others === undefined) this.#byOwner.set(owner, new Set([key]));
      else others.add(key);
    }
  }

  remove(key: LoadedKey): void {
    this.#places.delete(key);
    for (const owner of bucketsOf(key)) {
      const others = this.#byOwner.get(owner);
      if (others?.delete(key) === true && others.size === 0) this.#byOwner.delete(owner);
    }
  }

  clear(): void {
    this.#places.clear();
    this.#byOwner.clear();
  }

  all(): LoadedKey[] {
    return this.#inOrder(this.#places.keys());
  }

  /** The key of a kind that fits the ends best, see `findKey`. */
  best(kind: KeyKind, local: readonly string[], remote: readonly string[]): LoadedKey | undefined {
    const owners = new Set([ANYBODY, ...[...local, ...remote].map(ownerName)]);
    const fitting = new Set([...owners].flatMap((owner) => [...(this.#byOwner.get(owner) ?? [])]));
    return bestKey(this.#inOrder(fitting), kind, local, remote);
  }

  #inOrder(keys: Iterable<LoadedKey>): LoadedKey[] {
    const placeOf = (key: LoadedKey) => this.#places.get(key) ?? 0;
    return [...keys].sort((a, b) => placeOf(a) - placeOf(b));
  }
}

/** More than there will ever be. */
const LAST = 2 ** 50;

/** A key without owners is for whoever there is, as one for anybody. */
const ANYBODY = ownerName('%any');

function bucketsOf(key: LoadedKey): Iterable<string> {
  const names = ownerNames(key);
  return names.size === 0 ? [ANYBODY] : names;
}
