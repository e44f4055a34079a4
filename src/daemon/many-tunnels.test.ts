import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SeededEntropy } from '../base/entropy.ts';
import type { Configuration } from '../config/configuration.ts';
import { loadText } from '../config/testing/load-text.ts';
import { VICI_COMMANDS } from '../control/vici/commands.ts';
import { IkeCore } from '../ike/core.ts';
import { UdpSocket } from '../native/udp-socket.ts';
import { EVERYTHING } from '../sim/tunnels.ts';
import { Daemon } from './daemon.ts';
import { MemoryDataPlane } from './testing/memory-data-plane.ts';
import { PeerGateway } from './testing/peer-gateway.ts';
import { RecordingLog } from './testing/recording-log.ts';

const TUNNELS = 12;

function configuration(side: 'daemon' | 'peer'): Configuration {
  const [own, other] = side === 'daemon' ? [1, 2] : [2, 1];
  const tunnels = Array.from(
    { length: TUNNELS },
    (_, n) => `
  t${n}:
    gateway: here
    peer: there${n}
    local: {id: ${side}${n}.example.com, subnets: [10.${own}.${n}.0/24]}
    remote: {id: ${side === 'daemon' ? 'peer' : 'daemon'}${n}.example.com, subnets: [10.${other}.${n}.0/24]}
    psk: abcdefghijklmnopqrstuvwxyz
    ike: {dhGroup: 31}
    ipsec: {pfs: none}
    start: ${side === 'daemon' ? 'respond' : 'initiate'}`,
  );
  const peers = Array.from({ length: TUNNELS }, (_, n) => `there${n}: {address: 127.0.0.${other}}`);
  return loadText(`version: 1
gateways: {here: {address: 127.0.0.${own}}}
peers: {${peers.join(', ')}}
tunnels:${tunnels.join('')}
`);
}

function freePort(): number {
  const socket = UdpSocket.open({ family: 4, port: 0, udpEncap: false, bypassPolicy: false });
  socket.close();
  return socket.port;
}

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  vi.restoreAllMocks();
});

async function connected() {
  const ports = { ike: freePort(), natTraversal: freePort() };
  const dataPlane = new MemoryDataPlane();
  const daemon = new Daemon({
    configuration: configuration('daemon'),
    capabilities: EVERYTHING,
    dataPlane,
    addresses: { addresses: () => [], onChange: () => undefined, close: () => undefined },
    entropy: new SeededEntropy(2),
    log: new RecordingLog(),
    version: { version: '0.0.0', api: 1, startedAt: '2026-01-01T00:00:00.000Z', dataPlane: 'memory' },
    ports,
    privileged: false,
  });
  closers.push(() => daemon.stop(Promise.resolve()));
  const peer = new PeerGateway(configuration('peer'), EVERYTHING, ports);
  closers.push(() => peer.close());
  daemon.start();
  peer.start();
  const up = async () =>
    (await daemon.api.status()).tunnels.filter(({ connectionStatus }) => connectionStatus === 'connected').length;
  await expect.poll(up, { timeout: 20_000 }).toBe(TUNNELS);
  return { daemon, dataPlane };
}

/** How many SAs were asked of the data plane and looked at in the core from now on. */
function watchWork(dataPlane: MemoryDataPlane) {
  const queries = vi.spyOn(dataPlane, 'perform');
  const children = vi.spyOn(IkeCore.prototype, 'children');
  const ikeSas = vi.spyOn(IkeCore.prototype, 'views');
  const lengths = (results: readonly { readonly value: unknown }[]) =>
    results.reduce((sum, { value }) => sum + (Array.isArray(value) ? value.length : 0), 0);
  return {
    asked: () => queries.mock.calls.reduce((sum, [one]) => sum + (one.kind === 'query' ? one.sas.length : 0), 0),
    seen: () => lengths(children.mock.results) + lengths(ikeSas.mock.results),
  };
}

describe('with many tunnels', () => {
  let daemon: Daemon;
  let work: ReturnType<typeof watchWork>;
  beforeEach(async () => {
    const all = await connected();
    daemon = all.daemon;
    work = watchWork(all.dataPlane);
  }, 30_000);

  it.each<[string, () => Promise<unknown>]>([
    ['status', () => daemon.api.status(['t7'])],
    ['show', () => daemon.api.show('t7', { reveal: false })],
    ['diagnose', () => daemon.api.diagnose('t7', { ask: false })],
    ['rekey', () => daemon.api.rekey(['t7'], 'ike')],
  ])('%s of one asks the data plane for its SAs and looks at no other', async (_, ask) => {
    await ask();
    expect(work.asked()).toBe(2);
    expect(work.seen()).toBeLessThanOrEqual(10);
  });

  it.each<[string, Record<string, string>]>([
    ['list-sas', { ike: 't7' }],
    ['list-sas', { 'ike-id': '3' }],
    ['rekey', { ike: 't7' }],
    ['rekey', { child: 't7' }],
    ['rekey', { 'ike-id': '3' }],
    ['initiate', { child: 't7', timeout: '-1' }],
    ['terminate', { ike: 't7', timeout: '-1' }],
  ])('vici: %s of one (%j) asks for no other', async (name, request) => {
    const command = VICI_COMMANDS.get(name);
    const stream = vi.fn(() => Promise.resolve());
    const call = { stream, tell: () => undefined, wants: () => false, signal: new AbortController().signal };
    const reply = await command?.run(new Map(Object.entries(request)), { ...call, api: daemon.vici });
    expect(reply?.get('errmsg')).toBeUndefined();
    if (name === 'list-sas') expect(stream).toHaveBeenCalledTimes(1);
    expect(work.asked()).toBeLessThanOrEqual(4);
    // All of them once would be more.
    expect(work.seen()).toBeLessThan(2 * TUNNELS);
  });

  it('gateways and peers are listed without a look at SAs', async () => {
    expect(await daemon.api.list('gateways')).toMatchObject([{ tunnels: TUNNELS, connected: TUNNELS }]);
    const peers = await daemon.api.list('peers');
    expect(peers).toHaveLength(TUNNELS);
    for (const peer of peers) expect(peer).toMatchObject({ tunnels: 1, connected: 1 });
    expect([work.asked(), work.seen()]).toEqual([0, 0]);
  });
});
