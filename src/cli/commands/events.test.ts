import { describe, expect, it } from 'vitest';
import { startControlServer } from '../../control/server.ts';
import { FakeGateway } from '../../control/testing/fake-gateway.ts';
import { withSocketPath } from '../../control/testing/socket.ts';
import { cygnet, withGateway } from '../testing/cli.ts';

function busyGateway(): FakeGateway {
  const gateway = new FakeGateway([]);
  gateway.publish({ event: 'ike.established', tunnel: 'idc', text: 'stage 1 is up' });
  gateway.publish({ event: 'datagram.dropped', level: 'warn', text: 'dropped \u001b[2J' });
  gateway.publish({ event: 'child.installed', tunnel: 'dc2', text: 'stage 2 is up' });
  return gateway;
}

describe('cygnet events', () => {
  it('tells what is remembered and ends', async () => {
    await withGateway(busyGateway(), async (call) => {
      expect(await call(['events'])).toEqual({
        exit: 0,
        out: [
          '2026-01-02T03:04:05.678Z     1  info   idc: stage 1 is up\n',
          '2026-01-02T03:04:05.678Z     2  warn   dropped \\u{1b}[2J\n',
          '2026-01-02T03:04:05.678Z     3  info   dc2: stage 2 is up\n',
        ].join(''),
        err: '',
      });
    });
  });

  it('tells of the tunnels that are named, from the event that is named, as JSON where asked', async () => {
    await withGateway(busyGateway(), async (call) => {
      const { out } = await call(['events', 'idc', 'dc2', '--after', '1', '--json']);
      expect(JSON.parse(out)).toMatchObject({ id: 3, event: 'child.installed', tunnel: 'dc2' });
      expect((await call(['events', 'nobody'])).out).toBe('');
    });
  });

  it('says how many are forgotten', async () => {
    const gateway = busyGateway();
    for (let i = 0; i < 9; i++) gateway.publish({ event: 'ike.initiated', text: `${i}` });
    await withGateway(gateway, async (call) => {
      const { out, err } = await call(['events', '--after', '1']);
      expect(err).toBe('3 events before these are forgotten already\n');
      expect(out.trim().split('\n')).toHaveLength(8);
    });
  });

  it('follows from now on, and from an event on where that is named, until the daemon goes', async () => {
    const gateway = busyGateway();
    let followers = 0;
    const subscribe = gateway.events.subscribe.bind(gateway.events);
    gateway.events.subscribe = (subscription) => {
      followers++;
      return subscribe(subscription);
    };
    await withSocketPath(async (path) => {
      const server = await startControlServer({ path, api: gateway });
      const env = { CYGNET_CONTROL: path };
      const [fromNow, fromTwo] = [cygnet(['events', '-f'], { env }), cygnet(['events', '-f', '--after', '2'], { env })];
      await expect.poll(() => followers).toBe(2);
      gateway.publish({ event: 'ike.closed', text: 'new' });
      await new Promise((resolve) => setTimeout(resolve, 50));
      await server.close();
      const idsOf = (out: string) => out.match(/(?<=Z +)\d+/g);
      expect(idsOf((await fromNow).out)).toEqual(['4']);
      expect(idsOf((await fromTwo).out)).toEqual(['3', '4']);
      expect(await fromNow).toMatchObject({ exit: 4, err: 'cygnet: the daemon has ended the connection\n' });
    });
  });
});
