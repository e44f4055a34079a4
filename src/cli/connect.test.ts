import { describe, expect, it } from 'vitest';
import type { TunnelStatus } from '../control/protocol.ts';
import { statusReportSchema } from '../control/protocol.ts';
import { startControlServer } from '../control/server.ts';
import { connectedTunnel, FakeGateway, sampleTunnel } from '../control/testing/fake-gateway.ts';
import { withSocketPath } from '../control/testing/socket.ts';
import { cygnet, withGateway } from './testing/cli.ts';

const failure = (name: string): TunnelStatus =>
  sampleTunnel({
    name,
    connectionStatus: 'stage1Failure',
    reason: { code: 'no-response', text: 'no answer from 113.31.113.78' },
    attempt: 3,
    nextAttemptAt: '2026-01-02T03:14:29.678Z',
  });

/** A tunnel that goes through these steps, each with an event, some milliseconds apart. */
function stepping(gateway: FakeGateway, steps: readonly TunnelStatus[], text = 'a step') {
  gateway.onUp = (name) => {
    gateway.set(sampleTunnel({ name, connectionStatus: 'connecting', attempt: 1 }));
    steps
      .filter((step) => step.name === name)
      .forEach((step, index) => {
        setTimeout(
          () => {
            gateway.set(step);
            gateway.publish({ event: 'ike.established', tunnel: name, text });
          },
          10 * (index + 1),
        );
      });
  };
}

describe('cygnet up', () => {
  it('tells the progress on stderr, waits, and ends with 0 when it is connected', async () => {
    const gateway = new FakeGateway([sampleTunnel()]);
    stepping(gateway, [connectedTunnel('idc')], 'stage 1 is up');
    await withGateway(gateway, async (cygnet) => {
      expect(await cygnet(['up', 'idc'])).toEqual({
        exit: 0,
        out: '',
        err: 'idc: stage 1 is up\nidc: connected after 0s: 2 segment pairs\n',
      });
    });
  });

  it('ends at once for what is connected already', async () => {
    const gateway = new FakeGateway([connectedTunnel('idc')]);
    gateway.onUp = () => {};
    await withGateway(gateway, async (cygnet) => {
      expect(await cygnet(['up', 'idc'])).toMatchObject({ exit: 0, err: 'idc: connected after 0s: 2 segment pairs\n' });
    });
  });

  it('ends with 1, the reason, and the next thing to do where it has failed', async () => {
    const gateway = new FakeGateway([sampleTunnel()]);
    stepping(gateway, [failure('idc')], 'stage 1 failed: no answer');
    await withGateway(gateway, async (cygnet) => {
      const { exit, err } = await cygnet(['up', 'idc']);
      expect(exit).toBe(1);
      expect(err.split('\n')).toEqual([
        'idc: stage 1 failed: no answer',
        'idc: stage 1 failure: no answer from 113.31.113.78',
        "  next: check the peer's address, and that UDP 500 and 4500 pass the firewalls at both ends",
        '  next attempt in 12s; follow it with: cygnet status idc',
        '',
      ]);
    });
  });

  it('finds the outcome also where no event tells of it', async () => {
    const gateway = new FakeGateway([sampleTunnel()]);
    gateway.onUp = (name) => {
      gateway.set(sampleTunnel({ name, connectionStatus: 'connecting' }));
      setTimeout(() => gateway.set(connectedTunnel(name)), 50);
    };
    await withGateway(gateway, async (cygnet) => {
      expect((await cygnet(['up', 'idc', '--timeout', '5'])).exit).toBe(0);
    });
  });

  it('ends with 6 where the time is over, and says that the daemon goes on', async () => {
    const gateway = new FakeGateway([sampleTunnel()]);
    gateway.onUp = (name) =>
      gateway.set(sampleTunnel({ name, connectionStatus: 'connecting', nextAttemptAt: '2026-01-02T03:14:29.678Z' }));
    await withGateway(gateway, async (cygnet) => {
      const { exit, err } = await cygnet(['up', 'idc', '--timeout', '0.1']);
      expect(exit).toBe(6);
      expect(err).toContain('idc: still connecting after');
      expect(err).toContain('next attempt in 12s');
    });
  });

  it('tells what it waits for: every message that goes unanswered', async () => {
    const gateway = new FakeGateway([sampleTunnel()]);
    gateway.onUp = (name) => {
      gateway.set(sampleTunnel({ name, connectionStatus: 'connecting', attempt: 1 }));
      const text = 'no answer yet; sent again, attempt 2';
      gateway.publish({ event: 'message.retransmitted', tunnel: name, level: 'debug', text });
    };
    await withGateway(gateway, async (cygnet) => {
      expect((await cygnet(['up', 'idc', '--timeout', '0.1'])).err.split('\n')).toEqual([
        'idc: no answer yet; sent again, attempt 2',
        'idc: still connecting after 0s',
        '  the daemon goes on trying; follow it with: cygnet status idc',
        '',
      ]);
    });
  });

  it('says of a tunnel that only answers what it waits for', async () => {
    const gateway = new FakeGateway([sampleTunnel()]);
    gateway.onUp = () => {};
    await withGateway(gateway, async (cygnet) => {
      const { exit, err } = await cygnet(['up', 'idc', '--timeout', '0.05']);
      expect([exit, err.includes('start the tunnel at the other end')]).toEqual([6, true]);
    });
  });

  it('waits for each of several, and one failure is a failure', async () => {
    const gateway = new FakeGateway([
      sampleTunnel({ name: 'a' }),
      sampleTunnel({ name: 'b' }),
      sampleTunnel({ name: 'c' }),
    ]);
    stepping(gateway, [failure('a'), connectedTunnel('b')]);
    await withGateway(gateway, async (cygnet) => {
      const { exit, err } = await cygnet(['up', 'a', 'b', 'c', '--timeout', '0.3']);
      expect(exit).toBe(1);
      expect(err).toMatch(/^a: stage 1 failure/m);
      expect(err).toMatch(/^b: connected/m);
      expect(err).toMatch(/^c: still connecting/m);
      expect(gateway.calls).toEqual(['up a b c']);
    });
  });

  it('passes over the events of other tunnels and what is only for debugging', async () => {
    const gateway = new FakeGateway([sampleTunnel()]);
    stepping(gateway, [connectedTunnel('idc')]);
    const onUp = gateway.onUp;
    gateway.onUp = (name) => {
      gateway.publish({ event: 'nat.detected', tunnel: name, level: 'debug', text: 'too much' });
      gateway.publish({ event: 'ike.failed', tunnel: 'other', text: 'not mine' });
      gateway.publish({ event: 'datagram.dropped', text: 'of nobody' });
      onUp(name);
    };
    await withGateway(gateway, async (cygnet) => {
      const { err } = await cygnet(['up', 'idc']);
      expect(err).not.toMatch(/too much|not mine|of nobody/);
    });
  });

  it('ends with 4 where the daemon goes meanwhile', async () => {
    await withSocketPath(async (path) => {
      const gateway = new FakeGateway([sampleTunnel()]);
      const server = await startControlServer({ path, api: gateway });
      gateway.onUp = (name) => {
        gateway.set(sampleTunnel({ name, connectionStatus: 'connecting' }));
        setTimeout(() => void server.close(), 50);
      };
      const { exit, err } = await cygnet(['up', 'idc', '--control', path]);
      expect([exit, err]).toEqual([4, expect.stringContaining('cygnet: no daemon runs')]);
    });
  });

  it('tells a refusal, and an unknown name', async () => {
    const gateway = new FakeGateway([sampleTunnel({ name: 'off' })]);
    await withGateway(gateway, async (cygnet) => {
      expect(await cygnet(['up', 'off'])).toEqual({
        exit: 1,
        out: '',
        err: 'cygnet: off is disabled in the configuration\n',
      });
      expect((await cygnet(['up', 'of'])).exit).toBe(5);
      expect(gateway.calls).toEqual(['up off']);
    });
  });
});

