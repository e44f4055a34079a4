import type { Duration } from '../../base/time.ts';
import { HOUR } from '../../base/time.ts';
import { narrow, parseSelector } from '../../sa/traffic-selector.ts';
import { ANY_PORT } from '../../sa/upper-layer.ts';
import { formatDuration, parseDuration } from '../duration.ts';
import type { Position } from '../problem.ts';
import type { ForeignEnd, ForeignKey, ForeignTunnel } from './foreign-tunnel.ts';
import { pinned } from './foreign-tunnel.ts';
import { Names } from './names.ts';
import type { ForeignShunt } from './swanctl-shunts.ts';
import type { Tree, TreeMap } from './value-tree.ts';
import { listOf, mapOf, plainValue } from './value-tree.ts';
import type { Remarks, Written } from './written.ts';

/** What the tunnels of another daemon are in our configuration: as if somebody had written it in YAML. */
export function assemble(
  foreign: { readonly tunnels: readonly ForeignTunnel[]; readonly shunts: readonly ForeignShunt[] },
  origin: Position,
  remarks: Remarks,
): TreeMap {
  const tunnels = mergePairs(foreign.tunnels);
  const gateways = new Endpoints();
  const peers = new Endpoints();
  const names = new Names();
  const sections = tunnels.map((tunnel): readonly [string, Tree] => {
    const name = names.take(tunnel.name.text);
    const gateway = gateways.nameOf(tunnel.local, (count) => `gw${count}`);
    const peer = peers.nameOf(tunnel.remote, () => name);
    return [name, tunnelTree(tunnel, gateway, peer)];
  });
  return mapOf(origin, {
    version: { text: '1', position: origin },
    limits: limitsOf(tunnels, origin, remarks),
    gateways: mapOf(origin, gateways.section()),
    peers: mapOf(origin, peers.section()),
    shunts: shuntSection(foreign.shunts, origin),
    tunnels: { entries: new Map(sections), position: origin },
  });
}

function shuntSection(shunts: readonly ForeignShunt[], origin: Position): TreeMap | undefined {
  const names = new Names();
  const sections = shunts.map(({ name, tree }): readonly [string, Tree] => [names.take(name.text), tree]);
  return sections.length === 0 ? undefined : { entries: new Map(sections), position: origin };
}

/**
 * IKEv1 needs a conn for each pair of segments, where ours is one tunnel: conns that differ in their segments alone are
 * one where their pairs are all that the lists of both sides make.
 */
function mergePairs(tunnels: readonly ForeignTunnel[]): ForeignTunnel[] {
  const groups = new Map<string, ForeignTunnel[]>();
  for (const tunnel of tunnels) {
    const group = groups.get(kinship(tunnel));
    if (group === undefined) groups.set(kinship(tunnel), [tunnel]);
    else group.push(tunnel);
  }
  return [...groups.values()].flatMap(mergeGroup);
}

function kinship({ local, remote, psk, keys = [], rest }: ForeignTunnel): string {
  const ends = [local, remote].map((end) => [placesKey(end), end.id?.text, end.pattern?.text]);
  const secrets = [psk?.text, keys.map((key) => [key.id.text, key.psk.text])];
  return JSON.stringify([ends, secrets, plainValue(rest)]);
}

function mergeGroup(group: readonly ForeignTunnel[]): readonly ForeignTunnel[] {
  const [first] = group;
  if (first === undefined || group.length === 1) return group;
  const local = uniqueTexts(group.flatMap((tunnel) => tunnel.local.subnets));
  const remote = uniqueTexts(group.flatMap((tunnel) => tunnel.remote.subnets));
  const pairs = group.flatMap((tunnel) =>
    tunnel.local.subnets.flatMap((ours) => tunnel.remote.subnets.map((theirs) => `${ours.text} ${theirs.text}`)),
  );
  const whole = pairs.length === local.length * remote.length && new Set(pairs).size === pairs.length;
  if (!whole) return group;
  const name = first.familyName ?? first.name;
  return [{ ...first, name, local: { ...first.local, subnets: local }, remote: { ...first.remote, subnets: remote } }];
}

function uniqueTexts(written: readonly Written[]): Written[] {
  return [...new Map(written.toReversed().map((item) => [item.text, item])).values()].toReversed();
}

