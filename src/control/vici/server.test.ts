import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../base/bytes.ts';
import { withSocketPath } from '../testing/socket.ts';
import { encodeFrame } from './frame.ts';
import { decodeMessage, encodeMessage } from './message.ts';
import { encodePacket } from './packet.ts';
import { named, section, textOf } from './section.ts';
import { startViciServer, type ViciLimits } from './server.ts';
import { FakeVici, recordedChild, recordedIke } from './testing/fake-vici.ts';
import { ViciClient } from './testing/vici-client.ts';

type Body = (served: {
  readonly api: FakeVici;
  readonly path: string;
  readonly client: ViciClient;
  readonly bugs: unknown[];
}) => Promise<void>;

async function served(body: Body, limits: Partial<ViciLimits> = {}): Promise<void> {
  await withSocketPath(async (path) => {
    const api = new FakeVici();
    const bugs: unknown[] = [];
    const server = await startViciServer({ path, api, limits, onError: (error) => bugs.push(error) });
    const client = await ViciClient.connect(path);
    try {
      await body({ api, path, client, bugs });
    } finally {
      client.end();
      await server.close();
    }
  });
}

const line = { kind: 'log', group: 'IKE', level: 1, tunnel: undefined, ike: undefined } as const;

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
}

/** What the server makes of a payload is seen by the answer to the next request. */
async function answersNothingTo(client: ViciClient, payload: Uint8Array): Promise<void> {
  client.sendPayload(payload);
  expect((await client.request('version')).reply.type).toBe('command-response');
}

