import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SeededEntropy } from '../../base/entropy.ts';
import { loadText } from '../../config/testing/load-text.ts';
import { VICI_COMMANDS } from '../../control/vici/commands.ts';
import type { ViciElement, ViciSection } from '../../control/vici/message.ts';
import { decodeMessage, encodeMessage, isList, isValue } from '../../control/vici/message.ts';
import { asText } from '../../control/vici/section.ts';
import { IkeCore } from '../../ike/core.ts';
import { UdpSocket } from '../../native/udp-socket.ts';
import { EVERYTHING } from '../../sim/tunnels.ts';
import { ConfigurationStore } from '../configuration-store.ts';
import { Daemon } from '../daemon.ts';
import { MemoryDataPlane } from '../testing/memory-data-plane.ts';
import { PeerGateway } from '../testing/peer-gateway.ts';
import { RecordingLog } from '../testing/recording-log.ts';

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

type Plain = { readonly [key: string]: string | readonly string[] | Plain };

function message(plain: Plain): ViciSection {
  const element = (value: Plain[string]): ViciElement =>
    typeof value === 'string' || Array.isArray(value) ? (value as string | string[]) : message(value as Plain);
  return new Map(Object.entries(plain).map(([key, value]) => [key, element(value)]));
}

function plain(section: ViciSection): Plain {
  const value = (element: ViciElement): Plain[string] => {
    if (isValue(element)) return asText(element) ?? '';
    return isList(element) ? element.map((item) => asText(item) ?? '') : plain(element);
  };
  return Object.fromEntries([...section].map(([key, element]) => [key, value(element)]));
}

const FILE = 'version: 1\n';
const KEY = 'abcdefghijklmnopqrstuvwxyz';
const SHARED = { id: 'ike-moon', type: 'ike', owners: ['127.0.0.1', '127.0.0.2'], data: KEY };

/** As swanctl makes it of a file. */
function connection(child: Plain = {}, more: Plain = {}): Plain {
  return {
    moon: {
      version: '2',
      local_addrs: ['127.0.0.1'],
      remote_addrs: ['127.0.0.2'],
      proposals: ['aes128-sha256-x25519'],
      local: { auth: 'psk' },
      remote: { auth: 'psk' },
      children: {
        net: { local_ts: ['10.1.0.0/16'], remote_ts: ['10.2.0.0/16'], esp_proposals: ['aes128-sha256'], ...child },
      },
      ...more,
    },
  };
}

const PEER = `version: 1
gateways: {here: {address: 127.0.0.2}}
peers: {there: {address: 127.0.0.1}}
tunnels:
  t:
    gateway: here
    peer: there
    local: {subnets: [10.2.0.0/16]}
    remote: {subnets: [10.1.0.0/16]}
    psk: ${KEY}
    ike: {proposals: [aes128-sha256-x25519]}
    ipsec: {proposals: [aes128-sha256]}
`;

function freePort(): number {
  const socket = UdpSocket.open({ family: 4, port: 0, udpEncap: false, bypassPolicy: false });
  socket.close();
  return socket.port;
}

/** A daemon with a file that has no tunnel, and the peer of the connection above, which has not called yet. */
function setUp(peerText = PEER, carrier = 'memory') {
  const directory = mkdtempSync(join(tmpdir(), 'cygnet-vici-'));
  closers.push(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'cygnet.yaml');
  writeFileSync(file, FILE, { mode: 0o600 });
  const store = new ConfigurationStore(file);
  const proposal = store.propose({ kind: 'reload' });
  store.commit(proposal);
  const ports = { ike: freePort(), natTraversal: freePort() };
  const dataPlane = new MemoryDataPlane();
  const log = new RecordingLog();
  let onAddresses = (): void => undefined;
  const present: string[] = [];
  const daemon = new Daemon({
    configuration: proposal.configuration,
    store,
    capabilities: EVERYTHING,
    dataPlane,
    addresses: {
      addresses: () => present,
      towards: () => present[0],
      onChange: (callback) => {
        onAddresses = callback;
      },
      close: () => undefined,
    },
    entropy: new SeededEntropy(2),
    log,
    version: { version: '0.0.0', api: 1, startedAt: '2026-01-01T00:00:00.000Z', dataPlane: carrier },
    ports,
    privileged: false,
  });
  closers.push(() => daemon.stop(Promise.resolve()));
  daemon.start();
  const peer = new PeerGateway(loadText(peerText), EVERYTHING, ports);
  closers.push(() => peer.close());
  const status = async (name = 'moon/net') => (await daemon.api.status([name])).tunnels[0];
  const become = (...addresses: readonly string[]) => {
    present.splice(0, present.length, ...addresses);
    onAddresses();
  };
  return {
    daemon,
    dataPlane,
    log,
    peer,
    status,
    become,
    file,
    vici: (name: string, request: Plain = {}) => ask(daemon, name, request),
  };
}

