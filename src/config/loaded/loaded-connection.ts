import { addressFamily, parseAddress } from '../../base/net.ts';
import type { Secret } from '../../base/secret.ts';
import type { Configuration, LoadedOrigin, Shunt, Tunnel } from '../configuration.ts';
import type { ConfigurationHost } from '../host.ts';
import { systemHost } from '../host.ts';
import { placesTree, tunnelTree } from '../import/assemble.ts';
import type { ForeignTunnel } from '../import/foreign-tunnel.ts';
import { pinned } from '../import/foreign-tunnel.ts';
import { CERTIFICATES } from '../import/key-rules.ts';
import { pskText } from '../import/shared-keys.ts';
import type { Names, Surroundings } from '../import/swanctl.ts';
import { connectionTunnels, namesOf } from '../import/swanctl.ts';
import type { Section } from '../import/swanctl-sections.ts';
import type { ForeignShunt } from '../import/swanctl-shunts.ts';
import { connectionShunts } from '../import/swanctl-shunts.ts';
import type { TreeMap } from '../import/value-tree.ts';
import { listOf, mapOf } from '../import/value-tree.ts';
import type { Written } from '../import/written.ts';
import { Remarks } from '../import/written.ts';
import { loadTree } from '../load.ts';
import type { Problem } from '../problem.ts';
import { besideV2, ikev1Message } from './both-versions.ts';
import type { KeyRing } from './key-ring.ts';
import { hasKeys, keysOfPeers } from './keys-of-peers.ts';
import type { KeyKind, LoadedKey } from './loaded-key.ts';
import { bestKey } from './loaded-key.ts';
import type { LoadMessage } from './message-section.ts';
import { isPlain, messageSection } from './message-section.ts';
import type { OwnAddresses } from './own-addresses.ts';
import { chosenAddresses } from './own-addresses.ts';

/** What a connection that was loaded over vici adds to the configuration: a tunnel or a shunt for each of its children. */
export type LoadedConnection = Pick<Configuration, 'gateways' | 'peers' | 'tunnels'> & {
  /** In force or not. */
  readonly shunts: readonly LoadedShunt[];
  readonly warnings: readonly Problem[];
  /** Of this machine; empty where they are all written, and do not change with it. */
  readonly ownAddresses: readonly string[];
  readonly keys: readonly KeyUse[];
};

/** One that is not `standing` is in force only once it is told to be. */
export type LoadedShunt = Shunt & { readonly connection: string; readonly child: string; readonly standing: boolean };

/** A key that a connection needs: what its owners may be called, and which it has. */
type KeyUse = {
  readonly kind: KeyKind;
  readonly ends: readonly [local: readonly string[], remote: readonly string[]];
  readonly key: LoadedKey | undefined;
  /** Of a connection for many peers, each of which may have a key of its own. */
  readonly ofMany?: true;
};

/** What a connection needs of its surroundings; it is read again where that changes. */
export type LoadSurroundings = {
  readonly keys: KeyRing;
  readonly own: OwnAddresses;
  /** A key that nobody has: a tunnel without one of its own has this until it is loaded. */
  readonly nobodysKey: Secret;
};

/**
 * Reads a connection of swanctl.conf strictly: what it says is done, or it is refused. It is valid without its key and
 * without an address of this machine, and then waits for them. Where it is for both versions of IKE, and can be said in
 * IKEv1 as well, it answers that, too.
 */
export function readConnection(
  name: string,
  message: LoadMessage,
  surroundings: LoadSurroundings,
): LoadedConnection | { readonly errors: readonly Problem[] } {
  const read = readVersion(name, message, surroundings);
  const forIkev1 = 'errors' in read ? undefined : ikev1Message(message);
  if ('errors' in read || forIkev1 === undefined) return read;
  const older = readVersion(name, forIkev1, surroundings);
  return 'errors' in older ? read : { ...read, tunnels: [...read.tunnels, ...older.tunnels.map(besideV2)] };
}

