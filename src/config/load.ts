import { addressFamily } from '../base/net.ts';
import type { PeerAddress } from '../ike/common/policy.ts';
import type { Configuration, Gateway, Peer } from './configuration.ts';
import { type LoadedFiles, loadFiles, readTree } from './files.ts';
import { resolveHooks } from './hooks.ts';
import type { ConfigurationHost } from './host.ts';
import { systemHost } from './host.ts';
import type { TreeMap } from './import/value-tree.ts';
import type { LoadedFile } from './loaded-file.ts';
import type { Entry, Merged } from './merge.ts';
import { mergeFiles } from './merge.ts';
import { withHosts } from './placed-segments.ts';
import { placesOf } from './positions.ts';
import type { Problem } from './problem.ts';
import { sortProblems } from './problem.ts';
import type { KnownEntries } from './read-entries.ts';
import { type KnownTunnels, resolveTunnels } from './resolve-tunnels.ts';
import type { RawGateway, RawPeer } from './schema.ts';
import { checkPairs } from './segment-rules.ts';
import { resolveShunts } from './shunts.ts';
import { formatPeerAddress } from './summary.ts';

export type LoadResult =
  | { readonly configuration: Configuration; readonly warnings: readonly Problem[]; readonly memory: LoadMemory }
  /** All that is wrong, and the warnings; nothing of the configuration may be used. */
  | { readonly errors: readonly Problem[] };

/** What a load leaves to the next one, which need not read and resolve again what is the same. */
export type LoadMemory = { readonly entries: KnownEntries; readonly tunnels: KnownTunnels };

/**
 * Reads, checks and resolves the configuration in `path` and the files that it includes: ours, or that of another daemon
 * (import/language.ts). It changes nothing, and it reads no file but those and the keys that they name.
 */
export function loadConfiguration(
  path: string,
  host: ConfigurationHost = systemHost,
  { memory, ...options }: { readonly secrets?: string | undefined; readonly memory?: LoadMemory | undefined } = {},
): LoadResult {
  const { files, problems, ...read } = loadFiles(path, host, { secrets: options.secrets, known: memory?.entries });
  const [main, ...included] = files;
  if (main === undefined || hasErrors(problems)) return { errors: sortProblems(problems) };
  return resolveFiles({ ...read, files: [main, ...included] }, host, [...problems], memory?.tunnels);
}

function resolveFiles(
  { files, names, entries }: Read,
  host: ConfigurationHost,
  problems: Problem[],
  known: KnownTunnels = new WeakMap(),
): LoadResult {
  const merged = mergeFiles(files, problems);
  const { configuration, tunnels } = resolve(merged, { host, names, known }, problems);
  const sorted = sortProblems(problems);
  return hasErrors(problems) ? { errors: sorted } : { configuration, warnings: sorted, memory: { entries, tunnels } };
}

type Read = Pick<LoadedFiles, 'names' | 'entries'> & { readonly files: readonly [LoadedFile, ...LoadedFile[]] };

/** The same of what was made of another language by whoever asks. Its `problems` are among those that come back. */
export function loadTree(
  path: string,
  tree: TreeMap,
  host: ConfigurationHost,
  problems: readonly Problem[],
): LoadResult {
  const read = readTree(path, tree);
  if (!('raw' in read)) return { errors: [...problems, ...read.problems] };
  return resolveFiles({ files: [read], names: [path], entries: new Map() }, host, [...problems]);
}

function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

type Resolution = {
  readonly host: ConfigurationHost;
  readonly names: readonly string[];
  readonly known: KnownTunnels;
};

function resolve(
  merged: Merged,
  { host, names, known }: Resolution,
  problems: Problem[],
): { readonly configuration: Configuration; readonly tunnels: KnownTunnels } {
  const gateways = new Map([...merged.gateways].map(([name, entry]) => [name, resolveGateway(entry)]));
  const peers = new Map([...merged.peers].map(([name, entry]) => [name, resolvePeer(entry)]));
  const resolved = resolveTunnels(merged, { top: merged.top, host, gateways, peers }, problems, known);
  checkPairs(
    [...merged.tunnels.values()].map((entry) => {
      const { gateway, peer } = entry.raw;
      const raw = withHosts(entry.raw, gateways.get(gateway), peers.get(peer));
      return raw === entry.raw ? entry : { ...entry, raw };
    }),
  );
  const configuration: Configuration = {
    hooks: resolveHooks(merged, host),
    dataplane: merged.top.dataplane ?? 'auto',
    ...(merged.top.vici === undefined ? {} : { vici: merged.top.vici }),
    gateways: [...gateways.values()],
    peers: [...peers.values()],
    shunts: resolveShunts(merged),
    tunnels: resolved.tunnels,
    files: names,
  };
  return { configuration, tunnels: resolved.known };
}

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
