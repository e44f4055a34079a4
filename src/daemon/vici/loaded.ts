import { equalBytes } from '../../base/bytes.ts';
import { Secret } from '../../base/secret.ts';
import type { Configuration } from '../../config/configuration.ts';
import { KeyRing } from '../../config/loaded/key-ring.ts';
import type { LoadedConnection, LoadedShunt, LoadSurroundings } from '../../config/loaded/loaded-connection.ts';
import { isConcerned, readConnection } from '../../config/loaded/loaded-connection.ts';
import type { LoadedKey } from '../../config/loaded/loaded-key.ts';
import { KEY_KINDS, sameKey } from '../../config/loaded/loaded-key.ts';
import type { OwnAddresses } from '../../config/loaded/own-addresses.ts';
import { formatPosition, type Problem } from '../../config/problem.ts';
import { encodeMessage, type ViciSection } from '../../control/vici/message.ts';
import type { ViciKey, ViciLoading } from '../../control/vici/vici-loading.ts';
import { tunnelNamed } from '../tunnel-named.ts';

/** What is loaded needs this of the daemon. */
export type LoadingSubject = {
  readonly own: OwnAddresses;
  readonly nobodysKey: Secret;
  /** What the files say. */
  files(): Configuration;
  /** Puts the files and what is loaded in force. */
  apply(): void;
  /** The same where a connection has come behind all others. */
  add(connection: LoadedConnection): void;
  /** The same where one has gone. */
  remove(connection: LoadedConnection): void;
  /** Tells the log of what is doubtful. */
  warn(problems: readonly Problem[]): void;
};

type Entry = {
  /** As it came, so that the same again is nothing. */
  readonly bytes: Uint8Array;
  readonly message: ViciSection;
  readonly read: LoadedConnection;
};

/** The connections and shared keys that were loaded over vici. They live as long as the daemon. */
export class Loaded implements ViciLoading {
  readonly #subject: LoadingSubject;
  readonly #connections = new Map<string, Entry>();
  readonly #keys = new Map<string, LoadedKey>();
  readonly #nameless: LoadedKey[] = [];
  /** All of them. */
  readonly #ring = new KeyRing();
  /** Shunts that were told to be in force, or no longer to be, by their names. */
  readonly #told = new Map<string, boolean>();

  constructor(subject: LoadingSubject) {
    this.#subject = subject;
  }

