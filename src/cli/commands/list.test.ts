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

  it.each(['tunnels', 'gateways', 'peers'])('%s --json is the published shape', async (kind) => {
    await withGateway(gateway(), async (cygnet) => {
      const { exit, out, err } = await cygnet(['list', kind, '--json']);
      expect([exit, err]).toEqual([0, '']);
      const report = JSON.parse(out);
      expect(Object.keys(report)).toEqual([kind]);
      expect(listReportSchema.parse(report)).toEqual(report);
      expect(report[kind].length).toBeGreaterThan(0);
    });
  });
});
