import { describe, expect, it } from 'vitest';
import { VICI_EVENTS, type ViciCall, type ViciEvent } from './command.ts';
import { VICI_COMMANDS } from './commands.ts';
import type { ViciSection } from './message.ts';
import { section } from './section.ts';
import { plain, recordedMessage } from './testing/charon-recording.ts';
import { FakeVici, recordedChild, recordedConnection, recordedIke } from './testing/fake-vici.ts';

/** Runs commands as a client that has registered for everything. */
class Runner {
  readonly api = new FakeVici();
  readonly events: [ViciEvent, unknown[]][] = [];
  readonly #gone = new AbortController();

  async run(name: string, elements: Parameters<typeof section>[0] = {}): Promise<unknown[]> {
    const command = VICI_COMMANDS.get(name);
    if (command === undefined) throw new Error(`there is no command ${name}`);
    return plain(await command.run(section(elements), this.#call()));
  }

  names(event: ViciEvent): unknown[] {
    return this.events.filter(([name]) => name === event).map(([, [root]]) => (root as [string])[0]);
  }

  #call(): ViciCall {
    const tell = (event: ViciEvent, message: ViciSection) => void this.events.push([event, plain(message)]);
    return {
      api: this.api,
      tell,
      stream: async (event, message) => tell(event, message),
      wants: () => true,
      signal: this.#gone.signal,
    };
  }
}

/** The reply of charon to the same, as it was recorded. */
function recorded(name: string): unknown[] {
  return plain(recordedMessage(`${name} reply`));
}

describe('the table of vici commands', () => {
  it('has names that fit a packet and says what each is for', () => {
    for (const [name, { summary }] of VICI_COMMANDS) {
      expect(name).toMatch(/^[a-z-]{1,255}$/);
      expect(summary).not.toBe('');
    }
    expect(new Set(VICI_EVENTS).size).toBe(VICI_EVENTS.length);
  });
});

describe('vici commands that only tell', () => {
  it.each([
    'get-authorities',
    'get-pools',
    'get-keys',
    'flush-certs',
    'list-certs',
    'list-authorities',
    'reload-settings',
  ])('reply as charon does: %s', async (name) => {
    expect(await new Runner().run(name)).toEqual(recorded(name));
  });

  it('have the keys of charon: version, stats', async () => {
    const runner = new Runner();
    const keys = (reply: unknown[]) => reply.map((entry) => (entry as [string])[0]);
    expect(keys(await runner.run('version'))).toEqual(keys(recorded('version')));
    const stats = await runner.run('stats');
    expect(keys(stats)).toEqual(keys(recorded('stats')));
    const [uptime, workers] = stats as [[string, unknown[]], [string, unknown[]]];
    expect(uptime[1][0]).toEqual(['running', '2 minutes']);
    expect(workers[1].slice(0, 2)).toEqual([
      ['total', '16'],
      ['idle', '7'],
    ]);
  });

  it('tell the algorithms by kind', async () => {
    expect(await new Runner().run('get-algorithms')).toEqual([
      ['encryption', [['AES_CBC', 'cygnet']]],
      ['aead', []],
    ]);
  });

  it('tell counters of all together, of each, and of one', async () => {
    const runner = new Runner();
    runner.api.counted = new Map([
      ['', new Map([['invalid', 3]])],
      ['office', new Map([['invalid', 1]])],
    ]);
    const of = (name: string, value: string) => [
      ['counters', [[name, [['invalid', value]]]]],
      ['success', 'yes'],
    ];
    expect(await runner.run('get-counters')).toEqual(of('', '3'));
    expect(await runner.run('get-counters', { all: 'yes' })).toEqual(of('office', '1'));
    expect(await runner.run('get-counters', { name: 'office' })).toEqual(of('office', '1'));
    expect(await runner.run('get-counters', { name: 'nope' })).toEqual(recorded('get-counters of an unknown one'));
    await runner.run('reset-counters');
    await runner.run('reset-counters', { all: 'yes' });
    await runner.run('reset-counters', { name: 'home' });
    expect(runner.api.told).toEqual(['reset all', 'reset office', 'reset home']);
  });

  it('say why the configuration was not read anew', async () => {
    const runner = new Runner();
    runner.api.refusal = 'it is invalid';
    expect(await runner.run('reload-settings')).toEqual([
      ['success', 'no'],
      ['errmsg', 'it is invalid'],
    ]);
  });

  it.each([
    'load-cert',
    'load-key',
    'load-token',
    'unload-key',
    'load-authority',
    'unload-authority',
    'load-pool',
    'unload-pool',
    'redirect',
  ])('say what is not supported: %s', async (name) => {
    expect(await new Runner().run(name)).toEqual([
      ['success', 'no'],
      ['errmsg', expect.stringContaining('not supported: ')],
    ]);
  });
});

describe('vici commands that list', () => {
  const home = recordedIke({
    connection: 'home',
    uniqueId: 5,
    children: [recordedChild({ name: 'lan', uniqueId: 9 })],
  });

  it.each([
    [{}, ['office', 'home']],
    [{ noblock: 'yes' }, ['office', 'home']],
    [{ ike: 'home' }, ['home']],
    [{ 'ike-id': '1' }, ['office']],
    [{ ike: 'home', 'ike-id': '1' }, []],
    [{ ike: 'nope' }, []],
  ])('give the IKE SAs that are asked for: %j', async (request, names) => {
    const runner = new Runner();
    runner.api.ikes = [recordedIke(), home];
    expect(await runner.run('list-sas', request)).toEqual([]);
    expect(runner.names('list-sa')).toEqual(names);
  });

  it.each([{ child: 'lan' }, { 'child-id': '9' }])('leave out Child SAs, and no IKE SA: %j', async (request) => {
    const runner = new Runner();
    runner.api.ikes = [recordedIke(), home];
    await runner.run('list-sas', request);
    const children = runner.events.map(([, [root]]) => {
      const [, elements] = root as [string, [string, unknown[]][]];
      return elements.at(-1)?.[1].map((entry) => (entry as [string])[0]);
    });
    expect(children).toEqual([[], ['lan-9']]);
  });

  it('give all Child SAs of an IKE SA that has more than fit one event', async () => {
    const runner = new Runner();
    const children = Array.from({ length: 600 }, (_, index) => recordedChild({ uniqueId: index }));
    runner.api.ikes = [recordedIke({ children })];
    await runner.run('list-sas');
    const counts = runner.events.map(([, [root]]) => (root as [string, [string, unknown[]][]])[1].at(-1)?.[1].length);
    expect(counts).toEqual([256, 256, 88]);
  });

  it('give connections, all or one', async () => {
    const runner = new Runner();
    runner.api.listed = [recordedConnection(), recordedConnection({ name: 'home' })];
    await runner.run('list-conns');
    await runner.run('list-conns', { ike: 'home' });
    expect(runner.names('list-conn')).toEqual(['office', 'home', 'home']);
    expect(await runner.run('get-conns')).toEqual([['conns', { list: ['office'] }]]);
  });

  it('give the policies of the kinds that are asked for', async () => {
    const runner = new Runner();
    const policy = { connection: 'office', child: 'net', mode: 'TUNNEL', localTs: [], remoteTs: [] };
    runner.api.trapped = [
      { ...policy, kind: 'trap' },
      { ...policy, kind: 'drop', child: 'no' },
    ];
    await runner.run('list-policies');
    expect(runner.names('list-policy')).toEqual([]);
    await runner.run('list-policies', { trap: 'yes', drop: 'yes', pass: 'yes' });
    await runner.run('list-policies', { trap: 'yes' });
    await runner.run('list-policies', { drop: 'yes', child: 'net' });
    await runner.run('list-policies', { drop: 'yes', ike: 'home' });
    expect(runner.names('list-policy')).toEqual(['office/net', 'office/no', 'office/net']);
  });
});

describe('initiate', () => {
  it('waits until the child is up, and tells the log meanwhile', async () => {
    const runner = new Runner();
    const { api } = runner;
    const line = { kind: 'log', group: 'IKE', tunnel: 'office/net', ike: undefined } as const;
    const reply = runner.run('initiate', { child: 'net', loglevel: '1' });
    api.say({ ...line, level: 1, text: 'mine' });
    api.say({ ...line, level: 2, text: 'too much' });
    api.say({ ...line, level: 1, tunnel: 'office/gcm', text: 'of another' });
    api.standings.set('office/net', { kind: 'connected' });
    api.say({ kind: 'child-updown', up: true, ike: recordedIke(), child: recordedChild() });
    expect(await reply).toEqual(recorded('initiate'));
    expect(api.told).toEqual(['initiate office/net']);
    expect(runner.events.map(([name, message]) => [name, message.at(-1)])).toEqual([['control-log', ['msg', 'mine']]]);
    expect(api.listeners).toBe(0);
  });

  it('has nothing to do where the child is up already', async () => {
    const runner = new Runner();
    runner.api.standings.set('office/net', { kind: 'connected' });
    expect(await runner.run('initiate', { child: 'net' })).toEqual(recorded('initiate'));
    expect(runner.api.told).toEqual([]);
  });

  it('brings up all children of a connection, and waits for the last of them', async () => {
    const runner = new Runner();
    const { api } = runner;
    api.onAct = (what) => {
      if (what.endsWith('/gcm')) api.standings.set('office/gcm', { kind: 'connected' });
    };
    const reply = runner.run('initiate', { ike: 'office' });
    expect(api.told).toEqual(['initiate office/net', 'initiate office/gcm']);
    api.standings.set('office/net', { kind: 'connected' });
    // Without any news it looks by itself from time to time.
    expect(await reply).toEqual(recorded('initiate'));
  });

  it('says why an attempt has failed, in charon’s words before ours', async () => {
    const runner = new Runner();
    runner.api.onAct = () => runner.api.standings.set('office/net', { kind: 'failed', why: 'no answer' });
    expect(await runner.run('initiate', { child: 'net' })).toEqual([
      ['success', 'no'],
      ['errmsg', "establishing CHILD_SA 'net' failed: no answer"],
    ]);
  });

  it.each([
    ['initiate of nothing', {}],
    ['initiate of an unknown one', { child: 'nope' }],
  ])('refuses as charon does: %s', async (name, request) => {
    expect(await new Runner().run('initiate', request)).toEqual(recorded(name));
  });

  it('knows the child only under its connection, and the connection', async () => {
    const errmsg = async (request: Record<string, string>) => (await new Runner().run('initiate', request))[1];
    expect(await errmsg({ child: 'net', ike: 'home' })).toEqual(['errmsg', "CHILD_SA config 'net' not found"]);
    expect(await errmsg({ ike: 'home' })).toEqual(['errmsg', "IKE_SA config 'home' not found"]);
  });

  it('says why it cannot be started, waits no longer than it may, and not at all where that is wanted', async () => {
    const runner = new Runner();
    expect(await runner.run('initiate', { child: 'net', timeout: '20' })).toEqual([
      ['success', 'no'],
      ['errmsg', "CHILD_SA 'net' not established after 20ms"],
    ]);
    expect(await runner.run('initiate', { child: 'net', timeout: '-1' })).toEqual(recorded('initiate'));
    runner.api.refusal = 'it is disabled';
    expect(await runner.run('initiate', { child: 'net' })).toEqual([
      ['success', 'no'],
      ['errmsg', 'it is disabled'],
    ]);
  });
});

describe('terminate', () => {
  const gone = { kind: 'ike-updown', up: false } as const;

  it('deletes an IKE SA with all that it has, and waits until it is gone', async () => {
    const runner = new Runner();
    const { api } = runner;
    const ike = recordedIke({ tunnels: ['office/net', 'office/gcm'] });
    api.ikes = [ike];
    const reply = runner.run('terminate', { ike: 'office' });
    expect(api.told).toEqual(['end IKE SA 1']);
    api.say({ ...gone, ike: recordedIke({ uniqueId: 77 }) });
    api.say({ ...gone, ike });
    expect(await reply).toEqual(recorded('terminate'));
  });

  it('deletes Child SAs by name and by number, and waits for successors made meanwhile', async () => {
    const runner = new Runner();
    const { api } = runner;
    const [ike, child, successor] = [recordedIke(), recordedChild(), recordedChild({ uniqueId: 3 })];
    const reply = runner.run('terminate', { 'child-id': '2' });
    api.say({ kind: 'child-rekey', ike, old: child, successor });
    api.say({ kind: 'child-updown', up: false, ike, child });
    expect(api.listeners).toBe(1);
    api.say({ kind: 'child-updown', up: false, ike, child: successor });
    expect(await reply).toEqual(recorded('terminate'));
    expect(api.told).toEqual(['end child 2 of office/net']);
  });

  it('deletes one Child SA of several', async () => {
    const runner = new Runner();
    const { api } = runner;
    const ike = recordedIke({ children: [recordedChild(), recordedChild({ uniqueId: 3 })] });
    api.ikes = [ike];
    const reply = runner.run('terminate', { 'child-id': '3' });
    api.say({ kind: 'child-updown', up: false, ike, child: recordedChild({ uniqueId: 3 }) });
    expect(await reply).toEqual(recorded('terminate'));
    expect(api.told).toEqual(['end child 3 of office/net']);
  });

  it.each(['ESTABLISHED', 'DELETING'] as const)('does not wait for the peer with force: %s', async (state) => {
    const runner = new Runner();
    const { api } = runner;
    api.ikes = [recordedIke({ state })];
    api.onAct = () => api.say({ ...gone, ike: recordedIke() });
    expect(await runner.run('terminate', { ike: 'office', force: 'yes' })).toEqual(recorded('terminate'));
    expect(api.told).toEqual(['end IKE SA 1 at once']);
  });

  it('waits for the peer as long as it may with force, and then no longer', async () => {
    const runner = new Runner();
    const reply = await runner.run('terminate', { ike: 'office', force: 'yes', timeout: '20' });
    expect(reply).toEqual(recorded('terminate'));
    expect(runner.api.told).toEqual(['end IKE SA 1', 'end IKE SA 1 at once']);
  });

  it('does not wait for what is not established', async () => {
    const runner = new Runner();
    runner.api.ikes = [recordedIke({ state: 'CONNECTING' })];
    expect(await runner.run('terminate', { 'ike-id': '1' })).toEqual(recorded('terminate'));
  });

  it('passes over what is going already', async () => {
    const runner = new Runner();
    runner.api.ikes = [recordedIke({ state: 'DELETING', children: [recordedChild({ state: 'DELETED' })] })];
    const nothing = recorded('terminate of an unknown one');
    expect(await runner.run('terminate', { ike: 'office' })).toEqual(nothing);
    expect(await runner.run('terminate', { child: 'net' })).toEqual(nothing);
    expect(await runner.run('terminate', { child: 'nope' })).toEqual(nothing);
    expect(await runner.run('terminate')).toEqual([
      ['success', 'no'],
      ['errmsg', 'missing terminate selector'],
    ]);
  });

  it('says how many are left when the time is up', async () => {
    const runner = new Runner();
    expect(await runner.run('terminate', { ike: 'office', timeout: '20' })).toEqual([
      ['success', 'no'],
      ['matches', '1'],
      ['terminated', '0'],
      ['errmsg', 'not all SAs are terminated after 20ms'],
    ]);
  });
});

describe('rekey, install and uninstall', () => {
  it('make successors of what is named, and count it', async () => {
    const runner = new Runner();
    expect(await runner.run('rekey', { child: 'net' })).toEqual(recorded('rekey'));
    expect(await runner.run('rekey', { ike: 'office' })).toEqual(recorded('rekey'));
    expect(await runner.run('rekey', { child: 'nope' })).toEqual(recorded('rekey of an unknown one'));
    expect(await runner.run('rekey', { ike: 'office', reauth: 'yes' })).toEqual(recorded('rekey'));
    expect(runner.api.told).toEqual(['rekey child 2 of office/net', 'rekey IKE SA 1', 'rekey IKE SA 1 anew']);
    expect(await runner.run('rekey')).toEqual([
      ['success', 'no'],
      ['errmsg', 'missing rekey selector'],
    ]);
  });

  it('set and remove traps as charon does', async () => {
    const runner = new Runner();
    expect(await runner.run('install', { child: 'net' })).toEqual(recorded('install'));
    expect(await runner.run('uninstall', { child: 'net', ike: 'office' })).toEqual(recorded('uninstall'));
    expect(runner.api.told).toEqual(['install office/net', 'uninstall office/net']);
    expect(await runner.run('install', { child: 'nope' })).toEqual(recorded('install of an unknown one'));
    runner.api.refusal = "policy 'net' not found";
    expect(await runner.run('uninstall', { child: 'net' })).toEqual(recorded('uninstall of what is not installed'));
    expect(await runner.run('install')).toEqual([
      ['success', 'no'],
      ['errmsg', 'missing configuration name'],
    ]);
  });
});
