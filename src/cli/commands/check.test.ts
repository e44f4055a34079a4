import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cygnet } from '../testing/cli.ts';

const GOOD = `version: 1
profile: modern
gateways:
  gw1: {address: 192.0.2.1}
peers:
  idc: {address: 198.51.100.1}
tunnels:
  idc:
    gateway: gw1
    peer: idc
    local: {subnets: [10.1.0.0/16]}
    remote: {subnets: [10.2.0.0/16]}
    psk: {env: IDC_PSK}
`;

const env = { IDC_PSK: 'k7Rr1zmYpQv3nW8sTf5xLd2a' };

async function check(text: string, options: readonly string[] = []) {
  const directory = mkdtempSync(join(tmpdir(), 'cygnet-check-'));
  try {
    const file = join(directory, 'cygnet.yaml');
    writeFileSync(file, text);
    const result = await cygnet(['check', file, ...options], { env });
    expect(readdirSync(directory)).toEqual(['cygnet.yaml']);
    return { ...result, file };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('cygnet check', () => {
  it('says that a configuration is valid, on stderr', async () => {
    const { exit, out, err, file } = await check(GOOD);
    expect({ exit, out, err }).toEqual({ exit: 0, out: '', err: `${file} is valid: 1 tunnel\n` });
  });

  it('prints each error with file, line and column, counts them, and exits with 3', async () => {
    const { exit, out, err, file } = await check(GOOD.replace('peer: idc', 'peer: idd').replace('gw1}', 'gw1'));
    expect(exit).toBe(3);
    expect(out).toContain(`${file}:10:11 error `);
    expect(out).toContain('did you mean idc?');
    expect(err).toBe(`1 error: ${file} is not usable\n`);
  });

  it('lets warnings pass', async () => {
    const { exit, out, err } = await check(GOOD.replace('{env: IDC_PSK}', 'test.1231'));
    expect(exit).toBe(0);
    expect(out).toMatch(/^\S+:13:10 warning /m);
    expect(out).not.toContain('test.1231');
    expect(err).toMatch(/is valid: 1 tunnel, \d+ warnings?\n$/);
  });

  it('prints JSON of exactly these fields', async () => {
    const { exit, out, file } = await check(GOOD.replace('peer: idc', 'peer: idd'), ['--json']);
    expect(exit).toBe(3);
    expect(JSON.parse(out)).toEqual({
      problems: [{ file, line: 10, column: 11, severity: 'error', message: expect.stringContaining('idd') }],
      errors: 1,
      warnings: 0,
    });
  });

  it('says where a file is missing', async () => {
    const { exit, out } = await cygnet(['check', '/nonexistent/cygnet.yaml']);
    expect(exit).toBe(3);
    expect(out).toContain('/nonexistent/cygnet.yaml');
    expect(out).toContain('there is no such file');
  });

  it('needs no daemon', async () => {
    expect((await cygnet(['check'], { env: { CYGNET_CONTROL: '/nonexistent' } })).exit).not.toBe(4);
  });
});
