import { dirname, join } from 'node:path';
import type { ConfigurationHost } from '../host.ts';
import type { Position, Problem } from '../problem.ts';
import { assemble } from './assemble.ts';
import { ForeignFiles } from './foreign-files.ts';
import type { ForeignTunnel } from './foreign-tunnel.ts';
import { ipsecConfTunnels } from './ipsec-conf.ts';
import { readIpsecConf } from './ipsec-conf-sections.ts';
import { readIpsecSecrets } from './ipsec-secrets.ts';
import type { Language } from './language.ts';
import { swanctlTunnels } from './swanctl.ts';
import { swanctlSecrets } from './swanctl-secrets.ts';
import { readSwanctl } from './swanctl-sections.ts';
import type { ForeignShunt } from './swanctl-shunts.ts';
import { swanctlShunts } from './swanctl-shunts.ts';
import type { TreeMap } from './value-tree.ts';
import { Remarks } from './written.ts';

export type ForeignConfiguration = {
  readonly tree: TreeMap;
  /** Notes as warnings; with an error among them the tree is of no use. */
  readonly problems: readonly Problem[];
  /** The main file first. */
  readonly files: readonly string[];
};

export type ForeignOptions = {
  readonly language: Exclude<Language, 'yaml'>;
  /** Where the keys of an ipsec.conf are; else in the ipsec.secrets beside it. */
  readonly secrets?: string | undefined;
};

/** Reads the configuration of another daemon: the same tunnels in the terms of ours. It changes nothing. */
export function readForeign(path: string, host: ConfigurationHost, options: ForeignOptions): ForeignConfiguration {
  const remarks = new Remarks();
  const files = new ForeignFiles(host, remarks);
  const origin: Position = { file: path, line: 1, column: 1 };
  const { tunnels, shunts } = READERS[options.language](path, { files, remarks, secrets: options.secrets });
  if (tunnels.length + shunts.length === 0 && !remarks.failed) remarks.refuse(origin, 'there is no tunnel in it');
  const tree = assemble({ tunnels, shunts }, origin, remarks);
  return { tree, problems: remarks.problems, files: files.names };
}

type Foreign = { readonly tunnels: readonly ForeignTunnel[]; readonly shunts: readonly ForeignShunt[] };
type Reading = { readonly files: ForeignFiles; readonly remarks: Remarks; readonly secrets: string | undefined };

const READERS: Readonly<Record<ForeignOptions['language'], (path: string, reading: Reading) => Foreign>> = {
  'ipsec.conf': (path, { files, remarks, secrets }) => {
    const conf = readIpsecConf(path, files, remarks);
    const file = secrets ?? join(dirname(path), 'ipsec.secrets');
    const keys = readIpsecSecrets({ text: file, position: { file: path, line: 1, column: 1 } }, files, remarks);
    return { tunnels: ipsecConfTunnels(conf, keys, remarks), shunts: [] };
  },
  'swanctl.conf': (path, { files, remarks }) => {
    files.warnWhereOpen(path);
    const root = readSwanctl(path, files, remarks);
    return {
      tunnels: swanctlTunnels(root, swanctlSecrets(root, remarks), remarks),
      shunts: swanctlShunts(root, remarks),
    };
  },
};
