import type { ConfigurationHost } from '../host.ts';
import { fileErrorText } from '../host.ts';
import { loadConfiguration } from '../load.ts';
import type { Problem } from '../problem.ts';
import { errorAt } from '../problem.ts';
import { readForeign } from './foreign.ts';
import { languageOf } from './language.ts';
import { plainValue } from './value-tree.ts';
import { yamlText } from './yaml-text.ts';

export type ImportOptions = {
  /** Where the keys of an ipsec.conf are; else in the ipsec.secrets beside it. */
  readonly secrets?: string | undefined;
  /** Whether the keys stand in the text itself. */
  readonly reveal: boolean;
};

export type Imported = {
  /** Our configuration; without `reveal`, it refers to the files of `keys`, which lie beside it. */
  readonly text: string;
  /** Files that only their owner may read. Secret. */
  readonly keys: readonly { readonly name: string; readonly text: string }[];
  readonly tunnels: number;
  readonly notes: readonly Problem[];
};

/** The configuration of another daemon in our own language. */
export function importConfiguration(
  path: string,
  host: ConfigurationHost,
  options: ImportOptions,
): Imported | { readonly errors: readonly Problem[] } {
  const origin = { file: path, line: 1, column: 1 };
  const language = readLanguage(path, host);
  if (typeof language === 'object') return { errors: [errorAt(origin, language.failure)] };
  if (language === 'yaml') return { errors: [errorAt(origin, 'this is neither an ipsec.conf nor a swanctl.conf')] };
  const loaded = loadConfiguration(path, host, options);
  if ('errors' in loaded) return loaded;
  const { tree, problems } = readForeign(path, host, { language, secrets: options.secrets });
  const value = plainValue(tree) as PlainConfiguration;
  const keys = options.reveal ? [] : keyFiles(value);
  const text = yamlText(options.reveal ? value : withKeyFiles(value), `Imported by cygnet from ${path}`);
  return { text, keys, tunnels: loaded.configuration.tunnels.length, notes: problems };
}

function readLanguage(path: string, host: ConfigurationHost): ReturnType<typeof languageOf> | { failure: string } {
  try {
    return languageOf(path, host.readFile(path));
  } catch (error) {
    return { failure: `${path} cannot be read: ${fileErrorText(error)}` };
  }
}

type PlainTunnel = {
  readonly psk?: string;
  readonly keys?: readonly { readonly id: string; readonly psk: string }[];
  readonly ppk?: { readonly secret: string };
};
type PlainConfiguration = { readonly tunnels: Readonly<Record<string, PlainTunnel>> };

function keyFiles({ tunnels }: PlainConfiguration): Imported['keys'] {
  return Object.entries(tunnels).flatMap(([name, { psk, keys = [], ppk }]) => [
    ...(psk === undefined ? [] : [{ name: `${name}.psk`, text: `${psk}\n` }]),
    ...keys.map((key, index) => ({ name: nameOfKey(name, index), text: `${key.psk}\n` })),
    ...(ppk === undefined ? [] : [{ name: `${name}.ppk`, text: `${ppk.secret}\n` }]),
  ]);
}

/** An identity may have characters that no file should have in its name. */
function nameOfKey(tunnel: string, index: number): string {
  return `${tunnel}-peer${index + 1}.psk`;
}

function withKeyFiles(value: PlainConfiguration): unknown {
  const tunnels = Object.entries(value.tunnels).map(([name, { ppk, ...tunnel }]) => [
    name,
    {
      ...tunnel,
      ...(tunnel.psk === undefined ? {} : { psk: { file: `${name}.psk` } }),
      ...(tunnel.keys && { keys: tunnel.keys.map(({ id }, index) => ({ id, psk: { file: nameOfKey(name, index) } })) }),
      ...(ppk === undefined ? {} : { ppk: { ...ppk, secret: { file: `${name}.ppk` } } }),
    },
  ]);
  return { ...value, tunnels: Object.fromEntries(tunnels) };
}
