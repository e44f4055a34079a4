import { isAbsolute, join } from 'node:path';
import { fromHex, utf8 } from '../base/bytes.ts';
import { Secret } from '../base/secret.ts';
import type { ConfigurationHost } from './host.ts';
import { fileErrorText } from './host.ts';
import { Refusal } from './scalars.ts';
import type { RawTunnel } from './schema.ts';

/** Where a pre-shared key was found; `secrets`: where another daemon keeps its keys. */
export type PskSource = 'inline' | 'file' | 'credential' | 'env' | 'secrets';

export type PreSharedKey = { readonly secret: Secret; readonly source: PskSource };

/**
 * The key that `psk` stands for. `directory` is that of the configuration file, which relative paths start from. No
 * refusal ever quotes the key.
 */
export function readPreSharedKey(
  raw: NonNullable<RawTunnel['psk']>,
  directory: string,
  host: ConfigurationHost,
): PreSharedKey | Refusal {
  if (typeof raw === 'string') return withSource('inline', parseKey(raw));
  const given = SOURCES.filter((source) => raw[source] !== undefined);
  const [source, ...more] = given;
  if (source === undefined || more.length > 0) return new Refusal('name one of file, credential and env');
  const text = READERS[source](raw[source] ?? '', directory, host);
  return text instanceof Refusal ? text : withSource(source, parseKey(withoutNewline(text)));
}

const SOURCES = ['file', 'credential', 'env'] as const;

type Reader = (name: string, directory: string, host: ConfigurationHost) => string | Refusal;

const READERS: Readonly<Record<(typeof SOURCES)[number], Reader>> = {
  file: (name, directory, host) => {
    const path = isAbsolute(name) ? name : join(directory, name);
    return attempt(path, () => {
      // Others than the owner must not read a key; ssh treats its keys in the same way.
      const open = (host.permissions(path) & 0o077) !== 0;
      return open ? new Refusal(`others may read ${path}; run chmod 600 ${path}`) : host.readFile(path);
    });
  },
  credential: (name, _directory, host) => {
    const credentials = host.variable('CREDENTIALS_DIRECTORY');
    if (credentials === undefined || credentials === '')
      return new Refusal('$CREDENTIALS_DIRECTORY is not set; pass the key with LoadCredential= in the systemd unit');
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name)) return new Refusal('this is no name of a credential');
    const path = join(credentials, name);
    return attempt(path, () => host.readFile(path));
  },
  env: (name, _directory, host) => {
    const value = host.variable(name);
    return value === undefined ? new Refusal(`the environment variable ${name} is not set`) : value;
  },
};

function attempt(path: string, read: () => string | Refusal): string | Refusal {
  try {
    return read();
  } catch (error) {
    return new Refusal(`${path} cannot be read: ${fileErrorText(error)}`);
  }
}

/** Editors end a file with a newline that is no part of the key. */
function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

function withSource(source: PskSource, key: Uint8Array | Refusal): PreSharedKey | Refusal {
  return key instanceof Refusal ? key : { secret: new Secret(key), source };
}

const MAX_LENGTH = 128;

/** Text as it stands, `0x` and hexadecimal digits, or `0s` and base64, as in ipsec.secrets. */
function parseKey(text: string): Uint8Array | Refusal {
  if (text === '') return new Refusal('has no value; a key has 1 to 128 characters');
  if (text.startsWith('0x')) return withinLength(hexKey(text.slice(2)));
  if (text.startsWith('0s')) return withinLength(base64Key(text.slice(2)));
  if (text.length > MAX_LENGTH) return new Refusal(`has ${text.length} characters; a key has at most ${MAX_LENGTH}`);
  const wrong = [...text].find((character) => !/[\x21-\x7e]/.test(character) || FORBIDDEN.has(character));
  return wrong === undefined ? utf8(text) : new Refusal(`contains ${characterName(wrong)}, which a key must not`);
}

function hexKey(digits: string): Uint8Array | Refusal {
  if (!/^[0-9a-fA-F]*$/.test(digits)) return new Refusal('begins with 0x, but is not hexadecimal');
  return digits.length % 2 === 0 ? fromHex(digits) : new Refusal('begins with 0x, but has half a byte too much');
}

function base64Key(digits: string): Uint8Array | Refusal {
  const padded = /^[A-Za-z0-9+/]*={0,2}$/.test(digits) && digits.length % 4 === 0;
  if (!padded) return new Refusal('begins with 0s, but is not base64');
  return Uint8Array.from(atob(digits), (character) => character.charCodeAt(0));
}

function withinLength(key: Uint8Array | Refusal): Uint8Array | Refusal {
  if (key instanceof Refusal || (key.length >= 1 && key.length <= MAX_LENGTH)) return key;
  return new Refusal(`has ${key.length} bytes; a key has 1 to ${MAX_LENGTH}`);
}

/** What other daemons' files cannot carry. */
const FORBIDDEN: ReadonlyMap<string, string> = new Map([
  ['?', 'a question mark'],
  ['"', 'a quote'],
  ["'", 'a quote'],
]);

/** Names the kind of character only: the key itself must not be told. */
function characterName(character: string): string {
  if (/\s/.test(character)) return 'a blank';
  return FORBIDDEN.get(character) ?? 'a character that is not printable ASCII';
}
