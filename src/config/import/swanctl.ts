import { parseAddressRange } from '../../base/address-range.ts';
import { parseAddress } from '../../base/net.ts';
import { parseIdentityPattern } from '../../sa/identity-pattern.ts';
import { proposalsOf } from './algorithms.ts';
import { childModeOf, ikeInMode } from './child-mode.ts';
import { closeActionOf } from './close-action.ts';
import { encapsulationOf } from './encapsulation.ts';
import type { ForeignEnd, ForeignTunnel } from './foreign-tunnel.ts';
import { pinned } from './foreign-tunnel.ts';
import { applyRules, CERTIFICATES, EAP } from './key-rules.ts';
import { keysOfMany } from './keys-of-many.ts';
import { findKey, type SharedKey } from './shared-keys.ts';
import { attributesOf, updownOf } from './swanctl-attributes.ts';
import { AUTH_KEYS, CHILD_KEYS, CONNECTION_KEYS } from './swanctl-keys.ts';
import { childLifetime, ikeLifetime } from './swanctl-lifetimes.ts';
import { retryOf } from './swanctl-retry.ts';
import type { SwanctlSecrets } from './swanctl-secrets.ts';
import type { Section } from './swanctl-sections.ts';
import { isShunt } from './swanctl-shunts.ts';
import type { TreeMap } from './value-tree.ts';
import { mapOf } from './value-tree.ts';
import type { Remarks, Written } from './written.ts';
import { listItems } from './written.ts';

/** What a connection needs that does not stand in it, and depends on where it is from: a file, or the vici socket. */
export type Surroundings = {
  /** What its tunnel is called. */
  nameOf(connection: Section, child: Section, isOnlyChild: boolean): Written;
  /** The addresses of this machine that `local_addrs` means: where it is open (undefined) those towards the peer. */
  ownAddresses(written: Written | undefined, connection: Section, peer: Written): readonly Written[];
  /** The key of the ends that go by these names, or those of many peers; undefined ends it. */
  keyFor(connection: Section, local: Names, remote: RemoteNames): PeerKeys | undefined;
  /** The post-quantum key of an id; undefined leaves it out. */
  postQuantumKey(id: Written): Written | undefined;
};

/** The addresses of an end, and its identity where that is known. */
export type Names = readonly [addresses: readonly Written[], id: Written | undefined];

/** The same of the other end, which may be many peers: those of any name, or of this pattern. */
export type RemoteNames = { readonly names: Names; readonly many: boolean; readonly pattern: Written | undefined };

type PeerKeys = Pick<ForeignTunnel, 'psk' | 'keys'>;

/** The connections of a swanctl.conf in the terms of our configuration: one tunnel for each child. */
export function swanctlTunnels(root: Section, secrets: SwanctlSecrets, remarks: Remarks): ForeignTunnel[] {
  for (const name of ['pools', 'authorities']) {
    const section = root.section(name);
    if (section !== undefined && section.sections().length > 0)
      remarks.note(section.name.position, `${name} are ignored: tunnels here need none`);
  }
  const connections = root.section('connections')?.sections() ?? [];
  const surroundings = surroundingsInFile(secrets, remarks);
  return connections.flatMap((connection) => {
    const children = connection.section('children')?.sections() ?? [];
    if (children.length === 0)
      remarks.note(connection.name.position, 'a connection without children carries nothing and is left out');
    return connectionTunnels(connection, surroundings, remarks);
  });
}

function surroundingsInFile({ keys, ppks }: SwanctlSecrets, remarks: Remarks): Surroundings {
  return {
    nameOf({ name }, child, isOnlyChild) {
      return isOnlyChild ? name : { text: `${name.text}-${child.name.text}`, position: child.name.position };
    },
    /** strongSwan can ask the routing table for its own address; here it is the anchor of all else. */
    ownAddresses(written, connection) {
      if (written !== undefined) return listItems(written);
      remarks.refuse(
        (connection.get('local_addrs') ?? connection.name).position,
        'local_addrs must be the address of this machine, as in local_addrs = 192.0.2.1',
      );
      return [];
    },
    keyFor({ name }, local, { names, many, pattern }) {
      if (local[0].length === 0) return undefined;
      if (many) return keysOfPeers(keys, local, pattern);
      const key = findKey(keys, namesOf(local), namesOf(names));
      if (key === undefined)
        remarks.refuse(name.position, 'no pre-shared key is for both of its ends; write one into the section secrets');
      return key && { psk: key.secret };
    },
    postQuantumKey(id) {
      const key = findKey(ppks, [id.text], []);
      if (key === undefined) remarks.refuse(id.position, 'no section ppk of secrets has a key of this id');
      return key?.secret;
    },
  };
}