/** The reply to a request, both through their bytes. */
async function ask({ vici: api }: Daemon, name: string, request: Plain): Promise<Plain> {
  const command = VICI_COMMANDS.get(name);
  if (command === undefined) throw new Error(`no command ${name}`);
  const call = {
    api,
    stream: () => Promise.resolve(),
    tell: () => undefined,
    wants: () => false,
    signal: new AbortController().signal,
  };
  const reply = await command.run(decodeMessage(encodeMessage(message(request))), call);
  return plain(decodeMessage(encodeMessage(reply)));
}

const DONE = { success: 'yes' };

async function connected() {
  const all = setUp();
  expect(await all.vici('load-shared', SHARED)).toEqual(DONE);
  expect(await all.vici('load-conn', connection())).toEqual(DONE);
  all.peer.start();
  await expect.poll(async () => (await all.status())?.connectionStatus).toBe('connected');
  return { ...all, spi: (await all.status())?.children[0]?.spiIn };
}

describe('a connection that is loaded over vici', () => {
  it('is called by its peer, and the control API shows it as any other', async () => {
    const { daemon } = await connected();
    expect(daemon.api.tunnelNames()).toEqual(['moon/net']);
    expect(await daemon.api.list('tunnels')).toMatchObject([
      { name: 'moon/net', gateway: 'vici/moon', peer: 'vici/moon' },
    ]);
    expect((await daemon.api.show('moon/net', { reveal: false })).policy).toMatchObject({
      local: { subnets: ['10.1.0.0/16'] },
    });
  });

  it('is called in IKEv1 too where it says nothing of the version, and is one connection for all that', async () => {
    const suite = 'aes128-sha256-modp2048';
    const ikev1 = PEER.replace('ike: {proposals: [aes128-sha256-x25519]}', `ike: {version: 1, proposals: [${suite}]}`);
    const { vici, peer, status, daemon } = setUp(ikev1);
    await vici('load-shared', SHARED);
    expect(await vici('load-conn', connection({}, { version: '0', proposals: [suite] }))).toEqual(DONE);
    peer.start();
    await expect.poll(async () => (await status('moon/net/ikev1'))?.connectionStatus).toBe('connected');
    expect(daemon.vici.ikeSas()).toMatchObject([{ connection: 'moon', version: 1, children: [{ name: 'net' }] }]);
    expect(daemon.vici.connections()).toMatchObject([{ name: 'moon', version: 'both', children: [{ name: 'net' }] }]);
    expect(daemon.vici.tunnels().map(({ name }) => name)).toEqual(['moon/net']);
  });

  it('is nothing at all where it is loaded again as it is', async () => {
    const { vici, log, status, spi, dataPlane } = await connected();
    log.lines.splice(0);
    const before = [...dataPlane.policies];
    for (const [name, request] of [
      ['load-shared', SHARED],
      ['load-conn', connection()],
    ] as const)
      expect(await vici(name, request)).toEqual(DONE);
    expect(log.lines).toEqual([]);
    expect(dataPlane.policies).toEqual(before);
    expect((await status())?.children[0]?.spiIn).toBe(spi);
  });

  it('keeps a child that is the same when another one changes', async () => {
    const { vici, daemon, status, spi } = await connected();
    const other = { local_ts: ['10.3.0.0/16'], remote_ts: ['10.2.0.0/16'] };
    const net = { local_ts: ['10.1.0.0/16'], remote_ts: ['10.2.0.0/16'], esp_proposals: ['aes128-sha256'] };
    expect(await vici('load-conn', connection({}, { children: { net, other } }))).toEqual(DONE);
    expect(daemon.api.tunnelNames()).toEqual(['moon/net', 'moon/other']);
    expect((await status())?.children[0]?.spiIn).toBe(spi);
  });

  it('starts over where its SAs no longer fit', async () => {
    const { vici, status } = await connected();
    expect(await vici('load-conn', connection({}, { local: { auth: 'psk', id: 'moon' } }))).toEqual(DONE);
    expect(await status()).toMatchObject({ connectionStatus: 'waiting', children: [] });
  });

  it('is taken down where it is unloaded', async () => {
    const { vici, daemon, dataPlane } = await connected();
    expect(await vici('unload-conn', { name: 'moon' })).toEqual(DONE);
    expect(daemon.api.tunnelNames()).toEqual([]);
    await expect.poll(() => dataPlane.sas).toEqual([]);
    expect(await vici('unload-conn', { name: 'moon' })).toEqual({
      success: 'no',
      errmsg: "unload: connection 'moon' not found",
    });
  });

  it('is refused as a whole, and leaves in force what was', async () => {
    const { vici, status, spi } = await connected();
    expect(await vici('load-conn', connection({ local_tss: 'x' }))).toEqual({
      success: 'no',
      errmsg: 'connection moon, children.net.local_tss: unknown key; did you mean local_ts?',
    });
    expect((await status())?.children[0]?.spiIn).toBe(spi);
  });

  it('is called by its name in what is wrong with it, without what would write to a terminal', async () => {
    const { vici } = setUp();
    const { errmsg } = (await vici('load-conn', { 'a\n\u001b[31m\u0085b': {} })) as { readonly errmsg: string };
    expect(errmsg).toContain('connection "a\\n\\u001b[31m?b": is no name');
    expect(errmsg).toMatch(/^[\x20-\x7e]+$/);
    const long = (await vici('load-conn', { [`${'n'.repeat(255)}`]: {} })) as { readonly errmsg: string };
    expect(long.errmsg).not.toContain('n'.repeat(65));
  });

  it('stays where the files are read again, and where a command changes them', async () => {
    const { daemon, file, status, spi, vici } = await connected();
    const more = 'gateways: {here: {address: 127.0.0.1}}\n';
    writeFileSync(file, `${FILE}${more}`);
    expect((await daemon.api.replace(undefined, true)).tunnels).toMatchObject([{ tunnel: 'moon/net', action: 'none' }]);
    await daemon.api.replace(undefined, false);
    expect((await status())?.children[0]?.spiIn).toBe(spi);
    const taken = PEER.replace('  t:', '  moon:').replaceAll('127.0.0.2', '127.0.0.9');
    await daemon.api.replace(taken, false);
    expect(daemon.api.tunnelNames()).toEqual(['moon', 'moon/net']);
    expect(await vici('load-conn', { moon: { ...(connection().moon as Plain), children: { moon: {} } } })).toEqual({
      success: 'no',
      errmsg: 'tunnel moon stands in the configuration file already',
    });
  });

  it('cannot be changed in the files, nor be there twice', async () => {
    const { daemon, vici, file } = await connected();
    await expect(daemon.api.change({ change: 'delete', kind: 'tunnel', names: ['moon/net'] }, false)).rejects.toThrow(
      'moon/net was loaded over vici (connection moon); it is changed there, as with swanctl --load-conns',
    );
    const same = {
      ...(connection().moon as Plain),
      children: { t: (connection().moon as { children: { net: Plain } }).children.net },
    };
    expect(await vici('load-conn', { t: same })).toEqual(DONE);
    writeFileSync(file, PEER.replaceAll('127.0.0.2', '127.0.0.9'));
    await expect(daemon.api.replace(undefined, false)).rejects.toThrow(
      'tunnel t was loaded over vici as well (connection t); unload it first',
    );
  });
});

