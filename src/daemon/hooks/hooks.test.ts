import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { utf8 } from '../../base/bytes.ts';
import { Secret } from '../../base/secret.ts';
import type { Hook, HookEvent } from '../../config/configuration.ts';
import type { ReachablePair, Standing } from '../../tunnel/reachability.ts';
import { RecordingLog } from '../testing/recording-log.ts';
import { Hooks } from './hooks.ts';
import { type HookMessage, hookMessageSchema } from './message.ts';
import { SIGNATURE_HEADER } from './webhook.ts';

const ALL: readonly HookEvent[] = ['reachable', 'withdrawn', 'connected', 'disconnected', 'failed'];

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cygnet-hooks-'));
});
const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(directory, { recursive: true });
});

function pair(third: number): ReachablePair {
  const path = { me: '192.0.2.1', myId: 'here', peer: '192.0.2.2', peerId: 'there\n', reqid: 7, ikeSa: 3 };
  return { local: `10.0.${third}.0/24`, remote: '10.1.0.0/16', path: { ...path, protocol: 'esp' } };
}

function up(...thirds: readonly number[]): Standing {
  return { connection: thirds.length > 0 ? 'connected' : 'connecting', reason: null, pairs: thirds.map(pair) };
}

/** Hooks of tunnels whose standing the test sets. */
function rig(...hooks: readonly Hook[]) {
  const standings = new Map<string, Standing>();
  const log = new RecordingLog();
  const subject = new Hooks({
    hooks,
    look: (tunnel) => {
      const standing = standings.get(tunnel);
      return standing && { names: { tunnel, gateway: 'gw', peer: 'p' }, standing };
    },
    log,
    wall: () => 0,
    run: 'run',
  });
  closers.push(() => subject.stop(Promise.resolve(), 0));
  const set = (standing: Standing | undefined, tunnel = 't') => {
    if (standing === undefined) standings.delete(tunnel);
    else standings.set(tunnel, standing);
    subject.see(tunnel);
  };
  return { subject, log, set };
}

/** A hook whose program is this shell script; what it prints goes to the file `out`. */
function program(script: string, changes: Partial<Hook> = {}): Hook {
  const path = join(directory, 'hook.sh');
  writeFileSync(path, `#!/bin/sh\nexec >>"${directory}/out"\n${script}\n`, { mode: 0o755 });
  return { on: ALL, timeout: 10_000, target: { kind: 'program', argv: [path, 'an argument'] }, ...changes };
}

function lines(): string[] {
  const path = join(directory, 'out');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
}

const LINE = 'echo "$CYGNET_EVENT $CYGNET_TUNNEL $CYGNET_LOCAL"';

describe('a program of one tunnel', () => {
  const program = (tunnel: string): Hook => {
    const script = join(directory, 'tell.sh');
    const line = '$CYGNET_TUNNEL $PLUTO_VERB $PLUTO_MY_CLIENT $PLUTO_IF_ID_IN $PLUTO_IF_ID_OUT $PLUTO_MARK_OUT';
    writeFileSync(script, `#!/bin/sh\necho "${line}" >>${join(directory, 'told')}\n`, { mode: 0o755 });
    const target = { kind: 'program', argv: [script] } as const;
    return { tunnel, on: ['reachable', 'withdrawn'], timeout: 10_000, target };
  };
  const told = () => (existsSync(join(directory, 'told')) ? readFileSync(join(directory, 'told'), 'utf8') : '');

  it('is told of that alone, with what sets its packets apart, and of its end when it goes with its tunnel', async () => {
    const { subject, set } = rig(program('t'));
    const apart = { ifId: { in: 7, out: 8 }, mark: { out: { value: 42, mask: 255 } } };
    const { pairs, ...rest } = up(1);
    set({ ...rest, pairs: pairs.map((one) => ({ ...one, path: { ...one.path, apart } })) });
    set(up(2), 'other');
    await expect.poll(told).toBe('t up-client 10.0.1.0/24 7 8 42/0x000000ff\n');
    subject.configure([], ['other']);
    await expect.poll(told).toContain('t down-client 10.0.1.0/24 7 8');
    expect(told()).not.toContain('other');
  });
});

