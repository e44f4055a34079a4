import { dirname, join } from 'node:path';
import type { ConfigurationHost } from './host.ts';
import { systemHost } from './host.ts';
import { loadConfiguration } from './load.ts';
import type { Problem } from './problem.ts';

/** What a first tunnel needs to be known of; everything else has a default. */
export type FirstTunnel = {
  readonly name: string;
  /** An address of this machine. */
  readonly address: string;
  /** The address that the peer sees, where a NAT is in between. */
  readonly publicAddress?: string;
  /** An IP address, a DNS name, or 0.0.0.0 for any. */
  readonly peer: string;
  /** Prefixes. */
  readonly local: readonly string[];
  readonly remote: readonly string[];
  readonly profile: 'modern' | 'platform';
  readonly psk: string;
};

/** Files to be written, by their paths; or what is wrong with what was asked for. */
export type FirstFiles =
  | { readonly configuration: File; readonly psk: File; readonly warnings: readonly Problem[] }
  | { readonly errors: readonly Problem[] };

type File = { readonly path: string; readonly text: string };

/** A configuration with one tunnel in the file `path`, its key in a file beside it. Nothing is written. */
export function firstConfiguration(path: string, tunnel: FirstTunnel): FirstFiles {
  const psk = { path: join(dirname(path), `${tunnel.name}.psk`), text: `${tunnel.psk}\n` };
  const configuration = { path, text: configurationText(tunnel) };
  const loaded = loadConfiguration(path, onlyWith([configuration, psk]));
  return 'errors' in loaded ? loaded : { configuration, psk, warnings: loaded.warnings };
}

function configurationText(tunnel: FirstTunnel): string {
  const { name, address, publicAddress, peer, local, remote, profile } = tunnel;
  const key = plainOrQuoted(name);
  const nat = publicAddress === undefined ? '' : `, publicAddress: ${plainOrQuoted(publicAddress)}`;
  return `# Made by "cygnet init". Every key is explained in docs/configuration.md; "cygnet check" finds mistakes.
version: 1
${profile === 'modern' ? 'profile: modern                # aes256gcm16, sha256, x25519; without this line: aes128, sha1, group 2\n' : ''}gateways:
  gw1: {address: ${plainOrQuoted(address)}${nat}}
peers:
  ${key}: {address: ${plainOrQuoted(peer)}}
tunnels:
  ${key}:
    gateway: gw1
    peer: ${key}
    local: {subnets: [${local.map(plainOrQuoted).join(', ')}]}
    remote: {subnets: [${remote.map(plainOrQuoted).join(', ')}]}
    psk: {file: ${plainOrQuoted(`${name}.psk`)}}
`;
}

/** YAML reads some words as something else, and ends others at a colon or a comma. */
function plainOrQuoted(text: string): string {
  return /^[A-Za-z][\w.-]*$|^\d[\d.]*(?:\/\d+)?$/.test(text) && !RESERVED.test(text) ? text : JSON.stringify(text);
}

const RESERVED = /^(?:true|false|null|yes|no|on|off|~|\d+(?:\.\d*)?)$/i;

/** The files stand for themselves before they are there, and nothing else can be included. */
function onlyWith(files: readonly File[]): ConfigurationHost {
  return {
    ...systemHost,
    readFile: (path) => files.find((file) => file.path === path)?.text ?? systemHost.readFile(path),
    permissions: () => 0o600,
  };
}