describe('the vici server', () => {
  it('answers a command, and says of others that it does not know them', async () => {
    await served(async ({ client }) => {
      expect(await client.ask('version')).toContainEqual(['machine', 'x86_64']);
      expect((await client.request('nonsense')).reply.type).toBe('command-unknown');
      expect((await client.request('')).reply.type).toBe('command-unknown');
    });
  });

  it('registers and unregisters events, and knows which there are', async () => {
    await served(async ({ client }) => {
      expect(await client.register('nonsense')).toBe('event-unknown');
      expect(await client.register('log', 'event-unregister')).toBe('event-unknown');
      expect(await client.register('log')).toBe('event-confirm');
      expect(await client.register('log')).toBe('event-confirm');
      expect(await client.register('log', 'event-unregister')).toBe('event-confirm');
      expect(await client.register('log', 'event-unregister')).toBe('event-unknown');
    });
  });

  it('passes over packets that are broken or not for a client to send, as charon does', async () => {
    await served(async ({ client }) => {
      for (const payload of [[], [9], [1], [5], [7, 3, 108, 111, 103], [0], [0, 9, 97]])
        await answersNothingTo(client, Uint8Array.from(payload));
    });
  });

  it('refuses a request whose message does not parse, and goes on', async () => {
    await served(async ({ client, api }) => {
      client.send({ type: 'command-request', name: 'terminate', message: Uint8Array.of(3, 3, 105, 107, 101, 0, 9) });
      const { message } = await client.next();
      expect(textOf(decodeMessage(message), 'errmsg')).toContain('malformed');
      expect(api.told).toEqual([]);
      expect((await client.request('version')).reply.type).toBe('command-response');
    });
  });

  it('refuses what has a name as long as a value can be, and takes it for no bug of its own', async () => {
    await served(async ({ client, bugs }) => {
      const name = 'x'.repeat(65_535);
      for (const command of ['initiate', 'uninstall']) {
        const { reply } = await client.request(command, section({ child: name }));
        expect(textOf(decodeMessage(reply.message), 'errmsg')).toMatch(/x{100}/);
      }
      expect(bugs).toEqual([]);
    });
  });

  it('ends the connection where a frame is longer than it may be', async () => {
    await served(async ({ client }) => {
      client.sendBytes(Uint8Array.of(0, 8, 0, 1));
      await client.closed;
    });
  });

  it('answers what comes at once in its order, one after the other', async () => {
    await served(async ({ client }) => {
      const names = ['version', 'get-conns', 'nonsense', 'stats'];
      const packets = names.map((name) =>
        encodeFrame(encodePacket({ type: 'command-request', name, message: new Uint8Array() })),
      );
      client.sendBytes(concatBytes(...packets));
      const types = [];
      for (const _ of names) types.push((await client.next()).type);
      expect(types).toEqual(['command-response', 'command-response', 'command-unknown', 'command-response']);
    });
  });

  it.each(['stats', 'list-sas'])('lets others have their turn between the %s that come at once', async (name) => {
    await served(async ({ client, api }) => {
      let asked = 0;
      let before = 0;
      const count = () => {
        asked += 1;
        if (asked === 1)
          setImmediate(() => {
            before = asked;
          });
      };
      const [stats, ikes] = [api.stats(), api.ikeSas()];
      api.stats = () => {
        count();
        return stats;
      };
      api.ikeSas = () => {
        count();
        return ikes;
      };
      client.sendBytes(
        concatBytes(
          ...Array.from({ length: 50 }, () =>
            encodeFrame(encodePacket({ type: 'command-request', name, message: new Uint8Array() })),
          ),
        ),
      );
      for (let answers = 0; answers < 50; answers++) await client.next();
      expect([asked, before < 10]).toEqual([50, true]);
    });
  });

  it('lets others have their turn while it tells a long list', async () => {
    await served(async ({ client, api }) => {
      api.ikes = Array.from({ length: 500 }, (_, index) => recordedIke({ uniqueId: index }));
      await client.register('list-sa');
      let shown = 0;
      let before = -1;
      const connections = api.ikes.map((ike) => ({
        ...ike,
        get version() {
          shown += 1;
          if (shown === 1)
            setImmediate(() => {
              before = shown;
            });
          return ike.version;
        },
      }));
      api.ikes = connections;
      const { events } = await client.request('list-sas');
      expect([events.length, before < 250]).toEqual([500, true]);
    });
  });

  it('ends a client that sends ever more while a command of it runs', async () => {
    await served(
      async ({ client }) => {
        for (let count = 0; count < 6; count++)
          client.send({
            type: 'command-request',
            name: 'initiate',
            message: Uint8Array.of(3, 3, 105, 107, 101, 0, 6, ...Buffer.from('office')),
          });
        await client.closed;
      },
      { maxQueue: 3 },
    );
  });

  it('ends a client whose requests that wait are too many bytes, and no other one', async () => {
    await served(
      async ({ client, path }) => {
        const other = await ViciClient.connect(path);
        const waiting = {
          type: 'command-request',
          name: 'initiate',
          message: encodeMessage(section({ ike: 'office' })),
        } as const;
        client.send(waiting);
        for (let count = 0; count < 5; count++)
          client.send({ type: 'command-request', name: 'load-conn', message: new Uint8Array(300_000) });
        await client.closed;
        expect((await other.request('version')).reply.type).toBe('command-response');
        other.end();
      },
      { maxBacklog: 1 << 20 },
    );
  });

  it('tells of news only those who want them, while their commands run as well', async () => {
    await served(async ({ client, path, api }) => {
      const other = await ViciClient.connect(path);
      await client.register('log');
      await other.register('ike-updown');
      api.say({ ...line, text: 'one' });
      expect(await client.next()).toMatchObject({ type: 'event', name: 'log' });
      const waiting = client.request('initiate', named('child', 'net'));
      await until(() => api.told.length > 0);
      api.say({ ...line, text: 'two' });
      api.say({ kind: 'ike-updown', up: true, ike: recordedIke() });
      api.standings.set('office/net', { kind: 'connected' });
      api.say({ ...line, text: 'three' });
      const { events, reply } = await waiting;
      expect(events.map(({ message }) => textOf(decodeMessage(message), 'msg'))).toEqual(['two', 'three']);
      expect(textOf(decodeMessage(reply.message), 'success')).toBe('yes');
      expect(await other.next()).toMatchObject({ type: 'event', name: 'ike-updown' });
      other.end();
    });
  });

  it('asks the daemon for news only while there are clients', async () => {
    await served(async ({ client, path, api }) => {
      const other = await ViciClient.connect(path);
      await other.request('version');
      expect(api.listeners).toBe(1);
      other.end();
      client.end();
      await until(() => api.listeners === 0);
    });
  });

  it('cuts off a client that does not read, and no other one', async () => {
    await served(
      async ({ client, path, api }) => {
        const slow = await ViciClient.connect(path);
        await slow.register('log');
        await client.register('log');
        slow.pause();
        for (let count = 0; count < 100; count++) {
          api.say({ ...line, text: 'x'.repeat(60_000) });
          expect((await client.next()).name).toBe('log');
        }
        slow.resume();
        await slow.closed;
        expect((await client.request('version')).reply.type).toBe('command-response');
      },
      { maxBacklog: 1 << 20 },
    );
  });

  it('waits with a stream for a client that reads slowly, and gets all of it out', async () => {
    const children = Array.from({ length: 500 }, (_, index) => recordedChild({ uniqueId: index }));
    await served(
      async ({ client, api }) => {
        api.ikes = Array.from({ length: 20 }, (_, index) => recordedIke({ uniqueId: index, children }));
        await client.register('list-sa');
        client.send({ type: 'command-request', name: 'list-sas', message: new Uint8Array() });
        client.pause();
        await new Promise((resolve) => setTimeout(resolve, 100));
        client.resume();
        const events = [];
        for (let packet = await client.next(); packet.type === 'event'; packet = await client.next())
          events.push(packet);
        // Those of one IKE SA do not fit one frame.
        expect(events).toHaveLength(40);
      },
      { maxBacklog: 1 << 20, highWater: 1 << 16 },
    );
  });

  it('gives up a stream to a client that reads nothing for too long', async () => {
    const children = Array.from({ length: 250 }, (_, index) => recordedChild({ uniqueId: index }));
    await served(
      async ({ client, api, bugs }) => {
        api.ikes = Array.from({ length: 20 }, (_, index) => recordedIke({ uniqueId: index, children }));
        await client.register('list-sa');
        client.pause();
        client.send({ type: 'command-request', name: 'list-sas', message: new Uint8Array() });
        await until(() => api.listeners === 0);
        expect(bugs).toEqual([]);
      },
      { highWater: 1 << 16, patience: 50 },
    );
  });

  it('gives up a list whose client has gone, and takes that for no bug', async () => {
    await served(
      async ({ client, api, bugs }) => {
        let shown = 0;
        const count = () => {
          shown += 1;
          if (shown === 1) client.end();
        };
        api.ikes = Array.from({ length: 500 }, (_, uniqueId) => {
          const ike = recordedIke({ uniqueId });
          return Object.defineProperty(ike, 'version', {
            enumerable: true,
            get: () => {
              count();
              return 2;
            },
          });
        });
        await client.register('list-sa');
        client.send({ type: 'command-request', name: 'list-sas', message: new Uint8Array() });
        await until(() => api.listeners === 0);
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(shown).toBeLessThan(500);
        expect(bugs).toEqual([]);
      },
      { highWater: 1 << 24, maxBacklog: 1 << 24 },
    );
  });

  it('ends the waiting of a client that goes', async () => {
    await served(async ({ client, api, bugs }) => {
      client.send({
        type: 'command-request',
        name: 'initiate',
        message: Uint8Array.of(3, 3, 105, 107, 101, 0, 6, ...Buffer.from('office')),
      });
      await until(() => api.listeners === 2);
      client.end();
      await until(() => api.listeners === 0);
      expect(bugs).toEqual([]);
    });
  });

  it('tells the log of a bug, and the client no more than that there was one', async () => {
    await served(async ({ client, api, bugs }) => {
      api.onAct = () => {
        throw new Error('a secret of ours');
      };
      const reply = JSON.stringify(await client.ask('reload-settings'));
      expect(reply).toContain('a bug of the daemon');
      expect(reply).not.toContain('secret');
      expect(bugs).toEqual([new Error('a secret of ours')]);
    });
  });
});
