import { dirname } from 'node:path';
import { nearestWord } from '../base/nearest.ts';
import { addressFamily } from '../base/net.ts';
import type { PeerAddress } from '../ike/common/policy.ts';
import type { Configuration, Gateway, Peer, Tunnel } from './configuration.ts';
import { isUnknownHost } from './dynamic-segments.ts';
import type { LoadedFile, LoadOptions } from './files.ts';
import { loadFiles, readTree } from './files.ts';
import { checkedProgram, resolveHooks } from './hooks.ts';
import type { ConfigurationHost } from './host.ts';
import { systemHost } from './host.ts';
import type { TreeMap } from './import/value-tree.ts';
import { manyOf } from './many-peers.ts';
import type { Entry, Merged } from './merge.ts';
import { mergeFiles } from './merge.ts';
import { withHosts } from './placed-segments.ts';
import { placesOf } from './positions.ts';
import type { Problem } from './problem.ts';
import { sortProblems } from './problem.ts';
import { childProposals, ikeProposals } from './proposals.ts';
import type { PreSharedKey, PskSource } from './psk.ts';
import type { Report } from './report.ts';
import type { RawGateway, RawPeer, RawTunnel } from './schema.ts';
import { checkPairs } from './segment-rules.ts';
import { resolveShunts } from './shunts.ts';
import type { Source } from './source.ts';
import { formatPeerAddress } from './summary.ts';
import { readTunnelKeys } from './tunnel-keys.ts';
import { tunnelPolicy } from './tunnel-policy.ts';
import { checkTunnel } from './tunnel-rules.ts';
import { weakChoices } from './weak-choices.ts';

export type LoadResult =
  | { readonly configuration: Configuration; readonly warnings: readonly Problem[] }
  /** All that is wrong, and the warnings; nothing of the configuration may be used. */
  | { readonly errors: readonly Problem[] };

/**
 * Reads, checks and resolves the configuration in `path` and the files that it includes: ours, or that of another daemon
 * (import/language.ts). It changes nothing, and it reads no file but those and the keys that they name.
 */
export function loadConfiguration(
  path: string,
  host: ConfigurationHost = systemHost,
  options: LoadOptions = {},
): LoadResult {
  const { files, names, problems: fileProblems } = loadFiles(path, host, options);
  const problems = [...fileProblems];
  const [main, ...included] = files;
  if (main === undefined || hasErrors(problems)) return { errors: sortProblems(problems) };
  return resolveFiles([main, ...included], names, host, problems);
}

function resolveFiles(
  files: readonly [LoadedFile, ...LoadedFile[]],
  names: readonly string[],
  host: ConfigurationHost,
  problems: Problem[],
): LoadResult {
  const merged = mergeFiles(files, problems);
  const configuration = resolve(merged, host, names);
  const sorted = sortProblems(problems);
  return hasErrors(problems) ? { errors: sorted } : { configuration, warnings: sorted };
}

/** The same of what was made of another language by whoever asks. Its `problems` are among those that come back. */
export function loadTree(
  path: string,
  tree: TreeMap,
  host: ConfigurationHost,
  problems: readonly Problem[],
): LoadResult {
  const read = readTree(path, tree);
  if (!('raw' in read)) return { errors: [...problems, ...read.problems] };
  return resolveFiles([read], [path], host, [...problems]);
}

function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

function resolve(merged: Merged, host: ConfigurationHost, files: readonly string[]): Configuration {
  const gateways = new Map([...merged.gateways].map(([name, entry]) => [name, resolveGateway(entry)]));
  const peers = new Map([...merged.peers].map(([name, entry]) => [name, resolvePeer(entry)]));
  const context: Context = { merged, host, gateways, peers };
  const placed = [...merged.tunnels.values()].map((entry) => {
    const { gateway, peer } = entry.raw;
    return { ...entry, raw: withHosts(entry.raw, gateways.get(gateway), peers.get(peer)) };
  });
  const tunnels = placed.flatMap((entry) => resolveTunnel(entry, context));
  checkPairs(placed);
  return {
    hooks: resolveHooks(merged, host),
    dataplane: merged.top.dataplane ?? 'auto',
    ...(merged.top.vici === undefined ? {} : { vici: merged.top.vici }),
    gateways: [...gateways.values()],
    peers: [...peers.values()],
    shunts: resolveShunts(merged),
    tunnels,
    files,
  };
}

type Context = {
  readonly merged: Merged;
  readonly host: ConfigurationHost;
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly peers: ReadonlyMap<string, Peer>;
};