describe('a hook that is a program', () => {
  it('is run for each pair in the environment of an updown script, without ours, and has the message on stdin', async () => {
    vi.stubEnv('IDC_PSK', 'a key of the environment');
    closers.push(() => vi.unstubAllEnvs());
    const { set } = rig(program('env | sort | grep -v "^_="; echo "$1"; cat', { on: ['reachable'] }));
    set(up(1));
    await vi.waitFor(() => expect(lines().at(-1)).toMatch(/^\{/));
    const [message = '', argument, ...environment] = lines().toReversed();
    expect(argument).toBe('an argument');
    expect(Object.fromEntries(environment.map((line) => line.split('=', 2)))).toEqual({
      CYGNET_EVENT: 'reachable',
      CYGNET_GATEWAY: 'gw',
      CYGNET_LOCAL: '10.0.1.0/24',
      CYGNET_PEER: 'p',
      CYGNET_REMOTE: '10.1.0.0/16',
      CYGNET_TUNNEL: 't',
      PATH: expect.any(String),
      PLUTO_CONNECTION: 't',
      PLUTO_ME: '192.0.2.1',
      PLUTO_MY_CLIENT: '10.0.1.0/24',
      PLUTO_MY_ID: 'here',
      PLUTO_MY_PORT: '0',
      PLUTO_MY_PROTOCOL: '0',
      PLUTO_PEER: '192.0.2.2',
      PLUTO_PEER_CLIENT: '10.1.0.0/16',
      PLUTO_PEER_ID: 'there\\u{a}',
      PLUTO_PEER_PORT: '0',
      PLUTO_PEER_PROTOCOL: '0',
      PLUTO_PROTO: 'esp',
      PLUTO_REQID: '7',
      PLUTO_UNIQUEID: '3',
      PLUTO_VERB: 'up-client',
      PLUTO_VERSION: '1.1',
      PWD: '/',
    });
    expect(hookMessageSchema.parse(JSON.parse(message))).toMatchObject({
      event: 'reachable',
      id: 'run-1',
      pairs: [{ local: '10.0.1.0/24', remote: '10.1.0.0/16' }],
    });
  });

  it('runs one after the other, and what changes meanwhile is told as it is then', async () => {
    const { set } = rig(program(`${LINE}; sleep 0.3`));
    set(up(1));
    await vi.waitFor(() => expect(lines()).toHaveLength(1));
    for (let turn = 0; turn < 50; turn++) {
      set(turn % 2 === 0 ? up(1, 2) : up());
      await new Promise((resolve) => setImmediate(resolve));
    }
    set(up(1, 3));
    await vi.waitFor(() => expect(lines()).toHaveLength(3), { timeout: 5_000 });
    expect(lines()).toEqual(['reachable t 10.0.1.0/24', 'reachable t 10.0.3.0/24', 'connected t ']);
  });

  it('that fails is logged with what it says, and the next is told', async () => {
    const { set, log } = rig(program(`${LINE}; echo "no such table" >&2; exit 3`, { on: ['reachable', 'withdrawn'] }));
    set(up(1));
    await vi.waitFor(() => expect(log.lines).toHaveLength(1));
    expect(log.lines[0]?.msg).toMatch(/hook.sh was not told "reachable" of t: it ended with status 3: no such table$/);
    set(undefined);
    await vi.waitFor(() => expect(lines()).toEqual(['reachable t 10.0.1.0/24', 'withdrawn t 10.0.1.0/24']));
  });

  it('that does not end is killed with all that it has started', async () => {
    const { set, log } = rig(program(`${LINE}; sleep 60 & echo $!; wait`, { on: ['reachable'], timeout: 300 }));
    set(up(1));
    await vi.waitFor(() => expect(log.lines[0]?.msg).toContain('it did not end within 0.3 s'));
    const sleeper = Number(lines()[1]);
    await vi.waitFor(() => expect(existsSync(`/proc/${sleeper}/fd/0`)).toBe(false));
  });

  it('that cannot be run is logged', async () => {
    const { set, log } = rig({ on: ALL, timeout: 1_000, target: { kind: 'program', argv: ['/nonexistent'] } });
    set(up(1));
    await vi.waitFor(() => expect(log.lines[0]?.msg).toContain('it cannot be run (ENOENT)'));
  });

  it('is told of withdrawals at the end of the daemon', async () => {
    const { subject, set } = rig(program(LINE));
    set(up(1, 2));
    await vi.waitFor(() => expect(lines()).toHaveLength(3));
    await subject.stop(new Promise(() => undefined), 5_000);
    expect(lines().slice(3)).toEqual(['withdrawn t 10.0.1.0/24', 'withdrawn t 10.0.2.0/24', 'disconnected t ']);
  });

  it('cannot hold up the end of the daemon for longer than the patience', async () => {
    const { subject, set } = rig(program(`${LINE}; sleep 60`));
    set(up(1));
    await vi.waitFor(() => expect(lines()).toHaveLength(1));
    const before = performance.now();
    await subject.stop(new Promise(() => undefined), 200);
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('no more than 8 run at once', async () => {
    const { set } = rig(program(`${LINE}; sleep 0.4`, { on: ['reachable'] }));
    for (let n = 0; n < 12; n++) set(up(1), `t${n}`);
    await vi.waitFor(() => expect(lines().length).toBeGreaterThanOrEqual(8), { interval: 10 });
    expect(lines()).toHaveLength(8);
    await vi.waitFor(() => expect(lines()).toHaveLength(12), { timeout: 5_000 });
  });
});

type Post = { readonly message: HookMessage; readonly signature: unknown; readonly body: string };

/** A server that answers with these statuses in order, then 200. */
async function server(...statuses: readonly number[]) {
  const posts: Post[] = [];
  const left = [...statuses];
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      posts.push({ body, message: JSON.parse(body) as HookMessage, signature: request.headers[SIGNATURE_HEADER] });
      response.writeHead(left.shift() ?? 200, { location: '/elsewhere' }).end();
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => http.close(resolve)));
  return { posts, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/tunnels` };
}

describe('a hook that is a server', () => {
  it('has all pairs in one message, signed, and what is reachable then', async () => {
    const { posts, url } = await server();
    const target = { kind: 'webhook', url, secret: new Secret(utf8('hush')) } as const;
    const { set } = rig({ on: ['reachable', 'withdrawn'], timeout: 1_000, target });
    set(up(1, 2));
    await vi.waitFor(() => expect(posts).toHaveLength(1));
    set(up(2, 3));
    await vi.waitFor(() => expect(posts).toHaveLength(3));
    const seen = posts.map(({ message }) => [message.event, message.pairs.length, message.reachable.length]);
    expect(seen).toEqual([
      ['reachable', 2, 2],
      ['withdrawn', 1, 1],
      ['reachable', 1, 2],
    ]);
    for (const { body, message, signature } of posts) {
      expect(hookMessageSchema.parse(message)).toEqual(message);
      expect(signature).toBe(`sha256=${createHmac('sha256', 'hush').update(body).digest('hex')}`);
    }
  });

  it('that fails is asked again, and is not followed elsewhere', async () => {
    const { posts, url } = await server(503, 302);
    const { set, log } = rig({ on: ['reachable'], timeout: 1_000, target: { kind: 'webhook', url } });
    set(up(1));
    await vi.waitFor(() => expect(posts).toHaveLength(3), { timeout: 6_000 });
    expect(posts.map(({ message }) => message.event)).toEqual(['reachable', 'reachable', 'reachable']);
    expect(log.lines.map(({ msg }) => msg.replace(/.*: it/, 'it'))).toEqual([
      'it answers with status 503; it is tried again',
      'it answers with status 302; it is tried again',
    ]);
  });

  it('what was taken back before it could be told is not told', async () => {
    const { posts, url } = await server(503);
    const { set } = rig({ on: ALL, timeout: 1_000, target: { kind: 'webhook', url } });
    set(up(1));
    await vi.waitFor(() => expect(posts).toHaveLength(1));
    set(up());
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(posts).toHaveLength(1);
  });

  it('tells why a tunnel has failed', async () => {
    const { posts, url } = await server();
    const { set } = rig({ on: ['failed'], timeout: 1_000, target: { kind: 'webhook', url } });
    set({ connection: 'stage1Failure', reason: { code: 'no-response', text: 'no answer' }, pairs: [] });
    await vi.waitFor(() => expect(posts[0]?.message.reason).toEqual({ code: 'no-response', text: 'no answer' }));
  });
});

describe('docs/hook-message.schema.json', () => {
  it('is the schema of the messages', async () => {
    const text = `${JSON.stringify(z.toJSONSchema(hookMessageSchema), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot('../../../docs/hook-message.schema.json');
  });
});

describe('a reload', () => {
  it('leaves hooks that stay as they are, tells new ones what there is, and the old ones nothing more', async () => {
    const [first, second] = [await server(), await server()];
    const hook = ({ url }: { readonly url: string }): Hook => ({
      on: ['reachable', 'withdrawn'],
      timeout: 1_000,
      target: { kind: 'webhook', url },
    });
    const { subject, set } = rig(hook(first));
    set(up(1));
    await vi.waitFor(() => expect(first.posts).toHaveLength(1));
    subject.configure([hook(first), hook(second)], ['t']);
    await vi.waitFor(() => expect(second.posts).toHaveLength(1));
    subject.configure([hook(second)], ['t']);
    set(undefined);
    await vi.waitFor(() => expect(second.posts).toHaveLength(2));
    expect(second.posts[1]?.message).toMatchObject({ event: 'withdrawn', reachable: [] });
    expect(first.posts).toHaveLength(1);
  });
});