/** Who has none among them does not get in; that there is none at all is said of the tunnel. */
function keysOfPeers(keys: readonly SharedKey[], local: Names, written: Written | undefined): PeerKeys {
  const pattern = written === undefined ? undefined : parseIdentityPattern(written.text);
  const { own, common } = keysOfMany(keys, namesOf(local), pattern === undefined ? {} : { pattern });
  return {
    psk: common?.secret,
    keys: own.map(({ owner, key: { secret } }) => ({ id: pinned(secret, owner), psk: secret })),
  };
}

/** All that an end can be called by the owners of a key. */
export function namesOf([addresses, id]: Names): string[] {
  return [...(id === undefined ? [] : [id]), ...addresses].map(({ text }) => text);
}

/** One connection; `connection.section('children')` has its tunnels, and shunts beside them (swanctl-shunts.ts). */
export function connectionTunnels(connection: Section, surroundings: Surroundings, remarks: Remarks): ForeignTunnel[] {
  const { name } = connection;
  const all = connection.section('children')?.sections() ?? [];
  const children = all.filter((child) => !isShunt(child));
  // Shunts need neither a peer nor a key.
  if (all.length > 0 && children.length === 0) return [];
  applyRules(connection.settings(), (key) => CONNECTION_KEYS.get(key), [...CONNECTION_KEYS.keys()], remarks);
  const localId = knownIdentity(identityOf(connection, 'local', remarks));
  const remote = peerPlaces(connection);
  const [peer] = remote.addresses;
  const named = remoteIdentity(connection, remote, remarks);
  const local = surroundings.ownAddresses(localAddresses(connection), connection, peer);
  const keys = surroundings.keyFor(connection, [local, localId], {
    names: [remote.addresses, named.id?.text === 'any' ? undefined : named.id],
    many: named.id?.text === 'any' && isAnywhere(remote),
    pattern: named.pattern,
  });
  if (keys === undefined) return [];
  const ike = ikeOf(connection, remarks);
  return children.map((child) => {
    applyRules(child.settings(), (word) => CHILD_KEYS.get(word), [...CHILD_KEYS.keys()], remarks);
    return {
      name: surroundings.nameOf(connection, child, children.length === 1),
      familyName: name,
      local: { addresses: local, id: localId, subnets: segmentsOf(child, 'local_ts', local[0], remarks) },
      remote: { ...remote, ...named, subnets: segmentsOf(child, 'remote_ts', onlyAddress(remote), remarks) },
      ...keys,
      rest: restOf(connection, child, ike, surroundings, remarks),
    };
  });
}

/** `local-1`, `local2` and the like are rounds of authentication, of which a tunnel has one. */
function identityOf(connection: Section, side: 'local' | 'remote', remarks: Remarks): Written | undefined {
  const [first, second] = connection.sections().filter(({ name }) => name.text.startsWith(side));
  if (second !== undefined) remarks.refuse(second.name.position, 'only one round of authentication is supported');
  const auth = first?.get('auth');
  if (auth === undefined)
    remarks.refuse(
      (first ?? connection).name.position,
      `${side}.auth is not written, and its default is certificates; write auth = psk`,
    );
  else if (auth.text !== 'psk') remarks.refuse(auth.position, /^(eap|xauth)/.test(auth.text) ? EAP : CERTIFICATES);
  if (first === undefined) return undefined;
  applyRules(first.settings(), (key) => AUTH_KEYS.get(key), [...AUTH_KEYS.keys()], remarks);
  return first.get('id');
}

/** Undefined for one that is anybody's, or that goes without saying. */
function knownIdentity(id: Written | undefined): Written | undefined {
  return id?.text === '%any' ? undefined : id;
}

/**
 * strongSwan takes any identity where none is written. In a file of ours, that is the one of the peer's address, where it
 * has one; and of a single peer a name may have an asterisk in it.
 */
function remoteIdentity(connection: Section, places: PeerPlaces, remarks: Remarks): Pick<ForeignEnd, 'id' | 'pattern'> {
  const id = identityOf(connection, 'remote', remarks);
  if (id === undefined) return remarks.strict || isAnywhere(places) ? { id: pinned(connection.name, 'any') } : {};
  if (id.text === '%any') return { id: pinned(id, 'any') };
  const isPattern = id.text.includes('*') && (remarks.strict || isAnywhere(places));
  return isPattern ? { id: pinned(id, 'any'), pattern: id } : { id };
}

/** Undefined where it is left to the routes, as it is by default. */
function localAddresses(connection: Section): Written | undefined {
  const written = connection.get('local_addrs');
  return written === undefined || written.text.startsWith('%any') ? undefined : written;
}

