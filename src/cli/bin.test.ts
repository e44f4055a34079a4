import { type ChildProcess, spawn } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startControlServer } from '../control/server.ts';
import { connectedTunnel, FakeGateway, sampleTunnel } from '../control/testing/fake-gateway.ts';
import { withSocketPath } from '../control/testing/socket.ts';
import { BIN, isBuilt } from './testing/built.ts';

type Result = { readonly exit: number | null; readonly out: string; readonly err: string };

function collect(child: ChildProcess): Promise<Result> {
  return new Promise((resolve) => {
    let out = '';
    let err = '';
    child.stdout?.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      err += chunk;
    });
    child.on('close', (exit) => resolve({ exit, out, err }));
  });
}

function start(argv: readonly string[], control = '/nonexistent/cygnet.sock', user = {}): ChildProcess {
  const env = { PATH: process.env.PATH, CYGNET_CONTROL: control };
  return spawn(process.execPath, [BIN, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'], ...user });
}

describe.skipIf(!isBuilt('cli', 'control') && process.env.CI !== 'true')('bin/cygnet.js, as built', () => {
  it('has exit statuses of its own for help, wrong usage, a missing daemon and a bad file', async () => {
    const cases = [['--help'], ['stauts'], ['status'], ['check', '/nonexistent/cygnet.yaml']];
    const results = await Promise.all(cases.map((argv) => collect(start(argv))));
    expect(results.map(({ exit }) => exit)).toEqual([0, 2, 4, 3]);
    expect(results[0]).toMatchObject({ out: expect.stringContaining('Usage: cygnet'), err: '' });
    expect(results[2]).toMatchObject({ out: '', err: expect.stringContaining('start one with "cygnet daemon"') });
  });

  it('prints without colours into a pipe, all of it however much, and ends by itself', async () => {
    const many = Array.from({ length: 3_000 }, (_, i) => connectedTunnel(`tunnel-${i}`));
    const gateway = new FakeGateway([...many, sampleTunnel({ name: 'down', connectionStatus: 'connecting' })]);
    gateway.onUp = (name) => {
      gateway.set(connectedTunnel(name));
      gateway.publish({ event: 'ike.established', tunnel: name, text: 'stage 1 is up' });
    };
    await withSocketPath(async (path) => {
      const server = await startControlServer({ path, api: gateway });
      const table = await collect(start(['status', 'tunnel-1'], path));
      expect(table.exit).toBe(0);
      expect(table.out).not.toContain('\u001b');
      const json = await collect(start(['status', '--json'], path));
      expect(json.exit).toBe(7);
      expect(JSON.parse(json.out)).toEqual(await gateway.status());
      expect(await collect(start(['up', 'down'], path))).toMatchObject({
        exit: 0,
        err: expect.stringContaining('down: stage 1 is up\n'),
      });
      await server.close();
    });
  });

  it.runIf(process.getuid?.() === 0)('reads by the second socket where the first may not be opened', async () => {
    const api = new FakeGateway([connectedTunnel('idc')]);
    const reader = { uid: 65_534, gid: 65_534 };
    await withSocketPath(async (path) => {
      await chmod(dirname(path), 0o755);
      const server = await startControlServer({ path, api });
      const refused = await collect(start(['status'], path, reader));
      expect(refused).toMatchObject({ exit: 4, err: expect.stringContaining(`${path} may not be opened`) });
      const readingPath = path.replace('.sock', '-ro.sock');
      const reading = await startControlServer({
        path: readingPath,
        group: reader.gid,
        readOnly: { adminPath: path },
        api,
      });
      expect(await collect(start(['status'], path, reader))).toMatchObject({ exit: 0 });
      const down = await collect(start(['down', 'idc'], path, reader));
      expect(down).toMatchObject({ exit: 1, err: expect.stringContaining(`"down" is more: use ${path}, as root`) });
      await Promise.all([server.close(), reading.close()]);
    });
  });

  it('does not complain where its reader has seen enough', async () => {
    const gateway = new FakeGateway(Array.from({ length: 3_000 }, (_, i) => connectedTunnel(`tunnel-${i}`)));
    await withSocketPath(async (path) => {
      const server = await startControlServer({ path, api: gateway });
      const child = start(['list', 'tunnels', '--json'], path);
      child.stdout?.once('data', () => child.stdout?.destroy());
      const { exit, err } = await collect(child);
      expect([exit, err]).toEqual([0, '']);
      await server.close();
    });
  });
});
