import { afterEach, expect, it, vi } from 'vitest';
import { SeededEntropy } from '../base/entropy.ts';
import type { Configuration } from '../config/configuration.ts';
import { loadText } from '../config/testing/load-text.ts';
import { IkeCore } from '../ike/core.ts';
import { UdpSocket } from '../native/udp-socket.ts';
import { EVERYTHING } from '../sim/tunnels.ts';
import { Daemon } from './daemon.ts';
import { MemoryDataPlane } from './testing/memory-data-plane.ts';
import { PeerGateway } from './testing/peer-gateway.ts';
import { RecordingLog } from './testing/recording-log.ts';

/** With each of the messages, as at the level of debug. */
class VerboseLog extends RecordingLog {
  override writes(): boolean {
    return true;
  }
}

const SEGMENTS = 8;
const PAIRS = SEGMENTS * SEGMENTS;

/** Eight segments a side, and a Child SA for each pair of them. */
function configuration(side: 'daemon' | 'peer', version: 1 | 2): Configuration {
  const [local, remote] = side === 'daemon' ? [1, 2] : [2, 1];
  const segments = (net: number) => Array.from({ length: SEGMENTS }, (_, n) => `10.${net}.${n}.0/24`).join(', ');
  return loadText(`
version: 1
gateways: {here: {address: 127.0.0.${local}}}
peers: {there: {address: 127.0.0.${remote}${version === 1 ? '' : ', profile: cisco'}}}
tunnels:
  t:
    gateway: here
    peer: there
    local: {subnets: [${segments(local)}]}
    remote: {subnets: [${segments(remote)}]}
    psk: abcdefghijklmnopqrstuvwxyz
    ike: {version: ${version}, dhGroup: 31}
    ipsec: {pfs: none}
    start: ${side === 'daemon' ? 'respond' : 'initiate'}
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

it.each([1, 2] as const)(
  'what a Child SA of IKEv%i costs does not grow with how many the tunnel has already',
  async (version) => {
    const looks = vi.spyOn(IkeCore.prototype, 'children');
    const ports = { ike: freePort(), natTraversal: freePort() };
    const dataPlane = new MemoryDataPlane();
    const log = new VerboseLog();
    const daemon = new Daemon({
      configuration: configuration('daemon', version),
      capabilities: EVERYTHING,
      dataPlane,
      addresses: { addresses: () => [], onChange: () => undefined, close: () => undefined },
      entropy: new SeededEntropy(2),
      log,
      version: { version: '0.0.0', api: 1, startedAt: '2026-01-01T00:00:00.000Z', dataPlane: 'memory' },
      ports,
      privileged: false,
    });
    closers.push(() => daemon.stop(Promise.resolve()));
    const peer = new PeerGateway(configuration('peer', version), EVERYTHING, ports);
    closers.push(() => peer.close());
    daemon.start();
    peer.start();
    const installed = () => log.lines.filter(({ event }) => event === 'child.installed');
    await expect.poll(() => installed().length, { timeout: 20_000 }).toBe(PAIRS);
    expect(log.events()).toContain('message.received');
    for (const { msg } of installed()) expect(msg).toContain('10.1.');
    // Each end looks at all of them when the last one is there, and at no other time.
    const seen = looks.mock.results.reduce((sum, { value }) => sum + (Array.isArray(value) ? value.length : 0), 0);
    expect(seen).toBeLessThan(4 * PAIRS);
  },
);
