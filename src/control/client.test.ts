import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ControlClient } from './client.ts';
import { startControlServer } from './server.ts';
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
    await withSocketPath(async (path) => {
      const server = createServer((socket) => {
        socket.on('error', () => {});
        socket.end(bytes);
      });
      await new Promise<void>((resolve) => server.listen(path, resolve));
      await expect(new ControlClient({ path }).call('status', {})).rejects.toMatchObject({ fault });
      server.close();
    });
  });
});