function isAnywhere({ addresses }: PeerPlaces): boolean {
  return addresses[0].text === '0.0.0.0';
}

type PeerPlaces = { readonly addresses: readonly [Written, ...Written[]]; readonly within: readonly Written[] };

/** Addresses are called in turn; from subnets and ranges a peer may call, which is all that `%any` is. */
function peerPlaces(connection: Section): PeerPlaces {
  const written = connection.get('remote_addrs');
  const items = written === undefined ? [] : listItems(written);
  const open = items.find(({ text }) => OPEN.has(text));
  const within = items.filter(({ text }) => parseAddressRange(text) !== undefined);
  const [first, ...more] = items.filter((item) => !within.includes(item));
  if (open === undefined && first !== undefined) return { addresses: [first, ...more], within };
  const anywhere = pinned(open ?? within[0] ?? connection.name, '0.0.0.0');
  return { addresses: [anywhere], within: open === undefined ? within : [] };
}

const OPEN: ReadonlySet<string> = new Set(['%any', '%any4', '%any6', '0.0.0.0', '::', '0.0.0.0/0', '::/0']);

/** Of a peer that has several, `dynamic` would be another segment each time. */
function onlyAddress({ addresses, within }: PeerPlaces): Written | undefined {
  return addresses.length + within.length === 1 ? addresses[0] : undefined;
}

