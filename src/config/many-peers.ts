import type { Many, PeerAddress } from '../ike/common/policy.ts';
import { formatIdentity, sameIdentity } from '../sa/identity.ts';
import { isUnknownHost } from './dynamic-segments.ts';
import type { Report } from './report.ts';
import type { RuleSubject } from './rule-subject.ts';
import type { RawTunnel } from './schema.ts';
import type { TunnelKeys } from './tunnel-keys.ts';

/** How many peers a tunnel for many may have at once, where the configuration does not say. */
const DEFAULT_LIMIT = 10_000;

/** What Main Mode tries, as it finds the key before it knows who calls. */
const MAIN_MODE_KEYS = 256;

/** A peer of any address and any identity is any number of peers; so is one whose segment is its address: at most one. */
export function isForMany({ remote }: RawTunnel, address: PeerAddress): boolean {
  return address.kind === 'any' && (remote.id === 'any' || remote.subnets.some(isUnknownHost));
}

/** Undefined for a tunnel that has one peer. */
export function manyOf(raw: RawTunnel, address: PeerAddress, { key, keys }: TunnelKeys): Many | undefined {
  if (!isForMany(raw, address)) return undefined;
  const { id, limit = DEFAULT_LIMIT } = raw.remote;
  if (id !== 'any' && id !== undefined)
    return { keys: key === undefined ? [] : [{ identity: id, psk: key.secret }], limit: 1 };
  return { keys, ...(key === undefined ? {} : { common: key.secret }), limit };
}

export function checkManyPeers({ raw, peer, report }: RuleSubject): void {
  const isOpen = peer.address.kind === 'any' && raw.remote.id === 'any';
  const only = 'is for a tunnel with any number of peers: its peer has the address 0.0.0.0, and remote.id is any';
  if (raw.keys !== undefined && !isOpen) report.errorAtKey(['keys'], only);
  if (raw.remote.limit !== undefined && !isOpen) report.errorAtKey(['remote', 'limit'], only);
  if (raw.remote.pattern !== undefined && raw.remote.id !== 'any')
    report.errorAtKey(['remote', 'pattern'], 'chooses among peers of any identity; set remote.id to any, or remove it');
  if (raw.psk === undefined && raw.keys === undefined) report.error(['psk'], 'is required');
  checkKeys(raw, report);
  if (peer.address.kind !== 'name') return;
  const index = raw.remote.subnets.findIndex(isUnknownHost);
  if (index >= 0)
    report.error(['remote', 'subnets', index], 'dynamic is the address of the peer, which is given by name; write it');
}

function checkKeys({ keys = [], ike }: RawTunnel, report: Report): void {
  for (const [index, { id }] of keys.entries())
    if (keys.findIndex((other) => sameIdentity(other.id, id)) < index)
      report.error(['keys', index, 'id'], `${formatIdentity(id)} has a key already`);
  if (ike?.version === 1 && ike.mode !== 'aggressive' && keys.length > MAIN_MODE_KEYS)
    report.warning(
      ['keys'],
      `main mode tries ${MAIN_MODE_KEYS} keys, those of addresses first; the others are found in aggressive mode alone`,
    );
}
