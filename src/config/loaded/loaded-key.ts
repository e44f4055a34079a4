import { toHex } from '../../base/bytes.ts';
import type { Secret } from '../../base/secret.ts';
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
  keys: readonly LoadedKey[],
  kind: KeyKind,
  local: readonly string[],
  remote: readonly string[],
): LoadedKey | undefined {
  return findKey(
    keys.filter((key) => key.kind === kind),
    local,
    remote,
  );
}

/** Whether two keys are the same in everything. Both are our own operator's: ordinary comparison will do. */
export function sameKey(a: LoadedKey, b: LoadedKey): boolean {
  return fingerprint(a) === fingerprint(b);
}

function fingerprint({ kind, owners, secret }: LoadedKey): string {
  return JSON.stringify([kind, owners, toHex(secret.expose())]);
}
