import { toHex } from '../../base/bytes.ts';
import type { Secret } from '../../base/secret.ts';
import type { SharedKey } from '../import/shared-keys.ts';
import { findKey } from '../import/shared-keys.ts';

/** A shared key that was loaded over vici. */
export type LoadedKey = {
  readonly kind: KeyKind;
  /** Whom it is for; anybody where there are none. */
  readonly owners: readonly string[];
  readonly secret: Secret;
};

/** `unused`: of an authentication that there is none of here (EAP, XAUTH, NTLM). */
export type KeyKind = 'ike' | 'ppk' | 'unused';

/** By the words of vici, in lower case. */
export const KEY_KINDS: ReadonlyMap<string, KeyKind> = new Map<string, KeyKind>([
  ['ike', 'ike'],
  ['ppk', 'ppk'],
  ['eap', 'unused'],
  ['xauth', 'unused'],
  ['ntlm', 'unused'],
]);

/** The key of a kind that fits the ends best, see `findKey`. */
export function bestKey(
  keys: Iterable<LoadedKey>,
  kind: KeyKind,
  local: readonly string[],
  remote: readonly string[],
): Secret | undefined {
  const secrets = new Map<SharedKey, Secret>();
  for (const key of keys) if (key.kind === kind) secrets.set({ owners: key.owners, secret: NOWHERE }, key.secret);
  const found = findKey([...secrets.keys()], local, remote);
  return found === undefined ? undefined : secrets.get(found);
}

const NOWHERE = { text: '', position: { file: '', line: 0, column: 0 } };

/** Whether two keys are the same in everything. Both are our own operator's: ordinary comparison will do. */
export function sameKey(a: LoadedKey, b: LoadedKey): boolean {
  return fingerprint(a) === fingerprint(b);
}

function fingerprint({ kind, owners, secret }: LoadedKey): string {
  return JSON.stringify([kind, owners, toHex(secret.expose())]);
}
