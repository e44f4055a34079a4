import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { loadConfiguration } from './load.ts';
import { formatProblem } from './problem.ts';
import { loadText, tunnelText } from './testing/load-text.ts';
import { memoryHost } from './testing/memory-host.ts';

describe('included files', () => {
  const MAIN = 'version: 1\ninclude: [conf.d/*.yaml]\ngateways: {gw: {address: 192.0.2.1}}\n';
  const tunnel = (name: string, octet: number) =>
    `tunnels:\n  ${name}: {gateway: gw, peer: p, local: {subnets: [10.0.0.0/16]}, remote: {subnets: [10.${octet}.0.0/16]}, psk: k}\n`;

  it('are merged section by section, in alphabetical order, and may include more', () => {
    const files = {
      '/etc/cygnet/conf.d/b.yaml': `include: [more/x.yaml]\n${tunnel('b', 2)}`,
      '/etc/cygnet/conf.d/a.yaml': `peers: {p: {address: 192.0.2.9}}\n${tunnel('a', 1)}`,
      '/etc/cygnet/conf.d/.hidden.yaml': 'bad',
      '/etc/cygnet/conf.d/readme.txt': 'bad',
      '/etc/cygnet/conf.d/more/x.yaml': tunnel('x', 3),
    };
    const configuration = loadText(MAIN, files);
    expect(configuration.tunnels.map(({ name }) => name)).toEqual(['a', 'b', 'x']);
    expect(configuration.files).toEqual([
      '/etc/cygnet/cygnet.yaml',
      '/etc/cygnet/conf.d/a.yaml',
      '/etc/cygnet/conf.d/b.yaml',
      '/etc/cygnet/conf.d/more/x.yaml',
    ]);
    expect(configuration.tunnels[2]?.origin).toEqual({ file: '/etc/cygnet/conf.d/more/x.yaml', line: 2, column: 3 });
  });

  it('a pattern that matches nothing is fine', () => {
    expect(loadText(MAIN).gateways).toHaveLength(1);
  });

  it('relative key files start from the file that names them', () => {
    const files = {
      '/etc/cygnet/conf.d/a.yaml': `peers: {p: {address: 192.0.2.9}}\n${tunnel('a', 1).replace('psk: k', 'psk: {file: a.psk}')}`,
      '/etc/cygnet/conf.d/a.psk': 'from-the-file\n',
    };
    const [one] = loadText(MAIN, files).tunnels;
    expect(one?.policy.psk.expose()).toEqual(utf8('from-the-file'));
    expect(one?.pskSource).toBe('file');
  });

  const told = (files: Readonly<Record<string, string>>) => errorsOf({ '/etc/cygnet.yaml': MAIN, ...files });

  it('a name in two files is reported at both places', () => {
    expect(
      told({
        '/etc/conf.d/a.yaml': 'peers: {p: {address: 192.0.2.9}}\n',
        '/etc/conf.d/b.yaml': 'peers:\n  p: {address: 192.0.2.8}\n',
      }),
    ).toEqual([
      '/etc/conf.d/b.yaml:2:3 error peers.p: is there twice: first at /etc/conf.d/a.yaml:1:9',
      '/etc/conf.d/a.yaml:1:9 error peers.p: is there twice: again at /etc/conf.d/b.yaml:2:3',
    ]);
  });

  it('what concerns the whole stands in the main file', () => {
    expect(told({ '/etc/conf.d/a.yaml': 'dataplane: kernel\nlimits: {lifetime: off}\n' })).toEqual([
      '/etc/conf.d/a.yaml:1:1 error dataplane: belongs in the main file, not in an included one',
      '/etc/conf.d/a.yaml:2:1 error limits: belongs in the main file, not in an included one',
    ]);
  });

  it('a circle ends', () => {
    expect(told({ '/etc/conf.d/a.yaml': 'include: [../cygnet.yaml]\n' })).toEqual([
      '/etc/conf.d/a.yaml:1:11 error /etc/cygnet.yaml is included twice',
    ]);
  });

  it('any number of mistakes is told', () => {
    const entries = Array.from({ length: 150_000 }, (_, index) => `t${index}: {}`).join(', ');
    const result = loadConfiguration(
      '/etc/a.yaml',
      memoryHost({ '/etc/a.yaml': `{version: 1, tunnels: {${entries}}}` }),
    );
    expect('errors' in result && result.errors.length).toBe(600_000);
  });

  it('mistakes of all files are told at once', () => {
    expect(told({ '/etc/conf.d/a.yaml': 'x: 1\n', '/etc/conf.d/b.yaml': 'y: 1\n' })).toHaveLength(2);
  });

  it('a pair that two files claim', () => {
    const [error] = told({
      '/etc/conf.d/a.yaml': `peers: {p: {address: 192.0.2.9}}\n${tunnel('a', 1)}`,
      '/etc/conf.d/b.yaml': tunnel('b', 1),
    });
    expect(error).toBe(
      '/etc/conf.d/b.yaml:2:81 error tunnels.b.remote.subnets[0]: 10.0.0.0/16 <-> 10.1.0.0/16 on gateway gw already belongs to tunnel a (/etc/conf.d/a.yaml:3:3)',
    );
  });
});

describe('the real file system', () => {
  it('reads includes, and a key file that only its owner can read', () => {
    const directory = mkdtempSync(join(tmpdir(), 'cygnet-config-'));
    try {
      mkdirSync(join(directory, 'conf.d'));
      const [main, key] = [join(directory, 'cygnet.yaml'), join(directory, 'conf.d', 't.psk')];
      writeFileSync(main, 'version: 1\ninclude: [conf.d/*.yaml]\n');
      writeFileSync(join(directory, 'conf.d', 't.yaml'), tunnelText('psk: {file: t.psk}').replace('version: 1\n', ''));
      writeFileSync(key, 'on-disk\n');
      chmodSync(key, 0o640);
      expect(loadConfiguration(main)).toHaveProperty(
        'errors.0.message',
        `tunnels.t.psk: others may read ${key}; run chmod 600 ${key}`,
      );
      chmodSync(key, 0o600);
      expect(loadConfiguration(main)).toHaveProperty('configuration.tunnels.0.pskSource', 'file');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

function errorsOf(files: Readonly<Record<string, string>>): string[] {
  const result = loadConfiguration('/etc/cygnet.yaml', memoryHost(files));
  return 'errors' in result ? result.errors.filter((problem) => problem.severity === 'error').map(formatProblem) : [];
}
