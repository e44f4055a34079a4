import { describe, expect, it } from 'vitest';
import { readOnlyPath } from './access.ts';
import { type Command, pathParameters } from './command.ts';
import { COMMAND_SCHEMAS } from './command-schemas.ts';
import { COMMANDS, type CommandName } from './commands.ts';
import { startControlServer } from './server.ts';
import { connectedTunnel, FakeGateway } from './testing/fake-gateway.ts';
import { type HttpAnswer, http, withSocketPath } from './testing/socket.ts';

async function onReadOnlySocket(body: (path: string, gateway: FakeGateway) => Promise<void>): Promise<void> {
  await withSocketPath(async (path) => {
    const gateway = new FakeGateway([connectedTunnel('idc')]);
    const readOnly = { adminPath: '/run/cygnet/control.sock' };
    const server = await startControlServer({ path, readOnly, api: gateway });
    try {
      await body(path, gateway);
    } finally {
      await server.close();
    }
  });
}

const REFUSED = {
  status: 403,
  body: {
    error: {
      code: 'forbidden',
      message: expect.stringContaining('use /run/cygnet/control.sock, as root or as a member of the group'),
    },
  },
};

const all = Object.entries(COMMANDS) as [CommandName, Command][];

describe('a socket for reading only', () => {
  it.each(all.filter(([, { access }]) => access === 'admin'))('refuses %s before it reads the body', async (_, row) => {
    await onReadOnlySocket(async (path, gateway) => {
      const target = row.path.replaceAll(/\{\w+\}/g, 'idc');
      const body = row.method === 'GET' ? {} : { body: '{"tunnels":' };
      const answer = await http(path, { method: row.method, path: target, ...body });
      expect(answer).toMatchObject(REFUSED);
      expect(gateway.calls).toEqual([]);
    });
  });

  it('answers what tells and changes nothing', async () => {
    await onReadOnlySocket(async (path) => {
      const targets = [
        '/v1/version',
        '/v1/status',
        '/v1/list/peers',
        '/v1/tunnels/idc',
        '/v1/tunnels/idc?reveal=false',
      ];
      const answers = await Promise.all(targets.map((target): Promise<HttpAnswer> => http(path, { path: target })));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    });
  });

  it('tells no secrets', async () => {
    await onReadOnlySocket(async (path) => {
      const answer = await http(path, { path: '/v1/tunnels/idc?reveal=true' });
      expect(answer).toMatchObject(REFUSED);
      expect(JSON.stringify(answer.body)).not.toContain('test.1231');
    });
  });

  it('lies beside the one for everything', () => {
    expect(readOnlyPath('/run/cygnet/control.sock')).toBe('/run/cygnet/control-ro.sock');
    expect(readOnlyPath('/tmp/c')).toBe('/tmp/c-ro');
  });
});

/** What they tell is not for everyone who may read. */
const SECRET = new Set(['keylog', 'capture']);

describe('the table of commands', () => {
  it.each(all)('%s: GET changes nothing, and every key of its path is one of its request', (name, row) => {
    if (row.method === 'GET' && !SECRET.has(name)) expect(row.access).toBe('read');
    for (const key of [...pathParameters(row.path), ...(row.adminKeys ?? [])])
      expect(Object.keys(COMMAND_SCHEMAS[name].request.shape)).toContain(key);
  });
});