function segmentsOf(child: Section, key: string, address: Written | undefined, remarks: Remarks): Written[] {
  const written = child.get(key) ?? pinned(child.name, 'dynamic');
  return listItems(written).flatMap((item) => {
    if (!/^dynamic(\[|$)/.test(item.text)) return [item];
    const own = address?.text ?? '';
    // Whoever calls: it is the address that each peer has.
    if (own === '0.0.0.0') return [item];
    if (parseAddress(own) !== undefined) return [pinned(item, item.text.replace('dynamic', own))];
    remarks.refuse(item.position, `${key} must be written, as the end's own address is not`);
    return [];
  });
}

/** 0, the default, takes both versions. */
function versionOf(connection: Section, remarks: Remarks): Written {
  const version = connection.get('version');
  if (version?.text === '1' || version?.text === '2') return version;
  const at = version ?? connection.name;
  if (version === undefined || version.text === '0') {
    if (remarks.strict) return pinned(at, '2');
    remarks.note(at.position, 'version = 0 takes IKEv1 as well; here it is IKEv2 alone');
  } else remarks.refuse(at.position, 'the version of IKE is 1 or 2');
  return pinned(at, '2');
}

function ikeOf(connection: Section, remarks: Remarks): TreeMap {
  const { name } = connection;
  const version = versionOf(connection, remarks);
  const second = version.text === '2';
  const proposals = connection.get('proposals') ?? pinned(name, 'default');
  const aggressive = connection.get('aggressive') ?? pinned(name, 'no');
  const childless = connection.get('childless');
  const mobike = connection.get('mobike');
  const { reauthenticate, ...life } = ikeLifetime(connection, remarks);
  return mapOf(name.position, {
    version,
    mode: second ? undefined : pinned(aggressive, isYes(aggressive) ? 'aggressive' : 'main'),
    proposals: proposalsOf(proposals, 'ike', second ? 2 : 1, remarks),
    ...life,
    unique: uniqueOf(connection, remarks),
    reauthenticate: second ? reauthenticate : undefined,
    childless: second && childless !== undefined ? pinned(childless, String(CHILDLESS.has(childless.text))) : undefined,
    mobike: second ? pinned(mobike ?? name, String(mobike === undefined || isYes(mobike))) : undefined,
  });
}

/** A tunnel has one IKE SA, so that a second one takes its place where it is not kept out. */
function uniqueOf(connection: Section, remarks: Remarks): Written | undefined {
  const written = connection.get('unique');
  if (written?.text === 'never')
    remarks.note(
      written.position,
      'unique = never keeps both IKE SAs; here the new one takes the place of the old one',
    );
  return written?.text === 'keep' ? written : undefined;
}

const CHILDLESS: ReadonlySet<string> = new Set(['prefer', 'force']);

function isYes({ text }: Written): boolean {
  return ['yes', 'true', 'enabled', '1'].includes(text);
}

function restOf(
  connection: Section,
  child: Section,
  ike: TreeMap,
  surroundings: Surroundings,
  remarks: Remarks,
): TreeMap {
  const version = connection.get('version')?.text === '1' ? 1 : 2;
  const anywhere = isAnywhere(peerPlaces(connection));
  return mapOf(child.name.position, {
    start: startOf(child, anywhere, remarks),
    closeAction: closeActionOf(child.get('close_action'), { start: startAction(child), anywhere }, remarks),
    ppk: ppkOf(connection, surroundings),
    ike: ikeInMode(ike, child.get('mode'), remarks),
    ipsec: ipsecOf(child, version, connection, remarks),
    dpd: dpdOf(connection, child, anywhere, remarks),
    retry: retryOf(connection, { keepsUp: keepsUp(child, anywhere) }, remarks),
    updown: updownOf(child, remarks),
  });
}

const STARTS: ReadonlyMap<string, string> = new Map([
  ['none', 'respond'],
  ['start', 'initiate'],
  ['trap', 'on-traffic'],
  ['trap|start', 'initiate'],
]);

function startAction(child: Section): Written {
  return child.get('start_action') ?? pinned(child.name, 'none');
}

/** A peer of any address cannot be called: strongSwan waits for it, too. */
function startOf(child: Section, anywhere: boolean, remarks: Remarks): Written {
  const action = startAction(child);
  const start = STARTS.get(action.text.replace(/\s/g, ''));
  if (start === undefined) remarks.refuse(action.position, 'start_action is one of none, trap, start and trap|start');
  return pinned(action, anywhere ? 'respond' : (start ?? 'respond'));
}

/** Whether anything but the peer and its traffic has us call. */
function keepsUp(child: Section, anywhere: boolean): boolean {
  const actions = [startAction(child), child.get('close_action')];
  return !anywhere && actions.some((action) => /start/.test(action?.text ?? ''));
}

function ppkOf(connection: Section, surroundings: Surroundings): TreeMap | undefined {
  const id = connection.get('ppk_id');
  const secret = id === undefined ? undefined : surroundings.postQuantumKey(id);
  if (id === undefined || secret === undefined) return undefined;
  const required = connection.get('ppk_required');
  const answer = String(required !== undefined && isYes(required));
  return mapOf(id.position, { id, secret, required: pinned(required ?? id, answer) });
}

function ipsecOf(child: Section, version: 1 | 2, connection: Section, remarks: Remarks): TreeMap {
  const { name } = child;
  const encap = connection.get('encap');
  const ah = child.get('ah_proposals');
  const esp = child.get('esp_proposals');
  if (ah !== undefined && esp !== undefined)
    remarks.refuse(esp.position, 'ah_proposals and esp_proposals in one child exclude each other');
  const protocol = ah === undefined ? 'esp' : 'ah';
  return mapOf(name.position, {
    protocol: pinned(ah ?? esp ?? name, protocol),
    mode: childModeOf(child.get('mode'), remarks),
    encapsulation: encapsulationOf(encap !== undefined && isYes(encap) ? encap : undefined, protocol, remarks),
    proposals: proposalsOf(ah ?? esp ?? pinned(name, 'default'), protocol, version, remarks),
    ...childLifetime(child, remarks),
    ...attributesOf(child, connection, remarks),
  });
}

function dpdOf(connection: Section, child: Section, anywhere: boolean, remarks: Remarks): TreeMap {
  const { name } = connection;
  const timeout = connection.get('dpd_timeout');
  const action = child.get('dpd_action');
  const meant = DPD_ACTIONS.get(action?.text ?? 'clear');
  if (action !== undefined && meant === undefined)
    remarks.refuse(action.position, 'dpd_action is one of clear, trap and restart');
  return mapOf(name.position, {
    delay: dpdDelay(connection, remarks),
    timeout: timeout === undefined || isNoTime(timeout) ? pinned(timeout ?? name, '150s') : timeout,
    action: pinned(action ?? child.name, anywhere ? 'clear' : (meant ?? 'clear')),
  });
}

/** strongSwan asks nothing where it is not told to. In a file of ours a peer is asked, as it should be. */
function dpdDelay(connection: Section, remarks: Remarks): Written {
  const delay = connection.get('dpd_delay');
  if (delay !== undefined && !isNoTime(delay)) return delay;
  const at = delay ?? connection.name;
  if (remarks.strict) return pinned(at, 'off');
  remarks.note(at.position, 'dpd_delay = 0 asks no peer whether it lives; here it is asked after 30s');
  return pinned(at, '30s');
}

function isNoTime({ text }: Written): boolean {
  return /^0[smhd]?$/.test(text);
}

const DPD_ACTIONS: ReadonlyMap<string, string> = new Map([
  ['clear', 'clear'],
  ['none', 'clear'],
  ['trap', 'hold'],
  ['hold', 'hold'],
  ['start', 'restart'],
  ['restart', 'restart'],
]);
