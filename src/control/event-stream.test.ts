import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ControlClient } from './client.ts';
import type { ControlEvent } from './protocol.ts';
import { type ControlLimits, startControlServer } from './server.ts';
import { FakeGateway } from './testing/fake-gateway.ts';
import { raw, withSocketPath } from './testing/socket.ts';

async function served(
  body: (path: string, gateway: FakeGateway, close: () => Promise<void>) => Promise<void>,
  limits: Partial<ControlLimits> = {},
): Promise<void> {
  const gateway = new FakeGateway([]);
  await withSocketPath(async (path) => {
    const server = await startControlServer({ path, api: gateway, limits });
    try {
      await body(path, gateway, () => server.close());
    } finally {
      await server.close();
    }
  });
}

async function take(events: AsyncIterable<ControlEvent>, count: number): Promise<ControlEvent[]> {
  const taken: ControlEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

const say = (gateway: FakeGateway, text: string) => gateway.publish({ event: 'ike.established', text });

describe('the stream of events', () => {
  it('brings what happens after the subscription, in order, text of any letters unharmed', async () => {
    await served(async (path, gateway) => {
      say(gateway, 'before');
      const { signal } = new AbortController();
      const events = await new ControlClient({ path }).events({ signal });
      say(gateway, 'first\n\ndata: forged\u2028é');
      say(gateway, 'second');
      const [first, second] = await take(events, 2);
      expect(first).toMatchObject({ id: 2, text: 'first\n\ndata: forged\u2028é' });
      expect(second).toMatchObject({ id: 3, text: 'second', time: '2026-01-02T03:04:05.678Z', level: 'info' });
    });
  });

  it('replays after an id, with nothing twice and nothing missing where it meets what is new', async () => {
    await served(async (path, gateway) => {
      for (let i = 1; i <= 5; i++) say(gateway, `${i}`);
      const { signal } = new AbortController();
      const events = await new ControlClient({ path }).events({ after: 3, signal });
      say(gateway, '6');
      expect((await take(events, 3)).map(({ id }) => id)).toEqual([4, 5, 6]);
    });
  });

  it('goes on after Last-Event-ID, and says how many events are lost', async () => {
    await served(async (path, gateway, close) => {
      for (let i = 1; i <= 12; i++) say(gateway, `${i}`);
      const reply = raw(path, 'GET /v1/events HTTP/1.1\r\nhost: x\r\nlast-event-id: 2\r\n\r\n');
      await new Promise((resolve) => setTimeout(resolve, 50));
      await close();
      const text = await reply;
      expect(text).toContain('event: lost\ndata: {"count":2}\n\n');
      expect(text.match(/^id: .*$/gm)).toEqual([
        'id: 5',
        'id: 6',
        'id: 7',
        'id: 8',
        'id: 9',
        'id: 10',
        'id: 11',
        'id: 12',
      ]);
    });
  });

  it('drops a client that does not read, and keeps the others', async () => {
    await served(
      async (path, gateway) => {
        const lazy = connect(path);
        lazy.write('GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n');
        await new Promise((resolve) => lazy.once('data', resolve));
        lazy.pause();
        const dropped = new Promise((resolve) => lazy.once('close', resolve));
        const { signal } = new AbortController();
        const events = await new ControlClient({ path }).events({ signal });
        const reader = take(events, 60);
        for (let i = 0; i < 60; i++) {
          say(gateway, 'x'.repeat(50_000));
          await new Promise((resolve) => setImmediate(resolve));
        }
        expect(await reader).toHaveLength(60);
        lazy.resume();
        await dropped;
      },
      { maxBacklog: 500_000 },
    );
  });

  it('forgets a client that goes, and takes at most so many', async () => {
    await served(
      async (path, gateway) => {
        const client = new ControlClient({ path });
        const gone = new AbortController();
        const events = await client.events({ signal: gone.signal });
        await expect(client.events({ signal: gone.signal })).rejects.toMatchObject({ fault: 'refused' });
        gone.abort();
        expect(await take(events, 1)).toEqual([]);
        await new Promise((resolve) => setTimeout(resolve, 20));
        const next = await client.events({ signal: new AbortController().signal });
        say(gateway, 'again');
        expect(await take(next, 1)).toHaveLength(1);
      },
      { maxStreams: 1 },
    );
  });

  it('is kept alive by comments, which the client passes over', async () => {
    await served(
      async (path, gateway) => {
        const events = await new ControlClient({ path }).events({ signal: new AbortController().signal });
        await new Promise((resolve) => setTimeout(resolve, 40));
        say(gateway, 'after the comments');
        expect(await take(events, 1)).toMatchObject([{ id: 1 }]);
      },
      { heartbeat: 5 },
    );
  });

  it('ends with the daemon, and the client says so', async () => {
    await served(async (path, _gateway, close) => {
      const events = await new ControlClient({ path }).events({ signal: new AbortController().signal });
      const reading = take(events, 1);
      const expected = expect(reading).rejects.toMatchObject({ fault: 'unreachable' });
      await close();
      await expected;
    });
  });

  it('has the type that event sources expect', async () => {
    await served(async (path) => {
      const type = await new Promise((resolve, reject) => {
        const outgoing = request({ socketPath: path, path: '/v1/events', agent: false }, (response) => {
          resolve(response.headers['content-type']);
          response.destroy();
        });
        outgoing.on('error', reject);
        outgoing.end();
      });
      expect(type).toBe('text/event-stream');
    });
  });
});
