import type { Configuration, Tunnel } from '../configuration.ts';
import { loadConfiguration } from '../load.ts';
import { formatProblem } from '../problem.ts';
import type { MemoryFiles } from './memory-host.ts';
import { memoryHost } from './memory-host.ts';

/** The configuration of a text that must be good, with more files and variables beside it. */
export function loadText(
  text: string,
  files: MemoryFiles = {},
  environment: Readonly<Record<string, string>> = {},
): Configuration {
  const path = '/etc/cygnet/cygnet.yaml';
  const result = loadConfiguration(path, memoryHost({ [path]: text, ...files }, environment));
  if ('errors' in result) throw new Error(result.errors.map(formatProblem).join('\n'));
  return result.configuration;
}

/** One tunnel `t`, with `more` as further keys of it, on a gateway 192.0.2.1 to a peer 203.0.113.7. */
export function tunnelText(more = '', top = ''): string {
  const base = {
    gateway: 'gw',
    peer: 'there',
    local: '{subnets: [10.0.0.0/16]}',
    remote: '{subnets: [10.1.0.0/16]}',
    psk: 'abcdefghijklmnopqrstuvwxyz',
  };
  const given = new Set(more.split('\n').map((line) => line.split(':')[0]));
  const rest = Object.entries(base).filter(([key]) => !given.has(key));
  return [
    'version: 1',
    top,
    'gateways: {gw: {address: 192.0.2.1}, nat: {address: 192.0.2.2, publicAddress: 198.51.100.2}}',
    'peers: {there: {address: 203.0.113.7}, any: {address: 0.0.0.0}, named: {address: vpn.example.com}}',
    'tunnels:',
    '  t:',
    ...rest.map(([key, value]) => `    ${key}: ${value}`),
    ...more.split('\n').map((line) => `    ${line}`),
    '',
  ].join('\n');
}

/** The tunnel of `tunnelText`. */
export function loadTunnel(more = '', top = ''): Tunnel {
  const [tunnel] = loadText(tunnelText(more, top)).tunnels;
  if (tunnel === undefined) throw new Error('no tunnel');
  return tunnel;
}