it('lists the own address of an end as it is loaded: dynamic, or written', async () => {
  const { vici, daemon } = setUp();
  const tsOf = () =>
    daemon.vici.connections().flatMap(({ children }) => children.map((one) => [one.localTs, one.remoteTs]));
  const own = { local_ts: ['dynamic[tcp/80]'], remote_ts: ['127.0.0.2/32'] };
  expect(await vici('load-conn', connection(own))).toEqual(DONE);
  expect(tsOf()).toEqual([[['dynamic[tcp/80]'], ['127.0.0.2/32']]]);
  const moon = connection().moon as Plain;
  expect(
    await vici('load-conn', { moon: { ...moon, children: { net: { esp_proposals: ['aes128-sha256'] } } } }),
  ).toEqual(DONE);
  expect(tsOf()).toEqual([[['dynamic'], ['dynamic']]]);
});

describe('shunts that are loaded over vici', () => {
  const lan = { mode: 'pass', local_ts: ['10.1.0.0/16'], remote_ts: ['10.0.0.0/8'], start_action: 'trap' };
  const loaded = (more: Plain = {}) => ({ shunts: { children: { lan: { ...lan, ...more } } } });

  it('need neither a peer nor a key, and are in force until they are unloaded', async () => {
    const { vici, daemon, dataPlane, log } = setUp();
    expect(await vici('load-conn', loaded())).toEqual(DONE);
    expect(await daemon.api.list('shunts')).toMatchObject([{ name: 'shunts/lan', action: 'bypass' }]);
    expect(dataPlane.policies.length).toBe(3);
    expect(daemon.vici.policies()).toEqual([
      {
        connection: 'shunts',
        child: 'lan',
        kind: 'pass',
        mode: 'PASS',
        localTs: ['10.1.0.0/16'],
        remoteTs: ['10.0.0.0/8'],
      },
    ]);
    expect(log.lines.map(({ msg }) => msg)).toContain('loaded over vici: shunt shunts/lan: create');
    expect(await vici('load-conn', loaded({ mode: 'drop' }))).toEqual(DONE);
    expect(daemon.vici.policies()).toMatchObject([{ kind: 'drop', mode: 'DROP' }]);
    expect(await vici('unload-conn', { name: 'shunts' })).toEqual(DONE);
    expect(daemon.vici.policies()).toEqual([]);
  });

  it('come and go by command, whatever they begin as, until their connection changes', async () => {
    const { vici, daemon } = setUp();
    const standing = () => daemon.vici.policies().map(({ child }) => child);
    const unknown = { success: 'no', errmsg: "policy 'lan' not found" };
    expect(await vici('load-conn', loaded({ start_action: 'none' }))).toEqual(DONE);
    expect([standing(), await vici('uninstall', { child: 'lan' })]).toEqual([[], unknown]);
    expect(await vici('install', { child: 'lan', ike: 'shunts' })).toEqual(DONE);
    expect(await vici('install', { child: 'lan' })).toEqual(DONE);
    expect(standing()).toEqual(['lan']);
    expect(await vici('load-conn', loaded({ start_action: 'none' }))).toEqual(DONE);
    expect(standing()).toEqual(['lan']);
    expect(await vici('load-conn', loaded({ start_action: 'none', mode: 'drop' }))).toEqual(DONE);
    expect(standing()).toEqual([]);
    expect(await vici('load-conn', loaded())).toEqual(DONE);
    expect([standing(), await vici('uninstall', { child: 'lan' })]).toEqual([['lan'], DONE]);
    expect(standing()).toEqual([]);
    expect(await vici('install', { child: 'lan', ike: 'other' })).toEqual({
      success: 'no',
      errmsg: 'configuration name not found',
    });
  });

  it('pass nothing where the daemon itself carries the packets, which is said, and not listed', async () => {
    const { vici, daemon } = setUp(PEER, 'userspace');
    expect(await vici('load-conn', loaded())).toEqual(DONE);
    expect(daemon.vici.policies()).toEqual([]);
    expect(await vici('install', { child: 'lan' })).toEqual({
      success: 'no',
      errmsg: "installing 'lan' failed: only the kernel's data plane lets packets pass as they are",
    });
    expect(await vici('load-conn', loaded({ mode: 'drop' }))).toEqual(DONE);
    expect(daemon.vici.policies()).toMatchObject([{ kind: 'drop' }]);
  });

  it('are listed with their connection, and cannot be initiated', async () => {
    const { vici, daemon } = setUp();
    expect(await vici('load-conn', loaded({ start_action: 'none' }))).toEqual(DONE);
    expect(daemon.vici.connections()).toMatchObject([
      { name: 'shunts', version: 'both', authenticates: false, children: [{ name: 'lan', mode: 'PASS' }] },
    ]);
    expect(await vici('initiate', { child: 'lan' })).toEqual({
      success: 'no',
      errmsg: "establishing CHILD_SA 'lan' failed: it has no SA, and is put in force by install",
    });
  });

  it('stand beside the tunnels of their connection', async () => {
    const { vici, daemon } = setUp();
    const { moon } = connection({}) as { moon: Plain };
    const children = { ...(moon.children as Plain), lan };
    expect(await vici('load-conn', { moon: { ...moon, children } })).toEqual(DONE);
    expect(daemon.api.tunnelNames()).toEqual(['moon/net']);
    expect(await daemon.api.list('shunts')).toMatchObject([{ name: 'moon/lan' }]);
    const [listed] = daemon.vici.connections();
    expect(listed?.children.map(({ name, mode }) => [name, mode])).toEqual([
      ['net', 'TUNNEL'],
      ['lan', 'PASS'],
    ]);
  });
});

