import { dirname } from 'node:path';
import { nearestWord } from '../base/nearest.ts';
import type { Gateway, Peer, Tunnel } from './configuration.ts';
import { isUnknownHost } from './dynamic-segments.ts';
import { checkedProgram } from './hooks.ts';
import type { ConfigurationHost } from './host.ts';
import { manyOf } from './many-peers.ts';
import type { Entry, Merged } from './merge.ts';
import { withHosts } from './placed-segments.ts';
import { childProposals, ikeProposals } from './proposals.ts';
import type { PreSharedKey, PskSource } from './psk.ts';
import type { Report } from './report.ts';
import type { RawTunnel } from './schema.ts';
import type { Source } from './source.ts';
import { readTunnelKeys } from './tunnel-keys.ts';
import { tunnelPolicy } from './tunnel-policy.ts';
import { checkTunnel } from './tunnel-rules.ts';
import { weakChoices } from './weak-choices.ts';

/** What tunnels are resolved with. */
export type Surroundings = {
  readonly top: Merged['top'];
  readonly host: ConfigurationHost;
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly peers: ReadonlyMap<string, Peer>;
};

/** A tunnel without where it stands. */
export type ResolvedTunnel = Omit<Tunnel, 'origin' | 'places'>;

/**
 * A tunnel with its defaults; where it breaks a rule, that is reported. Undefined where it is too wrong to be resolved,
 * which is reported as well. What comes of it depends on nothing but the entry, its surroundings and the directory of
 * its file.
 */
export function resolveTunnel(entry: Entry<RawTunnel>, surroundings: Surroundings): ResolvedTunnel | undefined {
  const { name, source, report } = entry;
  const { top, host } = surroundings;
  const gateway = referred('gateway', entry.raw.gateway, surroundings.gateways, report);
  const peer = referred('peer', entry.raw.peer, surroundings.peers, report);
  const raw = withHosts(entry.raw, gateway, peer);
  const profile = top.profile ?? 'platform';
  const proposals = {
    ikeProposals: ikeProposals(raw, profile, report),
    childProposals: childProposals(raw, profile, report),
  };
  const keys = readTunnelKeys(raw, { directory: dirname(source.file), host, report });
  if (gateway === undefined || peer === undefined) return undefined;
  checkTunnel({
    raw,
    gateway,
    peer,
    report,
    limitLifetimes: top.limits?.lifetime ?? true,
    dataplane: top.dataplane ?? 'auto',
  });
  if (keys === undefined) return undefined;
  const { key = NO_COMMON_KEY, psk, ppk } = keys;
  const many = manyOf(raw, peer.address, keys);
  const isHost = entry.raw.local.subnets.some(isUnknownHost);
  const tunnel: ResolvedTunnel = {
    name,
    enabled: raw.enabled ?? true,
    policy: tunnelPolicy({ name, raw, gateway, peer, psk, many, isHost, ppk: ppk?.secret, ...proposals }),
    pskSource: placeOfKey(key, source),
    ...(ppk === undefined ? {} : { ppkSource: placeOfKey(ppk, source) }),
    ...updownOf(raw, host, report),
    labels: raw.labels ?? {},
    remarks: raw.remarks ?? '',
  };
  warnOfWeakness(tunnel, report);
  return tunnel;
}

function updownOf(raw: RawTunnel, host: ConfigurationHost, report: Report): Pick<Tunnel, 'updown'> {
  const updown = raw.updown && checkedProgram(raw.updown, ['updown', 0], { report, host });
  return updown === undefined ? {} : { updown };
}

/** Where each peer has a key of its own. */
const NO_COMMON_KEY = { source: 'inline' } as const;

function placeOfKey(key: Pick<PreSharedKey, 'source'>, { keysApart }: Source): PskSource {
  return keysApart ? 'secrets' : key.source;
}

function referred<Target>(
  kind: 'gateway' | 'peer',
  name: string,
  targets: ReadonlyMap<string, Target>,
  report: Report,
): Target | undefined {
  const target = targets.get(name);
  if (target === undefined) {
    const nearest = nearestWord(name, targets.keys());
    const advice = nearest === undefined ? `add it under ${kind}s` : `did you mean ${nearest}?`;
    report.error([kind], `there is no ${kind} "${name}"; ${advice}`);
  }
  return target;
}

/** At the key that made the choice; at the tunnel where a default did. */
function warnOfWeakness(tunnel: ResolvedTunnel, report: Report): void {
  for (const { keys, text } of weakChoices(tunnel)) {
    const [path = []] = keys.map((key) => key.split('.')).filter((candidate) => report.has(candidate));
    if (path.length > 0) report.warning(path, text);
    else report.warningAtKey([], text);
  }
}
