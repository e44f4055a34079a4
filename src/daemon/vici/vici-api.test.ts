import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { SeededEntropy } from '../../base/entropy.ts';
import type { Configuration } from '../../config/configuration.ts';
import { loadText } from '../../config/testing/load-text.ts';
import type { ViciEvent } from '../../control/vici/command.ts';
import { decodeMessage } from '../../control/vici/message.ts';
import { named, section } from '../../control/vici/section.ts';
import { startViciServer } from '../../control/vici/server.ts';
import { plain } from '../../control/vici/testing/charon-recording.ts';
import { ViciClient } from '../../control/vici/testing/vici-client.ts';
import { ENCRYPTION, INTEGRITY, KEY_EXCHANGE, PRF } from '../../crypto/algorithms.ts';
import { UdpSocket } from '../../native/udp-socket.ts';
import type { Capabilities } from '../../sa/proposal.ts';
import { Daemon } from '../daemon.ts';
import { MemoryDataPlane } from '../testing/memory-data-plane.ts';
import { PeerGateway } from '../testing/peer-gateway.ts';
import { RecordingLog } from '../testing/recording-log.ts';

const esp = { encryption: ENCRYPTION.map(keyword), integrity: INTEGRITY.map(keyword) };
const everything: Capabilities = {
  ike: { ...esp, prf: PRF.map(keyword), keyExchange: KEY_EXCHANGE.map(keyword) },
  esp,
  ah: { integrity: esp.integrity },
};

function keyword<Keyword>(row: { readonly keyword: Keyword }): Keyword {
  return row.keyword;
}

/** One tunnel between 127.0.0.1 (the daemon) and 127.0.0.2 (the peer), which begins, and one that nobody answers. */
function configuration(local: 1 | 2, version: 1 | 2): Configuration {
  const remote = local === 1 ? 2 : 1;
  return loadText(`
version: 1
gateways: {here: {address: 127.0.0.${local}}}
peers: {there: {address: 127.0.0.${remote}}, nobody: {address: 127.0.0.9}, lost: {address: nowhere.invalid}}
tunnels:
  t:
    gateway: here
    peer: there
    local: {subnets: [10.${local}.0.0/16]}
    remote: {subnets: [10.${remote}.0.0/16]}
    psk: abcdefghijklmnopqrstuvwxyz
    ike: {version: ${version}, dhGroup: 31}
    start: ${local === 1 ? 'respond' : 'initiate'}
  silent:
    gateway: here
    peer: nobody
    local: {subnets: [10.${local}.0.0/16]}
    remote: {subnets: [10.9.0.0/16]}
    psk: abcdefghijklmnopqrstuvwxyz
    start: respond
  lost:
    gateway: here
    peer: lost
    local: {subnets: [10.${local}.0.0/16]}
    remote: {subnets: [10.8.0.0/16]}
    psk: abcdefghijklmnopqrstuvwxyz
    start: respond
`);
}

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function freePort(): number {
  const socket = UdpSocket.open({ family: 4, port: 0, udpEncap: false, bypassPolicy: false });
  socket.close();
  return socket.port;
}

async function setUp(version: 1 | 2 = 2) {
  const directory = mkdtempSync(join(tmpdir(), 'cygnet-vici-'));
  closers.push(() => rmSync(directory, { recursive: true }));
  const ports = { ike: freePort(), natTraversal: freePort() };
  const dataPlane = new MemoryDataPlane();
  const daemon = new Daemon({
    configuration: configuration(1, version),
    capabilities: everything,
    dataPlane,
    addresses: { addresses: () => [], onChange: () => undefined, close: () => undefined },
    entropy: new SeededEntropy(2),
    log: new RecordingLog(),
    version: { version: '0.0.0', api: 1, startedAt: '2026-01-01T00:00:00.000Z', dataPlane: 'memory' },
    ports,
    privileged: false,
  });
  closers.push(() => daemon.stop(Promise.resolve()));
  const peer = new PeerGateway(configuration(2, version), everything, ports);
  closers.push(() => peer.close());
  const path = join(directory, 'vici.sock');
  const server = await startViciServer({ path, api: daemon.vici });
  closers.push(() => server.close());
  const client = await ViciClient.connect(path);
  return { daemon, peer, path, directory, client };
}

