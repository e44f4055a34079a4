import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listReportSchema } from '../../control/protocol.ts';
import { connectedTunnel, FakeGateway, sampleTunnel } from '../../control/testing/fake-gateway.ts';
import { withGateway } from '../testing/cli.ts';

const gateway = () => new FakeGateway([connectedTunnel('idc'), sampleTunnel({ name: 'branch' })]);

describe('cygnet list', () => {
  it('prints each kind as a table without its empty columns', async () => {
    await withGateway(gateway(), async (cygnet) => {
      expect((await cygnet(['list', 'tunnels'])).out.split('\n')).toEqual([
        'TUNNEL  GATEWAY  PEER      STATE      NOTE',
        'idc     gw1      idc-peer  Connected  2 segment pairs',
        'branch  gw1      idc-peer  Waiting',
        '',
      ]);
      expect((await cygnet(['list', 'gateways'])).out.split('\n')).toEqual([
        'GATEWAY  ADDRESS        PUBLIC         VPC            TUNNELS        LABELS    REMARKS',
        'gw1      192.168.93.46  106.75.234.78  10.0.192.0/20  1/2 connected  env=prod  first',
        '',
      ]);
      expect((await cygnet(['list', 'peers'])).out.split('\n')).toEqual([
        'PEER      ADDRESS        TUNNELS',
        'idc-peer  113.31.113.78  1/1 connected',
        '',
      ]);
    });
  });

  it('passes the words of the query on', async () => {
    await withGateway(gateway(), async (cygnet) => {
      expect(await cygnet(['list', 'tunnels', 'BRAN', 'gw1'])).toMatchObject({
        exit: 0,
        out: expect.stringMatching(/^TUNNEL.*\nbranch.*\n$/),
        err: '1 tunnel with "BRAN gw1"\n',
      });
      expect(await cygnet(['list', 'peers', 'nothing'])).toEqual({ exit: 0, out: '', err: '0 peers with "nothing"\n' });
    });
  });

  it('sorts, and goes on from page to page', async () => {
    await withGateway(gateway(), async (cygnet) => {
      expect(await cygnet(['list', 'tunnels', '--sort', 'name', '--limit', '1'])).toMatchObject({
        out: expect.stringMatching(/\nbranch /),
        err: '1 of 2 tunnels\nmore with: --cursor branch\n',
      });
      const last = await cygnet(['list', 'tunnels', '--sort', 'name', '--limit', '1', '--cursor', 'branch']);
      expect(last).toMatchObject({ out: expect.stringMatching(/\nidc /), err: '1 of 2 tunnels\n' });
      expect(await cygnet(['list', 'peers', '--sort', 'state'])).toMatchObject({
        exit: 1,
        err: expect.stringContaining('peers are sorted by name, address'),
      });
      expect(await cygnet(['list', 'peers', '--limit', '0'])).toMatchObject({ exit: 2 });
    });
  });

  it('exports to spreadsheets', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'cygnet-list-'));
    try {
      await withGateway(gateway(), async (cygnet) => {
        const { out, err } = await cygnet(['list', 'gateways', '--csv']);
        expect(out).toContain('\r\ngw1,192.168.93.46,106.75.234.78,10.0.192.0/20,2,1,env=prod,first\n');
        expect(err).toBe('');
        const file = join(directory, 'list.xlsx');
        expect(await cygnet(['list', 'tunnels', '--xlsx', file])).toEqual({
          exit: 0,
          out: '',
          err: `2 tunnels in ${file}\n`,
        });
        expect(readFileSync(file).subarray(0, 2).toString()).toBe('PK');
        expect(await cygnet(['list', 'tunnels', '--xlsx', join(directory, 'none', 'x')])).toMatchObject({ exit: 1 });
        expect(await cygnet(['list', 'tunnels', '--csv', '--json'])).toMatchObject({ exit: 2 });
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it.each(['tunnels', 'gateways', 'peers'])('%s --json is the published shape', async (kind) => {
    await withGateway(gateway(), async (cygnet) => {
      const { exit, out, err } = await cygnet(['list', kind, '--json']);
      expect([exit, err]).toEqual([0, '']);
      const report = JSON.parse(out);
      expect(Object.keys(report)).toEqual([kind, 'total', 'next']);
      expect(listReportSchema.parse(report)).toEqual(report);
      expect(report[kind].length).toBeGreaterThan(0);
    });
  });
});
