import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createArena } from '../../native/arena.ts';
import { NetlinkSocket } from '../../native/netlink-socket.ts';
import { NetworkNamespace, namespacesMissing } from '../../native/testing/network-namespace.ts';
import { TunDevice, type TunOptions } from '../../native/tun.ts';
import { NETLINK_ROUTE } from '../../netlink/constants.ts';
import { NetlinkClient } from '../../netlink/netlink-client.ts';
import { ipPacket, ports } from '../testing/packets.ts';
import { startTunLink } from '../tun/tun-link.ts';
import { TunPort } from './tun-port.ts';

const AT = 100;

describe.skipIf(namespacesMissing)(`the TUN of a thread (${namespacesMissing ?? 'as root'})`, () => {
  let namespace: NetworkNamespace;
  let client: NetlinkClient;
  let netlink: NetlinkSocket;
  let tun: TunDevice | undefined;
  beforeAll(() => {
    namespace = NetworkNamespace.create();
    netlink = namespace.run(() => NetlinkSocket.open(NETLINK_ROUTE));
    client = new NetlinkClient(netlink);
  });
  afterEach(() => tun?.close());
  afterAll(() => {
    netlink.close();
    namespace.close();
  });

  function openPort(options: TunOptions): TunPort {
    tun = namespace.run(() => TunDevice.open(options));
    startTunLink(client, tun.name, 1_400);
    namespace.ip(`addr add 10.8.0.1/24 dev ${tun.name}`);
    return new TunPort(tun);
  }

  it.each(['none', 'tcp'] as const)('gives what is written by it back as it was, with offload %s', (offload) => {
    const port = openPort({ offload });
    const arena = createArena(4_000);
    expect(port.read(arena, AT, 1_500)).toBe(0);
    // Forwarded from the TUN to the TUN, one hop later.
    const quiet = ['all', tun?.name].map((name) => `net.ipv4.conf.${name}.send_redirects=0`);
    namespace.exec('sysctl', ['-qw', 'net.ipv4.ip_forward=1', ...quiet]);
    const packet = ipPacket({
      source: '10.8.0.7',
      destination: '10.8.0.9',
      protocol: 17,
      payload: ports(1, 2),
      ttl: 9,
    });
    arena.bytes.set(packet, AT);
    expect(port.writePlain(arena, AT, packet.length)).toBe(true);
    arena.bytes.fill(0, AT);
    const length = port.read(arena, AT, 1_500);
    expect([length, arena.bytes[AT], arena.bytes[AT + 8], arena.bytes[AT + 9]]).toEqual([28, 0x45, 8, 17]);
  });

  it('is lost where the kernel takes no such packet', () => {
    const port = openPort({ offload: 'tcp' });
    const arena = createArena(1_000);
    arena.bytes.fill(0xff, AT);
    expect(port.writePlain(arena, AT, 40)).toBe(false);
  });

  it('ends the thread when somebody has removed it, which would wait for nothing without end', () => {
    const port = openPort({ offload: 'tcp' });
    namespace.ip(`link delete ${tun?.name}`);
    expect(() => port.read(createArena(1_000), AT, 500)).toThrow('the TUN interface has been removed');
  });
});
