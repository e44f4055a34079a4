import { describe, expect, it } from 'vitest';
import { cygnet } from './testing/cli.ts';

const HELP = await cygnet(['--help']);
const COMMANDS = [...HELP.out.matchAll(/^ {2}([\w-]+) (?:\[options\]|<)/gm)].map(([, name = '']) => name);

/** Those that tell a story, or run on. */
const WITHOUT_JSON = ['demo', 'daemon'];

describe('the command line', () => {
  it('prints its help on stdout where asked, with every command and exit status', () => {
    const { exit, out, err } = HELP;
    expect([exit, err]).toEqual([0, '']);
    expect(COMMANDS).toEqual(
      expect.arrayContaining(['init', 'check', 'up', 'status', 'diagnose', 'export', 'plan', 'apply']),
    );
    for (const status of [0, 1, 2, 3, 4, 5, 6, 7]) expect(out).toMatch(new RegExp(`^  ${status}  `, 'm'));
    expect(out).toContain('CYGNET_CONTROL');
  });

  it.each(COMMANDS)('%s --help has examples and exit statuses, and where it says something, --json', async (name) => {
    const { exit, out, err } = await cygnet([name, '--help']);
    expect([exit, err]).toEqual([0, '']);
    expect(out).toContain(`Usage: cygnet ${name}`);
    expect(out).toMatch(new RegExp(`Examples:\\n  cygnet ${name}`));
    expect(out).toContain('Exit status:\n  0  done');
    expect(out.includes('--json')).toBe(!WITHOUT_JSON.includes(name));
  });

  it('tells its version', async () => {
    expect(await cygnet(['--version'])).toMatchObject({ exit: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it.each([
    [[], 'Usage: cygnet'],
    [['staus'], 'Did you mean status?'],
    [['status', '--jsno'], 'Did you mean --json?'],
    [['up'], "missing required argument 'tunnel'"],
    [['show'], "missing required argument 'tunnel'"],
    [['show', 'a', 'b'], 'too many arguments'],
    [['list'], "missing required argument 'kind'"],
    [['list', 'tunels'], 'Allowed choices are tunnels, gateways, peers, shunts'],
    [['up', 'idc', '--timeout', 'soon'], 'It must be a number of seconds'],
    [['up', 'idc', '--timeout', '0'], 'It must be a number of seconds'],
    [['up', 'idc', '--timeout', '-5'], 'It must be a number of seconds'],
    [['events', '--after', 'now'], 'It must be the id of an event'],
    [['daemon', '--log-level', 'loud'], 'Allowed choices are debug, info, warn, error'],
  ])('%j is wrong usage, told on stderr', async (argv, words) => {
    const { exit, out, err } = await cygnet(argv);
    expect(exit).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(words);
  });

  it.each([
    ['status'],
    ['status', '--json'],
    ['list', 'tunnels'],
    ['show', 'idc'],
    ['up', 'idc'],
    ['down', 'idc'],
    ['restart', 'idc'],
    ['rekey', 'idc'],
    ['create', 'peer', 'p'],
    ['edit', 'peer', 'p', '--set', 'remarks=x'],
    ['rename', 'peer', 'p', 'q'],
    ['delete', 'peer', 'p'],
    ['plan'],
    ['apply'],
    ['events'],
    ['events', '-f'],
  ])('%s %s without a daemon: exit status 4, and how to start one', async (...argv) => {
    const { exit, out, err } = await cygnet([...argv, '--control', '/nonexistent/cygnet.sock']);
    expect([exit, out]).toEqual([4, '']);
    expect(err).toContain('there is no socket /nonexistent/cygnet.sock; start one with "cygnet daemon"');
  });

  it('takes the socket from --control before $CYGNET_CONTROL', async () => {
    const env = { CYGNET_CONTROL: '/nonexistent/env.sock' };
    expect((await cygnet(['status'], { env })).err).toContain('/nonexistent/env.sock');
    expect((await cygnet(['status', '--control', '/nonexistent/x.sock'], { env })).err).toContain(
      '/nonexistent/x.sock',
    );
  });
});
