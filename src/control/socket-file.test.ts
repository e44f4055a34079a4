import { mkdir, readdir, rename, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startControlServer } from './server.ts';
import { FakeGateway } from './testing/fake-gateway.ts';
import { http, withSocketPath } from './testing/socket.ts';

const api = new FakeGateway([]);

describe("the control socket's file", () => {
  it('is made with mode 0660, in a directory made for it, and removed at the end', async () => {
    await withSocketPath(async (base) => {
      const path = join(dirname(base), 'run', 'cygnet', 'control.sock');
      const server = await startControlServer({ path, api });
      expect((await stat(path)).mode & 0o777).toBe(0o660);
      expect(await readdir(dirname(path))).toEqual(['control.sock']);
      await server.close();
      expect(await readdir(dirname(path))).toEqual([]);
    });
  });

  it('is replaced where nobody listens on it any more', async () => {
    await withSocketPath(async (path) => {
      await leaveStaleSocket(path);
      const server = await startControlServer({ path, api });
      expect((await http(path, { path: '/v1/version' })).status).toBe(200);
      await server.close();
    });
  });

  it('is left alone where a daemon listens, and that one goes on', async () => {
    await withSocketPath(async (path) => {
      const first = await startControlServer({ path, api });
      await expect(startControlServer({ path, api })).rejects.toThrow(/another daemon already listens/);
      expect((await http(path, { path: '/v1/version' })).status).toBe(200);
      await first.close();
    });
  });

  it('is never put in the place of a file that is no socket', async () => {
    await withSocketPath(async (path) => {
      await writeFile(path, 'precious');
      await expect(startControlServer({ path, api })).rejects.toThrow(/is not a socket/);
      await unlink(path);
      await symlink('/nowhere', path);
      await expect(startControlServer({ path, api })).rejects.toThrow(/is not a socket/);
    });
  });

  it('is not removed by a daemon whose file another has replaced', async () => {
    await withSocketPath(async (path) => {
      const first = await startControlServer({ path, api });
      await unlink(path);
      const second = await startControlServer({ path, api });
      await first.close();
      expect((await http(path, { path: '/v1/version' })).status).toBe(200);
      await second.close();
    });
  });

  it('may not have a path longer than a socket address holds', async () => {
    await withSocketPath(async (base) => {
      const path = join(dirname(base), 'x'.repeat(120));
      await expect(startControlServer({ path, api })).rejects.toThrow(/too long for a socket/);
      // Long enough that the private directory inside of it does not fit.
      const directory = join(dirname(base), 'd'.repeat(97 - dirname(base).length));
      await mkdir(directory);
      await expect(startControlServer({ path: join(directory, 's'), api })).rejects.toThrow(/too long for a socket/);
      expect(await readdir(directory)).toEqual([]);
    });
  });
});

/** A socket file whose process is gone: bound, moved away from the name that closing removes. */
async function leaveStaleSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.tmp`, resolve));
  await rename(`${path}.tmp`, path);
  await new Promise((resolve) => server.close(resolve));
}
