import type { Secret } from '../base/secret.ts';
import type { PeerKey } from '../ike/common/policy.ts';
import type { ConfigurationHost } from './host.ts';
import { type PreSharedKey, readPreSharedKey } from './psk.ts';
import type { Report } from './report.ts';
import { Refusal } from './scalars.ts';
import type { RawTunnel } from './schema.ts';

/** The keys of a tunnel: what `psk`, `keys` and `ppk` stand for. */
export type TunnelKeys = {
  /** A tunnel for many peers need not have one for all of them. */
  readonly key: PreSharedKey | undefined;
  readonly keys: readonly PeerKey[];
  readonly psk: Secret;
  readonly ppk: PreSharedKey | undefined;
};

type Place = { readonly directory: string; readonly host: ConfigurationHost; readonly report: Report };
type RawKey = NonNullable<RawTunnel['psk']>;

/** Undefined where one of them cannot be had, which is reported, or where there is none at all. */
export function readTunnelKeys(raw: RawTunnel, place: Place): TunnelKeys | undefined {
  let isWhole = true;
  const read = (written: RawKey | undefined, path: readonly (string | number)[]): PreSharedKey | undefined => {
    const key = written === undefined ? undefined : readPreSharedKey(written, place.directory, place.host);
    if (!(key instanceof Refusal)) return key;
    place.report.error(path, key.sentence);
    isWhole = false;
    return undefined;
  };
  const key = read(raw.psk, ['psk']);
  const keys = (raw.keys ?? []).flatMap(({ id: identity, psk }, index): PeerKey[] => {
    const own = read(psk, ['keys', index, 'psk']);
    return own === undefined ? [] : [{ identity, psk: own.secret }];
  });
  const ppk = read(raw.ppk?.secret, ['ppk', 'secret']);
  // A tunnel for many proves itself with the key of each peer, and never with this one.
  const psk = key?.secret ?? keys[0]?.psk;
  return isWhole && psk !== undefined ? { key, keys, psk, ppk } : undefined;
}
