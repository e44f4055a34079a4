import { utf8 } from '../../../base/bytes.ts';
import { Secret } from '../../../base/secret.ts';
import { KeyRing } from '../key-ring.ts';
import { type LoadSurroundings, readConnection } from '../loaded-connection.ts';
import type { LoadedKey } from '../loaded-key.ts';
import type { LoadElement, LoadMessage } from '../message-section.ts';

export type Plain = { readonly [key: string]: string | readonly string[] | Plain };

export function message(plain: Plain): LoadMessage {
  return new Map(Object.entries(plain).map(([key, value]) => [key, element(value)]));
}

function element(value: Plain[string]): LoadElement {
  if (typeof value === 'string') return utf8(value);
  if (Array.isArray(value)) return value.map(utf8);
  return message(value as Plain);
}

export const KEY = 'abcdefghijklmnopqrstuvwxyz';
export const NOBODY = new Secret(new Uint8Array(32));

type Surroundings = Omit<LoadSurroundings, 'keys'> & { readonly keys: readonly LoadedKey[] };

export const SURROUNDINGS: Surroundings = {
  keys: [{ kind: 'ike', owners: [], secret: new Secret(utf8(KEY)) }],
  own: {
    towards: (remote) => (remote.includes(':') ? '2001:db8::1' : '192.0.2.1'),
    all: () => ['2001:db8::1', '192.0.2.1', '10.0.0.1'],
  },
  nobodysKey: NOBODY,
};

export const NET = { local_ts: ['10.0.0.0/16'], remote_ts: ['10.1.0.0/16'] };

export function connection(more: Plain = {}, net: Plain = {}): LoadMessage {
  return message({
    version: '2',
    local_addrs: ['192.0.2.1'],
    remote_addrs: ['203.0.113.7'],
    local: { auth: 'psk' },
    remote: { auth: 'psk' },
    children: { net: { ...NET, ...net } },
    ...more,
  });
}

export function read(given: LoadMessage, surroundings: Partial<Surroundings> = {}) {
  const all = { ...SURROUNDINGS, ...surroundings };
  return readConnection('idc', given, { ...all, keys: new KeyRing(all.keys) });
}

export function tunnelsOf(given: LoadMessage, surroundings: Partial<Surroundings> = {}) {
  const result = read(given, surroundings);
  if ('errors' in result) throw new Error(JSON.stringify(result.errors));
  return result.tunnels;
}

export function errorsOf(given: LoadMessage): string[] {
  const result = read(given);
  return 'errors' in result ? result.errors.map(({ file, message: text }) => `${file}: ${text}`) : [];
}
