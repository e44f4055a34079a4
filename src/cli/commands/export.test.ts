import { describe, expect, it } from 'vitest';
import { EXPORT_FORMATS } from '../../config/export/formats.ts';
import { exportReportSchema } from '../../control/protocol.ts';
import { connectedTunnel, FakeGateway } from '../../control/testing/fake-gateway.ts';
import { cygnet, withGateway } from '../testing/cli.ts';

const gateway = () => new FakeGateway([connectedTunnel('idc')]);

describe('cygnet export', () => {
  it('prints the text as it is, without the key', async () => {
    await withGateway(gateway(), async (call) => {
      const result = await call(['export', 'idc', '--format', 'swanctl']);
      expect(result).toEqual({ exit: 0, out: '# idc\nsecret = "<secret>"\n', err: '' });
    });
  });

  it('shows the key with --reveal, and says what cannot work on stderr', async () => {
    await withGateway(gateway(), async (call) => {
      const result = await call(['export', 'idc', '--format', 'aws', '--reveal']);
      expect(result.out).toContain('test.1231');
      expect(result.err).toBe('cannot work as it is: AWS has no AH; set ipsec.protocol: esp\n');
    });
  });

  it('prints the published shape with --json', async () => {
    await withGateway(gateway(), async (call) => {
      const { out } = await call(['export', 'idc', '--format', 'swanctl', '--json']);
      expect(exportReportSchema.parse(JSON.parse(out))).toEqual(JSON.parse(out));
    });
  });

  it('lists the formats without a daemon', async () => {
    const { exit, out } = await cygnet(['export', '--list-formats'], { env: { CYGNET_CONTROL: '/nonexistent' } });
    expect(exit).toBe(0);
    for (const { name, title } of EXPORT_FORMATS)
      expect(out).toMatch(new RegExp(`^${name} +${title.slice(0, 5)}`, 'm'));
    const { formats } = JSON.parse((await cygnet(['export', '--list-formats', '--json'])).out);
    expect(formats.map(({ name }: { name: string }) => name)).toEqual(EXPORT_FORMATS.map(({ name }) => name));
  });

  it('tells wrong usage, an unknown tunnel and an unknown format apart', async () => {
    await withGateway(gateway(), async (call) => {
      expect((await call(['export', '--format', 'swanctl'])).exit).toBe(2);
      expect((await call(['export', 'idc'])).exit).toBe(2);
      expect((await call(['export', 'idd', '--format', 'swanctl'])).exit).toBe(5);
      expect(await call(['export', 'idc', '--format', 'none'])).toMatchObject({
        exit: 1,
        err: 'cygnet: there is no format "none"; there are swanctl\n',
      });
    });
  });
});