describe('many connections', () => {
  it('each that comes or goes costs no look at those that are loaded', async () => {
    const { daemon, vici } = setUp();
    const one = (number: number) => {
      const { moon } = connection({ remote_ts: [`10.2.${number}.0/24`] }, { remote_addrs: [`127.0.1.${number}`] });
      return { [`moon${number}`]: moon ?? {} };
    };
    for (let number = 0; number < 8; number++) expect(await vici('load-conn', one(number))).toEqual(DONE);
    const commands = vi.spyOn(IkeCore.prototype, 'handle');
    const told = () => commands.mock.calls.flatMap(([input]) => (input.kind === 'command' ? input.command : []));
    expect(await vici('load-conn', one(8))).toEqual(DONE);
    expect(told()).toMatchObject([{ kind: 'add-tunnels', tunnels: [{ name: 'moon8/net' }] }, { kind: 'admit' }]);
    commands.mockClear();
    expect(await vici('unload-conn', { name: 'moon3' })).toEqual(DONE);
    expect(told()).toMatchObject([{ kind: 'terminate' }, { kind: 'remove-tunnels', names: ['moon3/net'] }]);
    expect(daemon.api.tunnelNames()).toEqual([0, 1, 2, 4, 5, 6, 7, 8].map((number) => `moon${number}/net`));
    expect((await daemon.api.status(['moon8/net'])).tunnels).toHaveLength(1);
    commands.mockRestore();
  });
});

