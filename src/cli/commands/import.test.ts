import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cygnet } from '../testing/cli.ts';

const CONF = `conn idc
  authby=secret
  auto=start
  keyexchange=ikev2
  reauth=no
  ike=aes256-sha256-modp2048!
  esp=aes256-sha256-modp2048!
  left=192.0.2.1
  leftsubnet=10.0.0.0/16
  leftnexthop=%defaultroute
  right=203.0.113.7
  rightsubnet=10.1.0.0/16
  dpdaction=restart
`;
const KEY = 'abcdefghijklmnopqrstuvwxyz';

async function within(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'cygnet-import-'));
  try {
    writeFileSync(join(directory, 'ipsec.conf'), CONF);
    writeFileSync(join(directory, 'ipsec.secrets'), `: PSK "${KEY}"\n`, { mode: 0o600 });
    await body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('cygnet import', () => {
  it('prints the configuration without the key, and notes on stderr', async () => {
    await within(async (directory) => {
      const { exit, out, err } = await cygnet(['import', join(directory, 'ipsec.conf')]);
      expect(exit).toBe(0);
      expect(out).toContain('psk: {file: idc.psk}');
      expect(out + err).not.toContain(KEY);
      expect(err.split('\n')).toEqual([
        `${directory}/ipsec.conf:10:3 warning leftnexthop is ignored: the routes of the kernel decide`,
        'the keys are not shown: they belong into idc.psk; -o writes them, --reveal shows them',
        `imported 1 tunnel from ${directory}/ipsec.conf; 1 note`,
        '',
      ]);
      expect((await cygnet(['import', join(directory, 'ipsec.conf'), '--reveal'])).out).toContain(`psk: ${KEY}`);
    });
  });

  it('tells programs the same', async () => {
    await within(async (directory) => {
      const { out } = await cygnet(['import', join(directory, 'ipsec.conf'), '--json']);
      const report = JSON.parse(out);
      expect(report).toMatchObject({ tunnels: 1, keyFiles: ['idc.psk'] });
      expect(report.configuration).toContain('psk: {file: idc.psk}');
      expect(Object.keys(report.notes[0])).toEqual(['file', 'line', 'column', 'severity', 'message']);
      expect(out).not.toContain(KEY);
    });
  });

  it('writes files for their owner alone, which check takes, and never over others', async () => {
    await within(async (directory) => {
      const call = () => cygnet(['import', join(directory, 'ipsec.conf'), '-o', join(directory, 'cygnet.yaml')]);
      expect(await call()).toMatchObject({ exit: 0, out: '' });
      expect(readdirSync(directory)).toEqual(['cygnet.yaml', 'idc.psk', 'ipsec.conf', 'ipsec.secrets']);
      for (const name of ['cygnet.yaml', 'idc.psk']) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(directory, 'idc.psk'), 'utf8')).toBe(`${KEY}\n`);
      expect(await cygnet(['check', join(directory, 'cygnet.yaml')])).toMatchObject({ exit: 0, out: '' });
      rmSync(join(directory, 'cygnet.yaml'));
      expect(await call()).toMatchObject({
        exit: 1,
        err: expect.stringContaining('idc.psk is there already; nothing was written'),
      });
      expect(readdirSync(directory)).toEqual(['idc.psk', 'ipsec.conf', 'ipsec.secrets']);
    });
  });

  it('ends with 3 where the file cannot be had as it is meant', async () => {
    await within(async (directory) => {
      const file = join(directory, 'ipsec.conf');
      writeFileSync(file, `${CONF}  type=passthrough\n`);
      const { exit, out, err } = await cygnet(['import', file]);
      expect([exit, out]).toEqual([3, '']);
      expect(err).toContain(`${file}:14:8 error only tunnel and transport mode are supported`);
    });
  });

  it('takes the keys from --secrets', async () => {
    await within(async (directory) => {
      const keys = join(directory, 'keys');
      writeFileSync(keys, ': PSK "another-key-of-26-letters"\n', { mode: 0o600 });
      const { out } = await cygnet(['import', join(directory, 'ipsec.conf'), '--secrets', keys, '--reveal']);
      expect(out).toContain('psk: another-key-of-26-letters');
    });
  });
});

describe('cygnet check', () => {
  it('reads the file of another daemon as well', async () => {
    await within(async (directory) => {
      const file = join(directory, 'ipsec.conf');
      expect(await cygnet(['check', file])).toMatchObject({
        exit: 0,
        out: `${file}:10:3 warning leftnexthop is ignored: the routes of the kernel decide\n`,
        err: `${file} is valid: 1 tunnel, 1 warning\n`,
      });
    });
  });
});
