import { readdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeGateway } from '../control/testing/fake-gateway.ts';
import { http, withSocketPath } from '../control/testing/socket.ts';
import { FakeVici } from '../control/vici/testing/fake-vici.ts';
import { ViciClient } from '../control/vici/testing/vici-client.ts';
import { openControlSockets } from './control-sockets.ts';

const daemon = { api: new FakeGateway([]), vici: new FakeVici() };
const ignore = () => undefined;
const ownGroup = String(process.getegid?.() ?? 0);

describe('the control sockets of the daemon', () => {
  it('are one, with the group of the daemon, where nothing is said', async () => {
    await withSocketPath(async (controlPath) => {
      const close = await openControlSockets(
        daemon,
        { controlPath, controlGroup: undefined, readGroup: undefined, viciPath: undefined },
        ignore,
      );
      expect(await readdir(dirname(controlPath))).toEqual(['control.sock']);
      await close();
      expect(await readdir(dirname(controlPath))).toEqual([]);
    });
  });

  it('are two where a group may read, each of its group with mode 0660, and both go at the end', async () => {
    await withSocketPath(async (controlPath) => {
      const close = await openControlSockets(
        daemon,
        { controlPath, controlGroup: ownGroup, readGroup: ownGroup, viciPath: undefined },
        ignore,
      );
      const reading = controlPath.replace('.sock', '-ro.sock');
      for (const path of [controlPath, reading]) {
        const { mode, gid } = await stat(path);
        expect([mode & 0o777, gid]).toEqual([0o660, Number(ownGroup)]);
      }
      const post = { method: 'POST', path: '/v1/down', body: '{"tunnels":["idc"]}' };
      expect((await http(controlPath, post)).status).toBe(404);
      expect((await http(reading, post)).status).toBe(403);
      await close();
      expect(await readdir(dirname(controlPath))).toEqual([]);
    });
  });

  it.runIf(process.getuid?.() === 0)('belong to the groups that were named', async () => {
    await withSocketPath(async (controlPath) => {
      const close = await openControlSockets(
        daemon,
        { controlPath, controlGroup: '4711', readGroup: '4712', viciPath: undefined },
        ignore,
      );
      expect((await stat(controlPath)).gid).toBe(4711);
      expect((await stat(controlPath.replace('.sock', '-ro.sock'))).gid).toBe(4712);
      await close();
    });
  });

  it('have one for vici beside them where that is asked for, of the group that may do everything', async () => {
    await withSocketPath(async (controlPath) => {
      const viciPath = controlPath.replace('control', 'vici');
      const close = await openControlSockets(
        daemon,
        { controlPath, controlGroup: ownGroup, readGroup: undefined, viciPath },
        ignore,
      );
      const { mode, gid } = await stat(viciPath);
      expect([mode & 0o777, gid]).toEqual([0o660, Number(ownGroup)]);
      const client = await ViciClient.connect(viciPath);
      expect(await client.ask('version')).toContainEqual(['daemon', 'cygnet']);
      await close();
      await client.closed;
      expect(await readdir(dirname(controlPath))).toEqual([]);
    });
  });

  it('leave nothing behind where the second one cannot be had', async () => {
    await withSocketPath(async (controlPath) => {
      const reading = controlPath.replace('.sock', '-ro.sock');
      await writeFile(reading, 'precious');
      const options = { controlPath, controlGroup: undefined, readGroup: ownGroup, viciPath: undefined };
      await expect(openControlSockets(daemon, options, ignore)).rejects.toThrow('is not a socket');
      expect(await readdir(dirname(controlPath))).toEqual(['control-ro.sock']);
      const unknown = { ...options, readGroup: 'no-such-group-here' };
      await expect(openControlSockets(daemon, unknown, ignore)).rejects.toThrow('there is no group');
    });
  });
});