function placesKey({ addresses, within = [] }: Places): string {
  return [...addresses, ...within].map(({ text }) => text).join(',');
}

type Places = Pick<ForeignEnd, 'addresses' | 'within'>;

/** Addresses of one end, which several tunnels share. */
class Endpoints {
  readonly #named = new Map<string, Places & { readonly name: string }>();

  nameOf({ addresses, within = [] }: Places, nameOf: (count: number) => string): Written {
    const key = placesKey({ addresses, within });
    const known = this.#named.get(key) ?? { name: nameOf(this.#named.size + 1), addresses, within };
    this.#named.set(key, known);
    return { text: known.name, position: addresses[0]?.position ?? { file: '', line: 1, column: 1 } };
  }

  section(): Record<string, Tree> {
    return Object.fromEntries(
      [...this.#named.values()].map(({ name, ...places }) => {
        const position = places.addresses[0]?.position ?? { file: '', line: 1, column: 1 };
        return [name, placesTree(position, places)];
      }),
    );
  }
}

/** What a gateway or a peer of ours says of where it is. */
export function placesTree(position: Position, { addresses, within = [] }: Places): TreeMap {
  const [first, ...more] = addresses;
  return mapOf(position, {
    address: first !== undefined && more.length === 0 ? first : listOf(position, addresses),
    within: within.length === 0 ? undefined : listOf(position, within),
  });
}

/** A tunnel as our configuration has it, between ends that are named. */
export function tunnelTree(
  { name, local, remote, psk, keys = [], rest }: ForeignTunnel,
  gateway: Written,
  peer: Written,
): TreeMap {
  const side = ({ id, pattern, subnets }: ForeignEnd) =>
    mapOf(subnets[0]?.position ?? name.position, {
      id,
      pattern,
      subnets: listOf(subnets[0]?.position ?? name.position, subnets),
    });
  const overlap = overlapOf(local, remote);
  const own = mapOf(name.position, {
    gateway,
    peer,
    local: side(local),
    remote: side(remote),
    psk,
    keys: keysTree(keys),
    overlap,
  });
  return { position: name.position, entries: new Map([...own.entries, ...rest.entries]) };
}

function keysTree(keys: readonly ForeignKey[]): Tree | undefined {
  const [first] = keys;
  return first && { position: first.id.position, items: keys.map((key) => mapOf(key.id.position, key)) };
}

/** Other daemons take segments of both ends that overlap; ours has to be told. What is no segment is said elsewhere. */
function overlapOf(local: ForeignEnd, remote: ForeignEnd): Written | undefined {
  const [ours, theirs] = [local, remote].map(({ subnets }) =>
    subnets
      .flatMap(({ text }) => parseSelector(text) ?? [])
      .map((segment) => ({ ...segment, protocol: 0, ...ANY_PORT })),
  );
  const [first] = remote.subnets;
  if (first === undefined || narrow(ours ?? [], theirs ?? []).length === 0) return undefined;
  return pinned(first, 'true');
}

/** Another daemon may have lifetimes that ours takes only where it is told so. */
function limitsOf(tunnels: readonly ForeignTunnel[], origin: Position, remarks: Remarks): TreeMap | undefined {
  const beyond = tunnels.flatMap(lifetimesOf).filter(({ duration }) => duration < HOUR || duration > 24 * HOUR);
  for (const { written, duration } of beyond)
    remarks.note(
      written.position,
      `a lifetime of ${formatDuration(duration)} is not within 1h and 24h, so that limits: {lifetime: off} holds`,
    );
  return beyond.length === 0 ? undefined : mapOf(origin, { lifetime: { text: 'off', position: origin } });
}

/** One that is no duration is said by whoever reads our configuration. */
function lifetimesOf({ rest }: ForeignTunnel): { readonly written: Written; readonly duration: Duration }[] {
  return ['ike', 'ipsec'].flatMap((section) => {
    const tree = rest.entries.get(section);
    const written = tree !== undefined && 'entries' in tree ? tree.entries.get('lifetime') : undefined;
    const duration = written !== undefined && 'text' in written ? parseDuration(written.text) : undefined;
    return duration === undefined ? [] : [{ written: written as Written, duration }];
  });
}
