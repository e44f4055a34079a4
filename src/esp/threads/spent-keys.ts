import type { SaSpec } from '../../sa/data-plane.ts';

/**
 * Makes something of an SA, and wipes the keys in `sa`, which is the thread's own copy: what needs them has taken them in.
 */
export function spendKeys<T>(sa: SaSpec, make: (sa: SaSpec) => T): T {
  try {
    return make(sa);
  } finally {
    sa.encryptionKey?.fill(0);
    sa.integrityKey?.fill(0);
  }
}