  /** The configuration of the files, with what is loaded behind it. */
  complete(files: Configuration): Configuration {
    const loaded = [...this.#connections.values()].map(({ read }) => read);
    if (loaded.length === 0) return files;
    return {
      ...files,
      gateways: [...files.gateways, ...loaded.flatMap(({ gateways }) => gateways)],
      peers: [...files.peers, ...loaded.flatMap(({ peers }) => peers)],
      shunts: [...files.shunts, ...this.shunts().filter(({ standing }) => standing)],
      tunnels: [...files.tunnels, ...loaded.flatMap(({ tunnels }) => tunnels)],
    };
  }

  /** Why these files cannot be put in force beside what is loaded; undefined where they can. */
  conflictWith(files: Configuration): string | undefined {
    for (const [name, { read }] of this.#connections) {
      const taken = takenName(read, files);
      if (taken !== undefined) return `${taken} was loaded over vici as well (connection ${name}); unload it first`;
    }
    return undefined;
  }

  connectionNames(): readonly string[] {
    return [...this.#connections.keys()];
  }

  loadConnection(name: string, message: ViciSection): string | undefined {
    const bytes = encodeMessage(message);
    const before = this.#connections.get(name);
    if (before !== undefined && equalBytes(before.bytes, bytes)) return undefined;
    if (before === undefined && this.#connections.size >= MAX_CONNECTIONS)
      return `there are ${MAX_CONNECTIONS} connections already`;
    const read = readConnection(name, message, this.#surroundings());
    if ('errors' in read) return oneLine(read.errors);
    const taken = takenName(read, this.#subject.files());
    if (taken !== undefined) return `${taken} stands in the configuration file already`;
    this.#forgetTold(before);
    this.#connections.set(name, { bytes, message, read });
    this.#subject.warn(read.warnings);
    if (before === undefined) this.#subject.add(read);
    else this.#subject.apply();
    return undefined;
  }

  unloadConnection(name: string): string | undefined {
    const entry = this.#connections.get(name);
    if (entry === undefined) return `unload: connection '${name}' not found`;
    this.#forgetTold(entry);
    this.#connections.delete(name);
    this.#subject.remove(entry.read);
    return undefined;
  }

  /** All that there are, and whether they are in force now. */
  shunts(): readonly LoadedShunt[] {
    const all = [...this.#connections.values()].flatMap(({ read }) => read.shunts);
    return all.map((shunt) => ({ ...shunt, standing: this.#told.get(shunt.name) ?? shunt.standing }));
  }

  /** Until its connection changes. */
  setShunt(name: string, standing: boolean): void {
    this.#told.set(name, standing);
    this.#subject.apply();
  }

  #forgetTold(entry: Entry | undefined): void {
    for (const { name } of entry?.read.shunts ?? []) this.#told.delete(name);
  }

  keyIds(): readonly string[] {
    return [...this.#keys.keys()];
  }

  loadKey({ id, type, owners, data }: ViciKey): string | undefined {
    const kind = KEY_KINDS.get(type.toLowerCase());
    if (kind === undefined) return `invalid shared key type: ${type}`;
    if (data.length === 0 && kind !== 'unused') return 'the key is empty';
    const key: LoadedKey = { kind, owners, secret: new Secret(data) };
    const before = id === undefined ? undefined : this.#keys.get(id);
    const known = id === undefined ? this.#nameless.some((one) => sameKey(one, key)) : before && sameKey(before, key);
    if (known === true) return undefined;
    if (before === undefined && this.#keys.size + this.#nameless.length >= MAX_KEYS)
      return `there are ${MAX_KEYS} shared keys already`;
    if (before !== undefined) this.#ring.remove(before);
    this.#ring.add(key, { last: id === undefined });
    if (id === undefined) this.#nameless.push(key);
    else {
      // Of equal keys the first counts: one that is replaced goes behind the others, as a new one does.
      this.#keys.delete(id);
      this.#keys.set(id, key);
    }
    this.#readAgain(({ read }) => isConcerned(read, before, key));
    return undefined;
  }

  unloadKey(id: string): void {
    const key = this.#keys.get(id);
    if (key === undefined) return;
    this.#keys.delete(id);
    this.#ring.remove(key);
    this.#readAgain(({ read }) => isConcerned(read, key, undefined));
  }

  unloadKeys(): void {
    this.#keys.clear();
    this.#nameless.length = 0;
    this.#ring.clear();
    this.#readAgain(() => true);
  }

  /** The addresses of this machine may be other ones: for whoever has lost all of its own, or never had any. */
  onAddresses(): void {
    if (this.#connections.size === 0) return;
    const present = new Set(this.#subject.own.all());
    this.#readAgain(
      ({ read: { ownAddresses, tunnels } }) =>
        tunnels.some(({ enabled }) => !enabled) ||
        (ownAddresses.length > 0 && !ownAddresses.some((address) => present.has(address))),
    );
  }

  #readAgain(concerned: (entry: Entry) => boolean): void {
    let changed = false;
    for (const [name, entry] of this.#connections) {
      if (!concerned(entry)) continue;
      const read = readConnection(name, entry.message, this.#surroundings());
      // What was valid once is so with other keys and addresses.
      if ('errors' in read) continue;
      this.#connections.set(name, { ...entry, read });
      changed = true;
    }
    if (changed) this.#subject.apply();
  }

  #surroundings(): LoadSurroundings {
    const { own, nobodysKey } = this.#subject;
    return { own, nobodysKey, keys: this.#ring };
  }
}

/** Why a tunnel that was loaded cannot be started; undefined where it can, or stands in a file. */
export function lackOf(configuration: Configuration, name: string): string | undefined {
  const lacks = tunnelNamed(configuration, name)?.loaded?.lacks;
  return lacks === undefined ? undefined : `${name} waits: ${lacks}`;
}

/** Far more than any machine has; keeps a client that goes wrong from the memory of the daemon. */
const MAX_CONNECTIONS = 10_000;
const MAX_KEYS = 20_000;
const MAX_ERRORS = 5;

function takenName({ tunnels, shunts }: LoadedConnection, files: Configuration): string | undefined {
  const tunnel = tunnels.find(({ name }) => tunnelNamed(files, name) !== undefined);
  if (tunnel !== undefined) return `tunnel ${tunnel.name}`;
  const shunt = shunts.find(({ name }) => files.shunts.some((other) => other.name === name));
  return shunt === undefined ? undefined : `shunt ${shunt.name}`;
}

function oneLine(errors: readonly Problem[]): string {
  const texts = errors.slice(0, MAX_ERRORS).map((error) => `${formatPosition(error)}: ${error.message}`);
  return texts.join('; ');
}
