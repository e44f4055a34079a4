import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../config/load.ts';
import { cygnet } from '../testing/cli.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cygnet-init-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const SEGMENTS = ['--local', '10.0.192.0/20', '--remote', '10.23.0.0/16', '10.25.0.0/16'];

describe('cygnet init', () => {
  it('writes a configuration that is valid, and a key that only its owner reads', async () => {
    const config = join(directory, 'etc', 'cygnet.yaml');
    const { exit, out } = await cygnet(['init', '--peer', '127.0.0.9', ...SEGMENTS, '--config', config]);
    expect(exit).toBe(0);
    expect(out).toContain(`cygnet daemon --config ${config}`);
    const loaded = loadConfiguration(config);
    if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors));
    expect(loaded.warnings).toEqual([]);
    const [tunnel] = loaded.configuration.tunnels;
    expect(tunnel?.policy).toMatchObject({ name: 'peer1', local: { address: '127.0.0.1' }, version: 2 });
    const key = join(directory, 'etc', 'peer1.psk');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(readFileSync(key, 'utf8')).toMatch(/^[A-Za-z0-9]{32}\n$/);
    expect(out + readFileSync(config, 'utf8')).not.toContain(readFileSync(key, 'utf8').trim());
  });

  it('tells programs which files it has written', async () => {
    const config = join(directory, 'cygnet.yaml');
    const { out } = await cygnet(['init', '--peer', '127.0.0.9', ...SEGMENTS, '--config', config, '--json']);
    expect(JSON.parse(out)).toEqual({ tunnel: 'peer1', configuration: config, key: join(directory, 'peer1.psk') });
  });

  it('makes another key each time, and says what the platform has by default where that is asked for', async () => {
    const keys = new Set<string>();
    for (const name of ['a', 'yes']) {
      const config = join(directory, `${name}.yaml`);
      const argv = ['init', '--peer', '127.0.0.9', ...SEGMENTS, '--config', config, '--name', name];
      const { exit, err } = await cygnet([...argv, '--profile', 'platform', '--public-address', '192.0.2.1']);
      expect({ name, exit }).toEqual({ name, exit: 0 });
      expect(err).toContain('modp1024');
      keys.add(readFileSync(join(directory, `${name}.psk`), 'utf8'));
    }
    expect(keys.size).toBe(2);
  });

  it('leaves alone what is there', async () => {
    const config = join(directory, 'cygnet.yaml');
    writeFileSync(config, 'mine');
    const { exit, err } = await cygnet(['init', '--peer', '127.0.0.9', ...SEGMENTS, '--config', config]);
    expect({ exit, err }).toEqual({ exit: 1, err: `cygnet: ${config} is there already; nothing was changed\n` });
    expect(readFileSync(config, 'utf8')).toBe('mine');
  });

  it('says what is wrong with what was asked for, and writes nothing', async () => {
    const config = join(directory, 'cygnet.yaml');
    const argv = [
      'init',
      '--peer',
      '127.0.0.9',
      '--local',
      '10.0.0.0/33',
      '--remote',
      '10.1.0.0/16',
      '--config',
      config,
    ];
    const wrong = await cygnet(argv);
    expect(wrong.exit).toBe(3);
    expect(wrong.err).toContain('10.0.0.0/33');
    expect(wrong.err).toContain('nothing was written');
    const anywhere = await cygnet(['init', '--peer', '0.0.0.0', ...SEGMENTS, '--config', config]);
    expect(anywhere).toMatchObject({ exit: 1, err: expect.stringContaining('name it with --address') });
    expect(() => statSync(config)).toThrow();
    expect((await cygnet(['init'])).exit).toBe(2);
    expect((await cygnet([...argv, '--name', '../evil'])).exit).toBe(2);
  });
});
