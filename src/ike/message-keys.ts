import type { MessageKeys } from './common/message-keys.ts';
import { present } from './common/view.ts';
import type { IkeSa } from './ike-sa.ts';

/** Undefined where there are no keys yet. */
export function messageKeysOf(sa: IkeSa): MessageKeys | undefined {
  const { initiatorSpi, responderSpi, suite } = sa;
  if (sa.version === 1)
    return sa.keys === undefined ? undefined : { version: 1, initiatorSpi, encryptionKey: sa.keys.encryptionKey };
  if (sa.keys === undefined || suite?.encryption === undefined) return undefined;
  const { skEi, skEr, skAi, skAr } = sa.keys;
  const algorithms = { encryption: suite.encryption, ...present('integrity', suite.integrity) };
  return { version: 2, initiatorSpi, responderSpi, ...algorithms, skEi, skEr, skAi, skAr };
}
