import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import { loadText } from '../../config/testing/load-text.ts';
import { connectedTunnel, sampleTunnel } from '../../control/testing/fake-gateway.ts';
import { namespacesMissing } from '../../native/testing/network-namespace.ts';
import { BIN, isBuilt } from '../testing/built.ts';
import { configurationText, LEFT, RIGHT } from './ends.ts';
import { playOnLoopback } from './loopback.ts';

describe('the configurations of the demo', () => {
  it.each([true, false])("are each other's, and without complaint (carried: %s)", (carried) => {
    const key = { '/etc/cygnet/demo.psk': 'abcdefghijklmnopqrstuvwxyz' };
    const left = loadText(configurationText(LEFT, RIGHT, { start: 'initiate', carried }), key).tunnels[0]?.policy;
    const right = loadText(configurationText(RIGHT, LEFT, { start: 'respond', carried }), key).tunnels[0]?.policy;
    expect(left?.local.address).toBe(LEFT.outer);
    expect(right?.remote.address).toEqual({ kind: 'address', address: LEFT.outer });
  });
});

describe('the demo without rights', () => {
  function play(statuses: Parameters<typeof playOnLoopback>[0]['rehearse']) {
    const out: string[] = [];
    const exit = playOnLoopback({
      terminal: {
        out: (text) => void out.push(text),
        err: () => undefined,
        input: async () => '',
        env: {},
        colour: false,
        now: () => 0,
      },
      key: 'secret',
      refusal: 'not root',
      rehearse: statuses,
      statusTable: (tunnels) => tunnels.map(({ name }) => `status of ${name}`).join(),
    });
    return { exit, out };
  }

  it('says what it cannot show and why, what happened, and how both are', async () => {
    const { exit, out } = play(async ({ onEvent }) => {
      const event = { id: 1, time: '', event: 'ike.established', text: 'stage 1 is up' };
      onEvent({ ...event, level: 'info' });
      onEvent({ ...event, level: 'debug', text: 'IKE_AUTH request' });
      return [[connectedTunnel('of-left')], [connectedTunnel('of-right')]];
    });
    expect(await exit).toBe(0);
    const text = out.join('\n');
    expect(text).toContain('no networks of its own: not root.');
    expect(text).toContain('   stage 1 is up');
    expect(text).not.toContain('IKE_AUTH');
    expect(text).toMatch(/at "left":\nstatus of of-left\n {3}at "right":\nstatus of of-right/);
    expect(text).not.toContain('secret');
  });

  it('fails where the two do not connect, with the reason', async () => {
    const reason = { code: 'no-response', text: 'no answer from 127.0.0.2' } as const;
    const failed = sampleTunnel({ name: 't', connectionStatus: 'stage1Failure', reason });
    await expect(play(async () => [[failed], []]).exit).rejects.toThrow('no answer from 127.0.0.2');
  });
});

describe('the demo in namespaces', () => {
  /** What it takes to run it here. */
  function skipUnlessPossible({ skip }: TestContext): void {
    if (namespacesMissing !== undefined) skip(namespacesMissing);
    if (process.env.CI !== 'true' && !isBuilt('cli', 'control', 'daemon', 'esp'))
      skip('the build is older than the sources: npm run build');
  }

  it('shows a tunnel with traffic, and the status of both ends', async (context) => {
    skipUnlessPossible(context);
    const demo = start();
    const { exit, out, err } = await demo.ended;
    expect([exit, err.replace(/1 tunnel: 1 connected\n/g, '')]).toEqual([0, '']);
    expect(out).toContain('A ping from 10.1.0.1 to 10.2.0.1: no answer.');
    expect(out).toMatch(/stage 2 is up: 10.1.0.0\/24 <-> 10.2.0.0\/24, ESP, aes256gcm16/);
    expect(out).toMatch(/: 5 of 5 were answered, most within [\d.]+ ms\./);
    expect(out).toMatch(/ [GM]bit\/s: .* arrived at 10.2.0.1\./);
    expect(out.match(/^demo +(left|right) +Connected .*(KiB|MiB|GiB)/gm)).toHaveLength(2);
  });

  it.for(['SIGINT', 'SIGKILL'] as const)('%s ends all of it', async (signal, context) => {
    skipUnlessPossible(context);
    const demo = start();
    await demo.says('stage 1 is up');
    const family = descendants(demo.pid);
    // Ours, unshare, the one inside, and the two daemons.
    expect(family.length).toBeGreaterThanOrEqual(4);
    demo.kill(signal);
    const { exit, err } = await demo.ended;
    if (signal !== 'SIGKILL') expect([exit, err]).toEqual([1, 'cygnet: stopped; nothing of the demo is left\n']);
    await expect.poll(() => family.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  });
});

function start() {
  const child: ChildProcess = spawn(process.execPath, [BIN, 'demo', '--seconds', '1'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const ended = new Promise<{ exit: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (exit) => resolve({ exit, out, err }));
  });
  return {
    pid: child.pid ?? 0,
    ended,
    says: (text: string) => expect.poll(() => out + err, { timeout: 60_000 }).toContain(text),
    kill: (signal: NodeJS.Signals) => child.kill(signal),
  };
}

/** The processes that a process has started, and those that these have. */
function descendants(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return [[Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])] as const];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
  const below = (parent: number): number[] =>
    parents.filter(([, of]) => of === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

/** A zombie has ended; whoever is its parent now has only not looked yet. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}