describe('with --json', () => {
  it.each(['up', 'restart', 'down'] as const)('%s prints at its end what status prints', async (command) => {
    const gateway = new FakeGateway([connectedTunnel('idc')]);
    const fresh = connectedTunnel('idc');
    const ike = fresh.ike === null ? null : { ...fresh.ike, initiatorSpi: '1111111111111111' };
    gateway.onUp = () => setTimeout(() => gateway.set({ ...fresh, ike }), 10);
    await withGateway(gateway, async (cygnet) => {
      const { exit, out } = await cygnet([command, 'idc', '--json', '--timeout', '5']);
      expect(exit).toBe(0);
      expect(statusReportSchema.parse(JSON.parse(out))).toEqual(await gateway.status());
    });
  });
});

describe('cygnet restart', () => {
  it('does not take the old IKE SA for the outcome', async () => {
    const old = connectedTunnel('idc');
    const gateway = new FakeGateway([old]);
    const fresh = { ...old, ike: old.ike === null ? null : { ...old.ike, initiatorSpi: '1111111111111111' } };
    await withGateway(gateway, async (cygnet) => {
      gateway.onUp = () => {};
      expect((await cygnet(['restart', 'idc', '--timeout', '0.02'])).exit).toBe(6);
      gateway.onUp = () => setTimeout(() => gateway.set(fresh), 30);
      expect((await cygnet(['restart', 'idc', '--timeout', '5'])).exit).toBe(0);
    });
  });
});

describe('cygnet down', () => {
  it('waits until the SAs are gone', async () => {
    const gateway = new FakeGateway([connectedTunnel('idc')]);
    gateway.onDown = (name) => {
      setTimeout(() => {
        gateway.set(sampleTunnel({ name, connectionStatus: 'disabled' }));
        gateway.publish({ event: 'ike.closed', tunnel: name, text: 'the IKE SA is gone: taken down' });
      }, 10);
    };
    await withGateway(gateway, async (cygnet) => {
      expect(await cygnet(['down', 'idc'])).toEqual({
        exit: 0,
        out: '',
        err: 'idc: the IKE SA is gone: taken down\nidc: down\n',
      });
    });
  });

  it('sums up what there is once for each of many Child SAs', async () => {
    const gateway = new FakeGateway([connectedTunnel('idc')]);
    gateway.onDown = (name) => {
      for (let child = 1; child <= 400; child += 1)
        gateway.publish({ event: 'child.deleted', tunnel: name, text: `Child SA idc#${child} is gone: taken down` });
      setTimeout(() => gateway.set(sampleTunnel({ name, connectionStatus: 'disabled' })), 100);
    };
    await withGateway(gateway, async (cygnet) => {
      expect((await cygnet(['down', 'idc'])).err.split('\n')).toEqual([
        ...[1, 2, 3, 4, 5].map((child) => `idc: Child SA idc#${child} is gone: taken down`),
        'idc: 395 more Child SAs are gone',
        'idc: down',
        '',
      ]);
    });
  });

  it('ends with 6 where they are still there', async () => {
    const gateway = new FakeGateway([connectedTunnel('idc')]);
    gateway.onDown = () => {};
    await withGateway(gateway, async (cygnet) => {
      expect(await cygnet(['down', 'idc', '--timeout', '0.05'])).toMatchObject({
        exit: 6,
        err: 'idc: its SAs are not gone yet; see: cygnet show idc\n',
      });
    });
  });
});
