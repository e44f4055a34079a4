import { describe, expect, it } from 'vitest';
import { statusReportSchema } from '../../control/protocol.ts';
import { connectedTunnel, FakeGateway, sampleTunnel } from '../../control/testing/fake-gateway.ts';
import { withGateway } from '../testing/cli.ts';

const connected = connectedTunnel('idc');
const failed = sampleTunnel({
  name: 'cisco',
  peer: 'cisco-dc',
  connectionStatus: 'stage1Failure',
  reason: { code: 'no-proposal-chosen', text: 'the peer accepts none of our proposals' },
  attempt: 3,
  nextAttemptAt: '2026-01-02T03:14:26.000Z',
});
const waiting = sampleTunnel({ name: 'branch' });
const disabled = sampleTunnel({ name: 'spare', connectionStatus: 'disabled' });
const connecting = sampleTunnel({ name: 'new', connectionStatus: 'connecting', attempt: 2 });

describe('cygnet status', () => {
  it('counts a pair once while one of its Child SAs replaces the other', async () => {
    const twice = { ...connected, children: [...connected.children, ...connected.children] };
    await withGateway(new FakeGateway([twice]), async (cygnet) => {
      expect((await cygnet(['status'])).out).toContain(' 2 segment pairs');
    });
  });

  it('prints a table of the tunnels on stdout and the counts on stderr', async () => {
    await withGateway(new FakeGateway([connected, failed, connecting, waiting]), async (cygnet) => {
      const { exit, out, err } = await cygnet(['status']);
      expect(out.split('\n')).toEqual([
        'TUNNEL  PEER      STATE            SINCE    IN        OUT      NOTE',
        'idc     idc-peer  Connected        10m 12s  34.5 KiB  1.5 KiB  2 segment pairs',
        'cisco   cisco-dc  Stage 1 failure                              the peer accepts none of our proposals; next attempt in 8s',
        'new     idc-peer  Connecting                                   attempt 2',
        'branch  idc-peer  Waiting',
        '',
      ]);
      expect(err).toBe('4 tunnels: 1 connected, 1 failed, 1 connecting, 1 waiting; why: cygnet diagnose cisco\n');
      expect(exit).toBe(7);
    });
  });

  it.each([
    [['idc'], 0],
    [['cisco'], 7],
    [['new'], 7],
    [['branch', 'spare', 'idc'], 0],
    [['idc', 'cisco', '--json'], 7],
    [['idc', '--json'], 0],
    [[], 7],
  ])('%j: the exit status is that of the tunnels shown', async (argv, exit) => {
    await withGateway(new FakeGateway([connected, failed, connecting, waiting, disabled]), async (cygnet) => {
      expect((await cygnet(['status', ...argv])).exit).toBe(exit);
    });
  });

  it('prints exactly the published JSON on stdout, and nothing else', async () => {
    const gateway = new FakeGateway([connected, failed]);
    await withGateway(gateway, async (cygnet) => {
      const { out, err } = await cygnet(['status', '--json']);
      expect(err).toBe('');
      const report = JSON.parse(out);
      expect(report).toEqual(await gateway.status());
      expect(statusReportSchema.parse(report)).toEqual(report);
      expect(Object.keys(report.tunnels[0])).toEqual([
        'name',
        'gateway',
        'peer',
        'resourceStatus',
        'connectionStatus',
        'reason',
        'attempt',
        'nextAttemptAt',
        'ike',
        'children',
        'pairs',
      ]);
    });
  });

  it('tells how many of the pairs of segments are up where some are not', async () => {
    const down = [{ local: '10.0.192.0/20', remote: '10.25.0.0/16' }];
    const reason = { code: 'traffic-selectors-unacceptable', text: 'the peer does not accept them' } as const;
    const partly = { ...connected, reason, pairs: { total: 20, up: 19, down } };
    await withGateway(new FakeGateway([partly]), async (cygnet) => {
      expect((await cygnet(['status'])).out).toContain('19/20 segment pairs; the peer does not accept them');
      expect((await cygnet(['show', partly.name])).out).toMatch(
        /^Pairs without a Child SA\n {2}10\.0\.192\.0\/20 <-> 10\.25\.0\.0\/16$/m,
      );
    });
  });

  it('names the nearest tunnel where one is unknown', async () => {
    await withGateway(new FakeGateway([connected]), async (cygnet) => {
      expect(await cygnet(['status', 'icd'])).toEqual({
        exit: 5,
        out: '',
        err: 'cygnet: there is no tunnel "icd"\n',
      });
      expect((await cygnet(['status', 'idd'])).err).toBe('cygnet: there is no tunnel "idd"; did you mean idc?\n');
    });
  });

  it('is colourful on a terminal only, and harmless whatever a peer has said', async () => {
    const hostile = { ...failed, reason: { code: 'protocol-error' as const, text: '\u001b[2Jowned' } };
    await withGateway(new FakeGateway([hostile]), async (cygnet) => {
      const plain = await cygnet(['status']);
      expect(plain.out).toContain('\\u{1b}[2Jowned');
      expect(plain.out).not.toContain('\u001b');
      const colourful = await cygnet(['status'], { colour: true });
      expect(colourful.out).toContain('\u001b[31mStage 1 failure\u001b[39m');
      expect(colourful.out).not.toContain('\u001b[2J');
    });
  });

  it('says so where there is no tunnel', async () => {
    await withGateway(new FakeGateway([]), async (cygnet) => {
      expect(await cygnet(['status'])).toEqual({ exit: 0, out: '', err: '0 tunnels\n' });
    });
  });
});