function readVersion(
  name: string,
  message: LoadMessage,
  surroundings: LoadSurroundings,
): LoadedConnection | { readonly errors: readonly Problem[] } {
  const remarks = new Remarks({ strict: true });
  const section = messageSection(name, message, remarks);
  checkNames(section, remarks);
  checkSections(section, remarks);
  const found: Found = { psk: undefined, lacks: undefined, keys: [], ownAddresses: [], children: new Map() };
  const foreign = connectionTunnels(section, surroundingsOverVici(found, surroundings), remarks);
  const shunts = connectionShunts(section, remarks);
  const loaded = loadTree(section.name.position.file, treeOf(section, foreign, shunts), NO_FILES, remarks.problems);
  if ('errors' in loaded) return { errors: loaded.errors.filter(({ severity }) => severity === 'error') };
  const { configuration, warnings } = loaded;
  const complete = (tunnel: Tunnel) => completeTunnel(tunnel, { connection: name, found, ...surroundings });
  const tunnels = configuration.tunnels.map(complete);
  const forMany = tunnels.some(({ policy }) => policy.many !== undefined);
  const keys = forMany ? found.keys.map((use) => ({ ...use, ofMany: true as const })) : found.keys;
  const { gateways, peers } = configuration;
  const ownAddresses = found.ownAddresses;
  return {
    gateways,
    peers,
    shunts: loadedShunts(section, shunts, configuration),
    tunnels,
    warnings,
    keys,
    ownAddresses,
  };
}

function loadedShunts(
  { name: connection }: Section,
  foreign: readonly ForeignShunt[],
  { shunts }: Configuration,
): LoadedShunt[] {
  const byName = new Map(foreign.map((shunt) => [childName(connection, shunt.name), shunt]));
  return shunts.flatMap((shunt) => {
    const { name: child, standing } = byName.get(shunt.name) ?? {};
    if (child === undefined || standing === undefined) return [];
    return [{ ...shunt, connection: connection.text, child: child.text, standing }];
  });
}

/** Whether a connection has other keys than so far where one is gone, and another one is there behind all others. */
export function isConcerned(
  { keys }: LoadedConnection,
  removed: LoadedKey | undefined,
  added: LoadedKey | undefined,
): boolean {
  return keys.some(({ kind, ends, key, ofMany }) => {
    if (ofMany) return removed?.kind === kind || added?.kind === kind;
    if (key !== undefined && key === removed) return true;
    if (added === undefined) return false;
    return bestKey(key === undefined ? [added] : [key, added], kind, ...ends) === added;
  });
}

/** What was found on the way, beside what the tunnels say. */
type Found = {
  psk: Secret | undefined;
  /** What it waits for, in words; undefined where it has all. */
  lacks: Lack | undefined;
  readonly keys: KeyUse[];
  ownAddresses: readonly string[];
  /** By the names of their tunnels. */
  readonly children: Map<string, Pick<LoadedOrigin, 'child' | 'closeAction' | 'dynamic'>>;
};

/** Without an address there is nothing that the core could do; without a key it could not prove to be itself. */
type Lack = { readonly what: 'address' | 'key'; readonly text: string };

function surroundingsOverVici(found: Found, { keys, own }: LoadSurroundings): Surroundings {
  const lack = (what: Lack['what'], text: string): void => {
    if (found.lacks?.what !== 'address') found.lacks = { what, text };
  };
  const take = (kind: KeyKind, ends: KeyUse['ends']): Secret | undefined => {
    const key = keys.best(kind, ...ends);
    found.keys.push({ kind, ends, key });
    return key?.secret;
  };
  return {
    nameOf({ name }, child) {
      const text = childName(name, child.name);
      const closeAction = CLOSE_ACTIONS.get(child.get('close_action')?.text ?? '') ?? 'none';
      const dynamic = dynamicEnds(child);
      const ends = dynamic.length === 0 ? {} : { dynamic };
      found.children.set(text, { child: child.name.text, closeAction, ...ends });
      return { text, position: child.name.position };
    },
    ownAddresses(written, connection, peer) {
      const addresses = chosenAddresses(written ?? pinned(connection.name, '%any'), peer, own);
      if (written === undefined || /[/-]/.test(written.text)) found.ownAddresses = addresses.map(({ text }) => text);
      if (addresses.length > 0) return addresses;
      lack('address', `this machine has no address for ${written?.text ?? `a way to ${peer.text}`} yet`);
      return [pinned(written ?? connection.name, placeholder(peer))];
    },
    keyFor(connection, local, { names }) {
      found.psk = take('ike', [namesOf(local), namesOf(names)]);
      if (found.psk === undefined) lack('key', `no shared key is loaded for ${endText(local)} and ${endText(names)}`);
      return { psk: pinned(connection.name, STAND_IN) };
    },
    postQuantumKey(id) {
      const secret = take('ppk', [[id.text], []]);
      if (secret !== undefined) return pinned(id, pskText(secret.expose()));
      lack('key', `no post-quantum key is loaded for ${id.text}`);
      return undefined;
    },
  };
}

const CLOSE_ACTIONS: ReadonlyMap<string, LoadedOrigin['closeAction']> = new Map([
  ['trap', 'trap'],
  ['hold', 'trap'],
  ['start', 'start'],
  ['restart', 'start'],
]);

/** Long enough for the rules; the real one takes its place. */
const STAND_IN = `0x${'00'.repeat(32)}`;

