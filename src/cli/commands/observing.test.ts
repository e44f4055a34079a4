import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exchangesReportSchema } from '../../control/observing-shapes.ts';
import { FakeGateway, sampleTunnel } from '../../control/testing/fake-gateway.ts';
import { withGateway } from '../testing/cli.ts';

function gateway(): FakeGateway {
  const fake = new FakeGateway([sampleTunnel()]);
  fake.publish({ event: 'ike.initiated', tunnel: 'idc', text: 'connecting', time: '2026-01-02T02:00:00.000Z' });
  fake.publish({ event: 'ike.established', tunnel: 'dc2', text: 'of another tunnel' });
  fake.publish({ event: 'ike.failed', tunnel: 'idc', level: 'warn', text: 'no \u001b[2J answer' });
  return fake;
}

describe('cygnet logs', () => {
  it('tells what happened to the tunnel, oldest first', async () => {
    await withGateway(gateway(), async (cygnet) => {
      expect(await cygnet(['logs', 'idc'])).toEqual({
        exit: 0,
        out: [
          '2026-01-02T02:00:00.000Z  info   connecting\n',
          '2026-01-02T03:04:05.678Z  warn   no \\u{1b}[2J answer\n',
        ].join(''),
        err: '',
      });
    });
  });

  it('begins so long ago as is asked for', async () => {
    await withGateway(gateway(), async (cygnet) => {
      const { out } = await cygnet(['logs', 'idc', '--since', '15m', '--json']);
      expect(JSON.parse(out)).toMatchObject({ event: 'ike.failed', tunnel: 'idc' });
      expect((await cygnet(['logs', 'idc', '--since', '5m'])).out).toBe('');
      const wrong = await cygnet(['logs', 'idc', '--since', 'yesterday']);
      expect(wrong.exit).toBe(2);
      expect(wrong.err).toContain('It must be a duration such as 90s, 10m, 2h or 1d.');
    });
  });

  it('knows the tunnels', async () => {
    await withGateway(gateway(), async (cygnet) => {
      expect(await cygnet(['logs', 'icd'])).toMatchObject({ exit: 5, err: 'cygnet: there is no tunnel "icd"\n' });
    });
  });
});

describe('cygnet exchanges', () => {
  it('tells each message with its payloads', async () => {
    await withGateway(gateway(), async (cygnet) => {
      expect(await cygnet(['exchanges', 'idc'])).toEqual({
        exit: 0,
        out: [
          '2026-01-02T03:04:05.678Z  -> IKE_AUTH request 1  (IKE SA 7)',
          '      IDi(idc)',
          '      AUTH(pre-shared key, 20 bytes)',
          '',
        ].join('\n'),
        err: '1 message, the last that the daemon remembers\n',
      });
    });
  });

  it('tells them to programs', async () => {
    await withGateway(gateway(), async (cygnet) => {
      const report = JSON.parse((await cygnet(['exchanges', 'idc', '--json'])).out);
      expect(exchangesReportSchema.parse(report)).toEqual(report);
      expect((await cygnet(['exchanges', 'nobody'])).exit).toBe(5);
    });
  });
});

describe('cygnet capture', () => {
  it("writes what comes into a file that is its owner's alone", async () => {
    const fake = gateway();
    await withGateway(fake, async (cygnet) => {
      await inDirectory(async (directory) => {
        const file = join(directory, 'idc.pcap');
        expect(await cygnet(['capture', 'idc', '-o', file, '--seconds', '0.1'])).toEqual({
          exit: 0,
          out: '',
          err: `recording idc\n14 bytes in ${file}\n`,
        });
        expect(readFileSync(file, 'utf8')).toBe('capture of idc');
        expect(statSync(file).mode & 0o777).toBe(0o600);
        await expect.poll(() => fake.calls).toEqual(['capture ended']);
        const { out } = await cygnet(['capture', 'idc', '-o', file, '--seconds', '0.1', '--json']);
        expect(JSON.parse(out)).toEqual({ capture: file, bytes: 14 });
      });
    });
  });

  it('says what is wrong', async () => {
    await withGateway(gateway(), async (cygnet) => {
      expect((await cygnet(['capture', 'nobody', '-o', '/dev/null'])).exit).toBe(5);
      expect((await cygnet(['capture', 'idc'])).exit).toBe(2);
      const unwritable = await cygnet(['capture', 'idc', '-o', '/nowhere/x.pcap']);
      expect(unwritable.exit).toBe(1);
      expect(unwritable.err).toContain('cannot write /nowhere/x.pcap: ENOENT');
    });
  });
});

describe('cygnet keylog', () => {
  it('prints the lines of each file, or adds them', async () => {
    await withGateway(gateway(), async (cygnet) => {
      expect(await cygnet(['keylog', 'idc'])).toEqual({
        exit: 0,
        out: '# ikev2_decryption_table\n0123,"AES"\n',
        err: 'not readable\n',
      });
      await inDirectory(async (directory) => {
        for (const _ of [1, 2]) await cygnet(['keylog', 'idc', '-o', join(directory, 'wireshark')]);
        const file = join(directory, 'wireshark', 'ikev2_decryption_table');
        expect(readFileSync(file, 'utf8')).toBe('0123,"AES"\n0123,"AES"\n');
        expect(statSync(file).mode & 0o777).toBe(0o600);
      });
    });
  });
});

describe('cygnet metrics', () => {
  it('prints them as they are', async () => {
    await withGateway(gateway(), async (cygnet) => {
      expect(await cygnet(['metrics'])).toEqual({ exit: 0, out: '# EOF\n', err: '' });
    });
  });
});

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'cygnet-cli-'));
  try {
    await body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
