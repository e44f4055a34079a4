import { describe, expect, it } from 'vitest';
import { tunnelDetailSchema } from '../../control/protocol.ts';
import { connectedTunnel, FakeGateway, sampleTunnel } from '../../control/testing/fake-gateway.ts';
import { withGateway } from '../testing/cli.ts';

function gateway() {
  const fake = new FakeGateway([
    connectedTunnel('idc'),
    sampleTunnel({
      name: 'cisco',
      connectionStatus: 'stage1Failure',
      reason: { code: 'authentication-failed', text: 'the peer refused our authentication' },
    }),
  ]);
  fake.publish({ event: 'ike.established', tunnel: 'idc', text: 'stage 1 is up' });
  fake.publish({ event: 'ike.established', tunnel: 'other', text: 'of another tunnel' });
  return fake;
}

describe('cygnet show', () => {
  it('tells status, SAs, configuration, weak choices and last events', async () => {
    await withGateway(gateway(), async (cygnet) => {
      const { exit, out } = await cygnet(['show', 'idc']);
      expect(exit).toBe(0);
      for (const words of [
        /^idc: Connected for 10m 12s$/m,
        /^Stage 1: IKEv2 SA, established, initiator$/m,
        /SPIs +0123456789abcdef \(initiator\) fedcba9876543210 \(responder\)/,
        /NAT +this end behind NAT/,
        /^Stage 2: Child SA, ESP in UDP, tunnel mode$/m,
        /segments +10\.0\.192\.0\/20 <-> 10\.23\.0\.0\/16 10\.25\.0\.0\/16/,
        /SPIs +c1d2e3f4 in, c4f3e2d1 out/,
        /in +34\.5 KiB, 421 packets/,
        /ike +IKEv2, aes128-sha1-modp1024, lifetime 86400s$/m,
        /ipsec .*, lifetime 86400s, rekey after 3600s$/m,
        /^ {2}ipsec\.mark +0x2a\/0xff$/m,
        /^Weak choices\n {2}ike\.dhGroup 2/m,
        /^Last events\n {2}2026-01-02T03:04:05\.678Z {2}info {3}stage 1 is up$/m,
      ]) {
        expect(out).toMatch(words);
      }
      expect(out).not.toContain('of another tunnel');
    });
  });

  it('tells that ESP in UDP is forced, and of no NAT here that nobody has seen', async () => {
    const status = connectedTunnel('idc');
    if (status.ike === null) throw new Error('connected without an IKE SA');
    const fake = new FakeGateway([
      { ...status, ike: { ...status.ike, nat: { local: true, remote: true, forced: true } } },
    ]);
    await withGateway(fake, async (cygnet) => {
      const { out } = await cygnet(['show', 'idc']);
      expect(out).toMatch(/NAT +UDP is forced by ipsec\.encapsulation; the peer behind NAT$/m);
    });
  });

  it('tells what to do next where the tunnel has failed, and leaves out SAs that are not there', async () => {
    await withGateway(gateway(), async (cygnet) => {
      const { exit, out } = await cygnet(['show', 'cisco']);
      expect(exit).toBe(0);
      expect(out).toMatch(/^cisco: Stage 1 failure$/m);
      expect(out).toContain('the peer refused our authentication');
      expect(out).toMatch(/next +compare the psk/);
      expect(out).not.toContain('Stage 1: IKEv2');
    });
  });

  it('never prints the pre-shared key without --reveal', async () => {
    await withGateway(gateway(), async (cygnet) => {
      for (const argv of [
        ['show', 'idc'],
        ['show', 'idc', '--json'],
      ]) {
        const { out, err } = await cygnet(argv);
        expect(out + err).not.toMatch(/test\.1231|quantum\.1231/);
      }
      const { out } = await cygnet(['show', 'idc', '--reveal']);
      expect(out).toMatch(/psk +test\.1231/);
      expect(out).toMatch(/ppk +qkd-1, required, quantum\.1231/);
      expect(out).toMatch(/ppk +in use/);
      expect(out).toMatch(/MOBIKE +in use, this end also at 192\.168\.94\.46\n/);
      expect(JSON.parse((await cygnet(['show', 'idc', '--reveal', '--json'])).out).policy.psk).toBe('test.1231');
    });
  });

  it('prints exactly the published JSON', async () => {
    const fake = gateway();
    await withGateway(fake, async (cygnet) => {
      const detail = JSON.parse((await cygnet(['show', 'idc', '--json'])).out);
      expect(detail).toEqual(await fake.show('idc', { reveal: false }));
      expect(tunnelDetailSchema.parse(detail)).toEqual(detail);
    });
  });

  it('names the nearest tunnel where it is unknown', async () => {
    await withGateway(gateway(), async (cygnet) => {
      expect(await cygnet(['show', 'cisko'])).toMatchObject({
        exit: 5,
        err: expect.stringContaining('did you mean cisco?'),
      });
    });
  });
});