/** With the tunnel up, as the events have told. */
async function connected(version: 1 | 2 = 2) {
  const all = await setUp(version);
  const watch = await watcher(all.path, ['ike-updown', 'child-updown', 'ike-rekey', 'child-rekey']);
  all.daemon.start();
  all.peer.start();
  await expect.poll(() => watch.map(({ event }) => event)).toEqual(['ike-updown', 'child-updown']);
  watch.length = 0;
  return { ...all, watch };
}

type Told = { readonly event: string | undefined; readonly message: string };

/** What a client of its own is told, as it comes. */
async function watcher(path: string, events: readonly ViciEvent[]): Promise<Told[]> {
  const client = await ViciClient.connect(path);
  for (const event of events) expect(await client.register(event)).toBe('event-confirm');
  const told: Told[] = [];
  const follow = async () => {
    for (;;) {
      const { name, message } = await client.next();
      told.push({ event: name, message: JSON.stringify(plain(decodeMessage(message))) });
    }
  };
  void follow().catch(() => undefined);
  closers.push(() => client.end());
  return told;
}

describe('vici on the daemon', () => {
  it('tells of an IKE SA and its Child SA by all that they are', async () => {
    const { client } = await connected();
    await client.register('list-sa');
    const { events } = await client.request('list-sas');
    const [[name, ike]] = plain(decodeMessage(events[0]?.message ?? new Uint8Array())) as [[string, unknown[]]];
    expect(name).toBe('t');
    expect(ike).toContainEqual(['state', 'ESTABLISHED']);
    expect(ike).toContainEqual(['remote-id', '127.0.0.2']);
    expect(ike).toContainEqual(['dh-group', 'CURVE_25519']);
    expect(ike).toContainEqual(['nat-remote', 'yes']);
    expect(ike.map((entry) => (entry as [string])[0])).not.toContain('initiator');
    const [[childName, child]] = (ike.at(-1) as [string, [[string, unknown[]]]])[1];
    expect(childName).toMatch(/^t-\d+$/);
    expect(child).toContainEqual(['encap', 'yes']);
    expect(child).toContainEqual(['packets-in', '3']);
    expect(child).toContainEqual(['local-ts', { list: ['10.1.0.0/16'] }]);
  });

  it('tells of connections, with one child each', async () => {
    const { client } = await setUp();
    await client.register('list-conn');
    const { events } = await client.request('list-conns');
    const [first] = events.map(({ message }) => JSON.stringify(plain(decodeMessage(message))));
    expect(events).toHaveLength(3);
    expect(first).toContain('["children",[["t",[["mode","TUNNEL"]');
    expect(first).not.toContain('abcdefgh');
    expect(await client.ask('get-conns')).toEqual([['conns', { list: [] }]]);
  });

  it('rekeys what it is told to, and tells of each with what was and what is', async () => {
    const { client, watch } = await connected();
    expect(await client.ask('rekey', { child: 't' })).toEqual([
      ['success', 'yes'],
      ['matches', '1'],
    ]);
    await expect.poll(() => watch.map(({ event }) => event)).toEqual(['child-rekey']);
    expect(watch[0]?.message).toMatch(/"old".*"state","REKEYED".*"packets-in","3".*"new".*"state","INSTALLED"/);
    await client.ask('rekey', { ike: 't' });
    await expect.poll(() => watch.map(({ event }) => event)).toEqual(['child-rekey', 'ike-rekey']);
    const counters = JSON.stringify(await client.ask('get-counters', { name: 't' }));
    expect(counters).toContain('["ike-rekey-init","1"],["ike-rekey-resp","0"],["child-rekey","1"]');
    expect(counters).toContain('["ike-auth-in-req","1"],["ike-auth-in-resp","0"]');
    await client.ask('reset-counters', { all: 'yes' });
    expect(await client.ask('get-counters', { all: 'yes' })).toEqual([
      ['counters', []],
      ['success', 'yes'],
    ]);
  });

  it.each([1, 2] as const)('deletes a tunnel of IKEv%i at both ends; the peer may start it again', async (version) => {
    const { client, watch, daemon, peer } = await connected(version);
    expect(await client.ask('terminate', { ike: 't' })).toEqual([
      ['success', 'yes'],
      ['matches', '1'],
      ['terminated', '1'],
    ]);
    await expect.poll(() => watch.map(({ event }) => event)).toEqual(['child-updown', 'ike-updown']);
    expect(watch[0]?.message).not.toContain('"up"');
    expect(watch[0]?.message).toMatch(/"state","DELETED".*"packets-in","3"/);
    await expect.poll(() => peer.dataPlane.sas).toEqual([]);
    expect((await daemon.api.status(['t'])).tunnels[0]?.connectionStatus).toBe('waiting');
    peer.start();
    await expect.poll(() => watch.map(({ event }) => event).slice(2)).toEqual(['ike-updown', 'child-updown']);
  });

  it.each([1, 2] as const)('deletes a Child SA of IKEv%i alone, and does not bring it back', async (version) => {
    const { client, watch, daemon, peer } = await connected(version);
    expect(await client.ask('terminate', { child: 't' })).toEqual([
      ['success', 'yes'],
      ['matches', '1'],
      ['terminated', '1'],
    ]);
    await expect.poll(() => peer.dataPlane.sas).toEqual([]);
    expect(watch.map(({ event }) => event)).toEqual(['child-updown']);
    await client.register('list-sa');
    const { events } = await client.request('list-sas');
    const [listed] = events.map(({ message }) => JSON.stringify(plain(decodeMessage(message))));
    expect(listed).toContain('["state","ESTABLISHED"]');
    expect(listed).toContain('["child-sas",[]]');
    const [status] = (await daemon.api.status(['t'])).tunnels;
    expect(status).toMatchObject({ connectionStatus: 'waiting', nextAttemptAt: null });
    expect(await client.ask('initiate', { child: 't', timeout: '20000' })).toEqual([['success', 'yes']]);
    expect(watch.map(({ event }) => event)).toEqual(['child-updown', 'child-updown']);
  });

  it.each([1, 2] as const)(
    'begins a new IKE SA of IKEv%i beside one, though the peer has begun that',
    async (version) => {
      const { client } = await connected(version);
      expect(await client.ask('rekey', { ike: 't', reauth: 'yes' })).toEqual([
        ['success', 'yes'],
        ['matches', '1'],
      ]);
      await client.register('list-sa');
      const { events } = await client.request('list-sas');
      const listed = events.map(({ message }) => JSON.stringify(plain(decodeMessage(message))));
      expect(listed.map((ike) => /"state","(\w+)"/.exec(ike)?.[1])).toEqual(['CONNECTING', 'ESTABLISHED']);
      expect(listed[0]).toContain('["initiator","yes"]');
    },
  );

  it('forgets an IKE SA at once with force, whose peer does not answer', async () => {
    const { client, peer, watch } = await connected();
    peer.close();
    const waited = await client.ask('terminate', { ike: 't', timeout: '50' });
    expect(waited[0]).toEqual(['success', 'no']);
    expect(await client.ask('terminate', { ike: 't' })).toContainEqual(['matches', '0']);
    expect(await client.ask('terminate', { ike: 't', force: 'yes' })).toEqual([
      ['success', 'yes'],
      ['matches', '1'],
      ['terminated', '1'],
    ]);
    expect(watch.map(({ event }) => event)).toEqual(['child-updown', 'ike-updown']);
    await client.register('list-sa');
    expect((await client.request('list-sas')).events).toEqual([]);
  });

  it('tells of an attempt that comes to nothing for want of a peer, and makes no other', async () => {
    const { client, daemon } = await setUp();
    daemon.start();
    await client.register('control-log');
    const { events, reply } = await client.request('initiate', section({ child: 'lost', timeout: 20_000 }));
    expect(JSON.stringify(plain(decodeMessage(reply.message)))).toContain("establishing CHILD_SA 'lost' failed: ");
    expect(events).toEqual([]);
    expect((await daemon.api.status(['lost'])).tunnels[0]).toMatchObject({ attempt: 1, nextAttemptAt: null });
    const silent = await client.request('initiate', section({ child: 'silent', timeout: 100 }));
    expect(plain(decodeMessage(silent.reply.message))[1]).toEqual([
      'errmsg',
      "CHILD_SA 'silent' not established after 100ms",
    ]);
    expect(JSON.stringify(silent.events.map(({ message }) => plain(decodeMessage(message))))).toContain(
      'connecting to 127.0.0.9:500',
    );
  });

  it('has a child wait for traffic, and no longer', async () => {
    const { client, daemon } = await setUp();
    daemon.start();
    await client.register('list-policy');
    const traps = async () => (await client.request('list-policies', named('trap', 'yes'))).events.length;
    expect(await traps()).toBe(0);
    expect(await client.ask('install', { child: 'silent' })).toEqual([['success', 'yes']]);
    expect(await traps()).toBe(1);
    expect(await client.ask('uninstall', { child: 'silent' })).toEqual([['success', 'yes']]);
    expect(await traps()).toBe(0);
    expect(await client.ask('uninstall', { child: 'silent' })).toEqual([
      ['success', 'no'],
      ['errmsg', "policy 'silent' not found"],
    ]);
  });

  it('tells statistics and algorithms, and refuses to read files that it does not have', async () => {
    const { client } = await connected();
    const stats = JSON.stringify(await client.ask('stats'));
    expect(stats).toContain('["ikesas",[["total","1"],["half-open","0"]]]');
    const kinds = (await client.ask('get-algorithms')).map((entry) => (entry as [string])[0]);
    expect(kinds).toEqual(['encryption', 'integrity', 'aead', 'prf', 'dh']);
    expect(await client.ask('reload-settings')).toContainEqual(['success', 'no']);
  });

  it("is what strongSwan's own swanctl understands", async () => {
    const { path, directory } = await connected();
    const swanctl = unconfined(directory, path);
    const sas = await swanctl('--list-sas');
    expect(sas).toMatch(/^t: #\d+, ESTABLISHED, IKEv2, [0-9a-f]{16}_i [0-9a-f]{16}_r\*$/m);
    expect(sas).toContain("  remote '127.0.0.2' @ 127.0.0.2[");
    expect(sas).toContain('  AES_CBC-128/HMAC_SHA1_96/PRF_HMAC_SHA1/CURVE_25519');
    expect(sas).toMatch(/^ {2}t: #\d+, reqid \d+, INSTALLED, TUNNEL-in-UDP, ESP:AES_CBC-128\/HMAC_SHA1_96$/m);
    expect(sas).toMatch(/in {2}[0-9a-f]{8},\s+300 bytes,\s+3 packets/);
    expect(await swanctl('--list-conns')).toMatch(
      /^t: IKEv2, no reauthentication, rekeying every 86400s, dpd delay 8s$/m,
    );
    expect(await swanctl('--stats')).toContain('IKE_SAs: 1 total, 0 half-open');
    expect(await swanctl('--rekey', '--child', 't')).toContain('rekey completed successfully');
    const ended = await swanctl('--terminate', '--ike', 't');
    expect(ended).toContain('[IKE] Child SA t#');
    expect(ended).toContain('terminate completed successfully');
    expect(await swanctl('--list-sas')).toBe('');
  });
});

/** A copy of it, which no AppArmor profile keeps from our socket, and which loads next to no plugins. */
function unconfined(directory: string, path: string): (...args: readonly string[]) => Promise<string> {
  const program = join(directory, 'swanctl');
  const configuration = join(directory, 'strongswan.conf');
  copyFileSync('/usr/sbin/swanctl', program);
  writeFileSync(configuration, 'swanctl {\n  load = random openssl\n}\n');
  const options = { env: { ...process.env, STRONGSWAN_CONF: configuration } };
  return async (...args) => (await promisify(execFile)(program, [...args, '--uri', `unix://${path}`], options)).stdout;
}
