import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type ControlServerOptions, startControlServer } from './server.ts';
import { SHAPES_DIGEST } from './shapes-digest.ts';
import { connectedTunnel, FakeGateway, sampleTunnel } from './testing/fake-gateway.ts';
import { http, raw, withSocketPath } from './testing/socket.ts';

type Options = Partial<Omit<ControlServerOptions, 'path' | 'api'>>;

async function served(
  body: (path: string, gateway: FakeGateway) => Promise<void>,
  options: Options = {},
): Promise<void> {
  const gateway = new FakeGateway([connectedTunnel('idc'), sampleTunnel({ name: 'vpc 1/é' })]);
  await withSocketPath(async (path) => {
    const server = await startControlServer({ path, api: gateway, ...options });
    try {
      await body(path, gateway);
    } finally {
      await server.close();
    }
  });
}

const errorOf = (answer: { body: unknown }) => (answer.body as { error: { code: string; message: string } }).error;

describe('the control server', () => {
  it('answers each command as HTTP with JSON', async () => {
    await served(async (path, gateway) => {
      expect(await http(path, { path: '/v1/version' })).toMatchObject({ status: 200, body: { version: '0.1.0' } });
      const openApi = await http(path, { path: '/v1/openapi.json' });
      expect(openApi).toMatchObject({ status: 200, body: { openapi: '3.1.1', paths: { '/v1/up': { post: {} } } } });
      expect(await http(path, { path: '/v1/status' })).toEqual({ status: 200, body: await gateway.status() });
      const some = await http(path, { path: '/v1/status?tunnel=idc&tunnel=idc' });
      expect(some.body).toEqual(await gateway.status(['idc']));
      const list = await http(path, { path: '/v1/list/gateways?query=PROD' });
      expect(list.body).toMatchObject({ gateways: [{ name: 'gw1' }] });
      const none = await http(path, { path: '/v1/list/gateways?query=nothing' });
      expect(none.body).toEqual({ gateways: [], total: 0, next: null });
      const up = await http(path, { method: 'POST', path: '/v1/up', body: '{"tunnels":["idc"]}' });
      expect(up).toMatchObject({ status: 200, body: { tunnels: [{ name: 'idc' }] } });
      expect(gateway.calls).toEqual(['up idc']);
    });
  });

  it.each(['/v1/status', '/v1/stauts', '/metrics', '/v1/events?follow=false&after=0'])(
    'says with the answer of %s which shapes it means',
    async (target) => {
      await served(async (path) => {
        const answer = await raw(path, `GET ${target} HTTP/1.1\r\nhost: cygnet\r\nconnection: close\r\n\r\n`);
        expect(answer.split('\r\n')).toContain(`cygnet-shapes: ${SHAPES_DIGEST}`);
      });
    },
  );

  it('takes a tunnel name with blanks, slashes and letters beyond ASCII from the path', async () => {
    await served(async (path) => {
      const answer = await http(path, { path: `/v1/tunnels/${encodeURIComponent('vpc 1/é')}` });
      expect(answer).toMatchObject({ status: 200, body: { status: { name: 'vpc 1/é' } } });
    });
  });

  it('tells the pre-shared key only with reveal', async () => {
    await served(async (path) => {
      const closed = await http(path, { path: '/v1/tunnels/idc' });
      expect(JSON.stringify(closed.body)).not.toContain('test.1231');
      const open = await http(path, { path: '/v1/tunnels/idc?reveal=true' });
      expect(open.body).toMatchObject({ policy: { psk: 'test.1231' } });
    });
  });

  it('names the nearest tunnel where one is unknown, and acts on none', async () => {
    await served(async (path, gateway) => {
      const answer = await http(path, { method: 'POST', path: '/v1/up', body: '{"tunnels":["idc","idd"]}' });
      expect(answer).toEqual({
        status: 404,
        body: { error: { code: 'not-found', message: 'there is no tunnel "idd"; did you mean idc?', nearest: 'idc' } },
      });
      expect(gateway.calls).toEqual([]);
    });
  });

  it.each([
    ['GET', '/v1/stats', undefined, 404, 'did you mean /v1/status?'],
    ['GET', '/', undefined, 404, 'the paths are /v1/version, /v1/openapi.json'],
    ['GET', '/v1/status/', undefined, 404, 'there is nothing at'],
    ['GET', '/v1/tunnels/%ff', undefined, 400, 'not percent-encoded'],
    ['GET', '/v1/tunnels/__proto__', undefined, 404, 'there is no tunnel "__proto__"'],
    ['GET', '/v1/up', undefined, 405, '/v1/up takes POST, not GET'],
    ['DELETE', '/v1/status', undefined, 405, '/v1/status takes GET, not DELETE'],
    ['GET', '/v1/status?tunel=idc', undefined, 400, 'tunel'],
    ['GET', '/v1/status?__proto__=1&constructor=2', undefined, 400, 'Unrecognized'],
    ['GET', '/v1/list/tunels', undefined, 400, 'kind: '],
    ['GET', '/v1/events?after=-1', undefined, 400, 'after: '],
    ['POST', '/v1/up', '', 400, 'the body is not JSON'],
    ['POST', '/v1/up', '{"tunnels": [', 400, 'the body is not JSON'],
    ['POST', '/v1/up', '[]', 400, 'must be a JSON object'],
    ['POST', '/v1/up', 'null', 400, 'must be a JSON object'],
    ['POST', '/v1/up', '{"tunnels": []}', 400, 'tunnels: '],
    ['POST', '/v1/up', '{"tunnels": [7]}', 400, 'tunnels.0: '],
    ['POST', '/v1/up', '{"tunnels": ["idc"], "force": true}', 400, 'force'],
    ['POST', '/v1/up', '\x00\xff', 400, 'the body is not JSON'],
  ])('refuses %s %s with body %j in plain words', async (method, target, body, status, words) => {
    await served(async (path) => {
      const answer = await http(path, { method, path: target, ...(body === undefined ? {} : { body }) });
      expect(answer.status).toBe(status);
      expect(errorOf(answer).message).toContain(words);
    });
  });

  it('refuses an oversized body and goes on serving', async () => {
    await served(
      async (path, gateway) => {
        const body = `{"tunnels":["${'x'.repeat(2_000)}"]}`;
        const answer = await http(path, { method: 'POST', path: '/v1/up', body });
        expect(answer).toMatchObject({ status: 413, body: { error: { code: 'too-large' } } });
        const endless = `POST /v1/up HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n${'x'.repeat(2_000)}\r\n`;
        expect(await raw(path, endless)).toContain('HTTP/1.1 413');
        expect(gateway.calls).toEqual([]);
        expect((await http(path, { path: '/v1/version' })).status).toBe(200);
      },
      { limits: { maxBody: 1_000 } },
    );
  });

  it('answers bytes that are not HTTP and closes', async () => {
    await served(async (path) => {
      expect(await raw(path, '\x16\x03\x01 hello\r\n\r\n')).toContain('this is not HTTP/1.1');
    });
  });

  it('ends a connection that stays half-open: no head, half a head, half a body', async () => {
    await served(
      async (path) => {
        const answers = await Promise.all([
          raw(path, ''),
          raw(path, 'GET /v1/status HTT'),
          raw(path, 'POST /v1/up HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{"tun'),
        ]);
        for (const answer of answers) expect(answer === '' || answer.includes('did not arrive in time')).toBe(true);
        expect((await http(path, { path: '/v1/version' })).status).toBe(200);
      },
      { limits: { requestTimeout: 100 } },
    );
  });

  it('ends a connection whose client does not take the answer', async () => {
    await served(
      async (path, gateway) => {
        for (let i = 0; i < 3_000; i++) gateway.set(connectedTunnel(`tunnel-${i}`));
        const lazy = connect(path);
        lazy.write('GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n');
        // The answer is on its way, and no more of it is taken than the first piece.
        await new Promise((resolve) => lazy.once('readable', resolve));
        await new Promise((resolve) => setTimeout(resolve, 300));
        let received = 0;
        lazy.on('data', (chunk) => {
          received += chunk.length;
        });
        lazy.resume();
        await new Promise((resolve) => lazy.once('close', resolve));
        expect(received).toBeGreaterThan(0);
        expect(received).toBeLessThan(JSON.stringify(await gateway.status()).length);
      },
      { limits: { idleTimeout: 100 } },
    );
  });

  it('takes at most so many connections at a time', async () => {
    await served(
      async (path) => {
        const held = [connect(path), connect(path)];
        await Promise.all(held.map((socket) => new Promise((resolve) => socket.on('connect', resolve))));
        const third = connect(path);
        await new Promise((resolve) => third.on('close', resolve));
        for (const socket of held) {
          expect(socket.readyState).toBe('open');
          socket.destroy();
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect((await http(path, { path: '/v1/version' })).status).toBe(200);
      },
      { limits: { maxConnections: 2 } },
    );
  });

  it('passes on a refusal of the gateway, but of a bug only that there was one', async () => {
    const bugs: unknown[] = [];
    await served(
      async (path, gateway) => {
        for (const name of ['off', 'broken']) gateway.set(sampleTunnel({ name }));
        const off = await http(path, { method: 'POST', path: '/v1/up', body: '{"tunnels":["off"]}' });
        expect(off).toMatchObject({
          status: 409,
          body: { error: { message: 'off is disabled in the configuration' } },
        });
        const broken = await http(path, { method: 'POST', path: '/v1/up', body: '{"tunnels":["broken"]}' });
        expect(broken).toMatchObject({ status: 500, body: { error: { code: 'internal' } } });
        expect(JSON.stringify(broken.body)).not.toContain('test.1231');
        expect(bugs).toHaveLength(1);
      },
      { onError: (error) => bugs.push(error) },
    );
  });
});