function resolveGateway({ name, raw, source, report }: Entry<RawGateway>): Gateway {
  const { publicAddress } = raw;
  const [address = '', ...alternatives] = raw.address;
  const family = addressFamily(address);
  for (const [index, other] of alternatives.entries()) {
    if (addressFamily(other) !== family)
      report.error(['address', index + 1], `must be an IPv${family} address as the first one is`);
    if (raw.address.indexOf(other) <= index) report.error(['address', index + 1], `${other} is there twice`);
  }
  if (publicAddress !== undefined && addressFamily(publicAddress) !== family)
    report.error(['publicAddress'], `must be an IPv${family} address as gateways.${name}.address is`);
  return {
    name,
    address,
    alternatives,
    ...(publicAddress === undefined ? {} : { publicAddress }),
    vpc: raw.vpc ?? [],
    labels: raw.labels ?? {},
    remarks: raw.remarks ?? '',
    origin: source.key(['gateways', name]),
    places: placesOf(source, ['gateways', name]),
  };
}

function resolvePeer({ name, raw, source, report }: Entry<RawPeer>): Peer {
  const [address = ANYWHERE, ...others] = raw.address;
  const alternatives = others.filter((other) => other.kind !== 'any');
  if (raw.address.length > 1 && raw.address.some(({ kind }) => kind === 'any'))
    report.error(['address'], 'a peer of 0.0.0.0 has no other address; write those that it may call from under within');
  for (const [index, other] of raw.address.entries())
    if (raw.address.findIndex((one) => formatPeerAddress(one) === formatPeerAddress(other)) < index)
      report.error(['address', index], `${formatPeerAddress(other)} is there twice`);
  return {
    name,
    address,
    ...(alternatives.length === 0 ? {} : { alternatives }),
    ...(raw.within === undefined ? {} : { within: raw.within }),
    singlePairs: raw.profile !== undefined,
    labels: raw.labels ?? {},
    remarks: raw.remarks ?? '',
    origin: source.key(['peers', name]),
    places: placesOf(source, ['peers', name]),
  };
}

const ANYWHERE: PeerAddress = { kind: 'any' };

/** Nothing where the tunnel is too wrong to be resolved; that is reported then. */
function resolveTunnel(entry: Entry<RawTunnel>, context: Context): Tunnel[] {
  const { name, raw, source, report } = entry;
  const { top } = context.merged;
  const gateway = referred('gateway', raw.gateway, context.gateways, report);
  const peer = referred('peer', raw.peer, context.peers, report);
  const profile = top.profile ?? 'platform';
  const proposals = {
    ikeProposals: ikeProposals(raw, profile, report),
    childProposals: childProposals(raw, profile, report),
  };
  const keys = readTunnelKeys(raw, { directory: dirname(source.file), host: context.host, report });
  if (gateway === undefined || peer === undefined) return [];
  checkTunnel({
    raw,
    gateway,
    peer,
    report,
    limitLifetimes: top.limits?.lifetime ?? true,
    dataplane: top.dataplane ?? 'auto',
  });
  if (keys === undefined) return [];
  const { key = NO_COMMON_KEY, psk, ppk } = keys;
  const many = manyOf(raw, peer.address, keys);
  const isHost = context.merged.tunnels.get(name)?.raw.local.subnets.some(isUnknownHost) === true;
  const tunnel: Tunnel = {
    name,
    enabled: raw.enabled ?? true,
    policy: tunnelPolicy({ name, raw, gateway, peer, psk, many, isHost, ppk: ppk?.secret, ...proposals }),
    pskSource: placeOfKey(key, source),
    ...(ppk === undefined ? {} : { ppkSource: placeOfKey(ppk, source) }),
    ...updownOf(entry, context.host),
    labels: raw.labels ?? {},
    remarks: raw.remarks ?? '',
    origin: source.key(['tunnels', name]),
    places: placesOf(source, ['tunnels', name]),
  };
  warnOfWeakness(tunnel, report);
  return [tunnel];
}

function updownOf({ raw, report }: Entry<RawTunnel>, host: ConfigurationHost): Pick<Tunnel, 'updown'> {
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
function warnOfWeakness(tunnel: Tunnel, report: Report): void {
  for (const { keys, text } of weakChoices(tunnel)) {
    const [path = []] = keys.map((key) => key.split('.')).filter((candidate) => report.has(candidate));
    if (path.length > 0) report.warning(path, text);
    else report.warningAtKey([], text);
  }
}
