import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ControlClient } from './client.ts';
import { startControlServer } from './server.ts';
import { SHAPES_DIGEST } from './shapes-digest.ts';
import { connectedTunnel, FakeGateway, sampleTunnel } from './testing/fake-gateway.ts';
import { withSocketPath } from './testing/socket.ts';

describe('the control client', () => {
  it('brings over exactly what the gateway said, for every command', async () => {
    await withSocketPath(async (path) => {
      const strange = sampleTunnel({ name: 'a/b?c=d&e#f%' });
      const gateway = new FakeGateway([connectedTunnel('idc'), strange]);
      const server = await startControlServer({ path, api: gateway });
      const client = new ControlClient({ path });
      expect(await client.call('version', {})).toEqual(gateway.version());
      expect(await client.call('status', {})).toEqual(await gateway.status());
      expect(await client.call('status', { tunnel: [strange.name] })).toEqual({ tunnels: [strange] });
      expect(await client.call('show', { tunnel: strange.name })).toEqual(
        await gateway.show(strange.name, { reveal: false }),
      );
      expect(await client.call('show', { tunnel: 'idc', reveal: 'true' })).toEqual(
        await gateway.show('idc', { reveal: true }),
      );
      expect(await client.call('list', { kind: 'tunnels', query: 'C1D2' })).toEqual({
        tunnels: [{ ...connectedTunnel('idc'), labels: {}, remarks: '' }],
        total: 1,
        next: null,
      });
      expect(await client.call('list', { kind: 'tunnels', limit: 1 })).toMatchObject({ total: 2, next: 'idc' });
      expect(await client.call('list', { kind: 'gateways' })).toMatchObject({
        gateways: await gateway.list('gateways'),
      });
      expect(await client.call('list', { kind: 'peers' })).toMatchObject({ peers: await gateway.list('peers') });
      await client.call('up', { tunnels: ['idc', strange.name] });
      await client.call('down', { tunnels: ['idc'] });
      await client.call('restart', { tunnels: ['idc'] });
      await client.call('rekey', { tunnels: ['idc'] });
      expect(gateway.calls.splice(3)).toEqual(['rekey ike idc']);
      expect(gateway.calls).toEqual([`up idc ${strange.name}`, 'down idc', 'restart idc']);
      await server.close();
    });
  });

  it('says what to do where no daemon runs', async () => {
    await withSocketPath(async (path) => {
      const call = new ControlClient({ path }).call('status', {});
      await expect(call).rejects.toMatchObject({
        fault: 'unreachable',
        message: expect.stringContaining(`there is no socket ${path}; start one with "cygnet daemon"`),
      });
    });
  });

  it('gives up on a daemon that accepts and never answers', async () => {
    await withSocketPath(async (path) => {
      const server = createServer(() => {});
      await new Promise<void>((resolve) => server.listen(path, resolve));
      const call = new ControlClient({ path, timeout: 30 }).call('status', {});
      await expect(call).rejects.toMatchObject({ fault: 'timeout' });
      server.close();
    });
  });

  it.each([
    ['nonsense', 'nonsense', 'unreachable'],
    ['a reply of another shape', 'HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{"tunnels":[{}]}\n', 'protocol'],
    ['a reply that is not JSON', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi', 'protocol'],
    ['an error of another shape', 'HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\n{}', 'protocol'],
    ['a reply cut short', 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"tunnels"', 'unreachable'],
  ])('takes %s for what it is', async (_what, bytes, fault) => {
    await withAnswer(bytes, async (path) => {
      await expect(new ControlClient({ path }).call('status', {})).rejects.toMatchObject({ fault });
    });
  });

  const ours = '0123456789abcdef';
  const unlike = JSON.stringify({ tunnels: [{ name: 'idc' }] });
  const headers = `cygnet-shapes: ${ours}\r\ncontent-length: ${unlike.length}`;

  it('takes what a daemon of the same shapes answers as it is', async () => {
    await withAnswer(`HTTP/1.1 200 OK\r\n${headers}\r\n\r\n${unlike}`, async (path) => {
      expect(await new ControlClient({ path, shapes: ours }).call('status', {})).toEqual({
        tunnels: [{ name: 'idc' }],
      });
    });
  });

  it.each([
    ['other shapes than the client', headers, { shapes: 'fedcba9876543210' }],
    ['shapes that it does not tell', `content-length: ${unlike.length}`, { shapes: ours }],
    ['some shapes, for a client that wants all of them checked', headers, {}],
  ])('understands a daemon of %s, or asks whether both are of one version', async (_what, said, options) => {
    await withAnswer(`HTTP/1.1 200 OK\r\n${said}\r\n\r\n${unlike}`, async (path) => {
      await expect(new ControlClient({ path, ...options }).call('status', {})).rejects.toMatchObject({
        fault: 'protocol',
        message: expect.stringMatching(/\(tunnels\.0\.\w+\); are both of one version\?$/),
      });
    });
    await withAnswer(`HTTP/1.1 409 Oh\r\n${said}\r\n\r\n${unlike}`, async (path) => {
      await expect(new ControlClient({ path, ...options }).call('status', {})).rejects.toMatchObject({
        fault: 'protocol',
        message: expect.stringContaining('(error); are both of one version?'),
      });
    });
    const more = JSON.stringify({ tunnels: [{ ...connectedTunnel('idc'), newer: 1 }] });
    const longer = said.replace(/\d+$/, String(more.length));
    await withAnswer(`HTTP/1.1 200 OK\r\n${longer}\r\n\r\n${more}`, async (path) => {
      expect(await new ControlClient({ path, ...options }).call('status', {})).toEqual({
        tunnels: [connectedTunnel('idc')],
      });
    });
  });

  it('tells a refusal the same with and without a check', async () => {
    const gateway = new FakeGateway([connectedTunnel('idc')]);
    await withSocketPath(async (path) => {
      const server = await startControlServer({ path, api: gateway });
      for (const options of [{}, { shapes: SHAPES_DIGEST }]) {
        const client = new ControlClient({ path, ...options });
        await expect(client.call('up', { tunnels: ['idd'] })).rejects.toMatchObject({
          fault: 'not-found',
          message: 'there is no tunnel "idd"; did you mean idc?',
        });
        await expect(client.events({ after: -1, signal: AbortSignal.timeout(9_000) })).rejects.toMatchObject({
          fault: 'refused',
        });
      }
      await server.close();
    });
  });
});

/** A server that answers whatever it is asked with these bytes. */
async function withAnswer(bytes: string, body: (path: string) => Promise<void>): Promise<void> {
  await withSocketPath(async (path) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    await body(path);
    server.close();
  });
}