/** Documentation addresses (RFC 5737, RFC 3849), so that all else can be checked before there is one. */
function placeholder({ text }: Written): string {
  const address = parseAddress(text);
  return address !== undefined && addressFamily(address) === 6 ? '2001:db8::' : '192.0.2.0';
}

function endText([addresses, id]: Names): string {
  return id?.text ?? addresses.map(({ text }) => text).join(', ');
}

type Completion = LoadSurroundings & { readonly connection: string; readonly found: Found };

function completeTunnel(tunnel: Tunnel, { connection, found, nobodysKey, keys }: Completion): Tunnel {
  const { psk, children } = found;
  const { pattern } = tunnel.policy.remote;
  const expected = pattern === undefined ? {} : { pattern };
  const many = tunnel.policy.many && keysOfPeers(tunnel.policy.many, expected, found.keys, keys.all());
  const lacks = many !== undefined && hasKeys(many) && found.lacks?.what === 'key' ? undefined : found.lacks;
  return {
    ...tunnel,
    // A tunnel without a key waits: whoever calls is refused, and nobody is called in vain.
    policy: {
      ...tunnel.policy,
      psk: psk ?? nobodysKey,
      ...(many === undefined ? {} : { many }),
      ...(lacks === undefined ? {} : { start: 'respond' }),
    },
    enabled: lacks?.what !== 'address',
    loaded: { connection, child: tunnel.name, closeAction: 'none', ...children.get(tunnel.name), lacks: lacks?.text },
  };
}

/** Which is what a child has that says nothing. */
function dynamicEnds(child: Section): readonly ('local' | 'remote')[] {
  return (['local', 'remote'] as const).filter((end) => /\bdynamic\b/.test(child.get(`${end}_ts`)?.text ?? 'dynamic'));
}

/** Names become those of tunnels, with a slash between; they go into lines of logs and the ids of Child SAs. */
function checkNames(connection: Section, remarks: Remarks): void {
  const children = connection.section('children')?.sections() ?? [];
  for (const { name } of [connection, ...children])
    if (!isPlain(name.text) || /[/#]/.test(name.text) || name.text.length > MAX_NAME)
      remarks.refuse(
        name.position,
        `is no name; use up to ${MAX_NAME} printable ASCII characters without blanks, / and #`,
      );
}

const MAX_NAME = 63;

/** The keys of sections have their rules; these are the sections themselves. */
function checkSections(connection: Section, remarks: Remarks): void {
  for (const section of connection.sections()) {
    const { text, position } = section.name;
    const isRound = text.startsWith('local') || text.startsWith('remote');
    const inner = text === 'children' ? section.sections().flatMap((child) => child.sections()) : section.sections();
    if (!isRound && text !== 'children') remarks.refuse(position, 'unknown section');
    else for (const { name } of inner) remarks.refuse(name.position, isRound ? CERTIFICATES : 'unknown section');
  }
}

/**
 * As charon has it, traffic is not blocked while the tunnel is down: where it may go in the clear is up to whoever wrote
 * the connection.
 */
function treeOf({ name }: Section, foreign: readonly ForeignTunnel[], shunts: readonly ForeignShunt[]): TreeMap {
  const { position } = name;
  const text = (value: string): Written => ({ text: value, position });
  const end = text(`vici/${name.text}`);
  const [first] = foreign;
  const tunnels = foreign.map((tunnel) => {
    const tree = tunnelTree(tunnel, end, end);
    return [tunnel.name.text, { ...tree, entries: new Map([...tree.entries, ['blockClearText', text('false')]]) }];
  });
  return mapOf(position, {
    version: text('1'),
    limits: mapOf(position, { lifetime: text('off') }),
    gateways:
      first && mapOf(position, { [end.text]: mapOf(position, { address: listOf(position, first.local.addresses) }) }),
    peers: first && mapOf(position, { [end.text]: placesTree(position, first.remote) }),
    shunts: { position, entries: new Map(shunts.map(({ name: child, tree }) => [childName(name, child), tree])) },
    tunnels: { position, entries: new Map(tunnels as [string, TreeMap][]) },
  });
}

/** What stands for a child of a connection among all others. */
function childName(connection: Written, child: Written): string {
  return connection.text === child.text ? child.text : `${connection.text}/${child.text}`;
}

/** A connection reads no files: keys come by the socket as well. */
const NO_FILES: ConfigurationHost = {
  readFile: notHere,
  listDirectory: notHere,
  // A program that is told of the tunnel is looked at, as one in a file is.
  permissions: systemHost.permissions,
  variable: () => undefined,
};

function notHere(): never {
  throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
}