describe('shared keys over vici', () => {
  it('a connection may come before its key, and says so until then', async () => {
    const { vici, daemon, status, peer } = setUp();
    expect(await vici('load-conn', connection({ start_action: 'start' }))).toEqual(DONE);
    expect(await status()).toMatchObject({ connectionStatus: 'waiting' });
    await expect(daemon.api.up(['moon/net'])).rejects.toThrow(
      'moon/net waits: no shared key is loaded for 127.0.0.1 and 127.0.0.2',
    );
    peer.start();
    expect(await vici('load-shared', SHARED)).toEqual(DONE);
    await expect.poll(async () => (await status())?.attempt).toBeGreaterThan(0);
  });

  it('one that is unloaded, or replaced, leaves the SAs alone', async () => {
    const { vici, status, spi, daemon } = await connected();
    expect(await vici('get-shared')).toEqual({ keys: ['ike-moon'] });
    expect(await vici('load-shared', { ...SHARED, data: 'another-one-of-some-length' })).toEqual(DONE);
    expect((await status())?.children[0]?.spiIn).toBe(spi);
    expect(await vici('unload-shared', { id: 'ike-moon' })).toEqual(DONE);
    expect(await status()).toMatchObject({ connectionStatus: 'connected', children: [{ spiIn: spi }] });
    await expect(daemon.api.up(['moon/net'])).rejects.toThrow('no shared key is loaded');
    expect(await vici('get-shared')).toEqual({ keys: [] });
  });

  it('those of other authentications are taken and not used; all go with clear-creds', async () => {
    const { vici } = setUp();
    for (const type of ['EAP', 'xauth', 'NTLM', 'IKE', 'ppk'])
      expect(await vici('load-shared', { id: type, type, owners: ['carol', ''], data: 'x' })).toEqual(DONE);
    expect(await vici('load-shared', { type: 'IKE', data: 'nameless' })).toEqual(DONE);
    expect(await vici('get-shared')).toEqual({ keys: ['EAP', 'xauth', 'NTLM', 'IKE', 'ppk'] });
    expect(await vici('clear-creds')).toEqual(DONE);
    expect(await vici('get-shared')).toEqual({ keys: [] });
  });

  it.each([
    [{ data: 'x' }, 'missing shared key type'],
    [{ type: 'rsa', data: 'x' }, 'invalid shared key type: rsa'],
    [{ type: 'IKE' }, 'data, the key, is missing'],
    [{ type: 'IKE', data: '' }, 'the key is empty'],
    [{ type: 'IKE', data: 'x', owners: 'moon' }, 'owners must be a list of texts'],
  ] as const)('%j is refused', async (request, errmsg) => {
    expect(await setUp().vici('load-shared', request)).toEqual({ success: 'no', errmsg });
  });
});

it('an address that is left open is looked up, and waited for', async () => {
  const { vici, status, become, daemon } = setUp();
  await vici('load-shared', { type: 'IKE', data: KEY });
  expect(await vici('load-conn', connection({}, { local_addrs: ['%any'] }))).toEqual(DONE);
  expect(await status()).toMatchObject({ connectionStatus: 'disabled' });
  await expect(daemon.api.up(['moon/net'])).rejects.toThrow('this machine has no address for a way to 127.0.0.2 yet');
  become('192.0.2.5', '192.0.2.6');
  await expect.poll(async () => (await status())?.connectionStatus).toBe('waiting');
  expect((await daemon.api.show('moon/net', { reveal: false })).policy.local).toMatchObject({ id: '192.0.2.5' });
});
