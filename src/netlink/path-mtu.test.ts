import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createArena } from '../native/arena.ts';
import { EMSGSIZE } from '../native/errno.ts';
import { EspSocket } from '../native/esp-socket.ts';
import { NetlinkSocket } from '../native/netlink-socket.ts';
import { SendPath } from '../native/send-path.ts';
import { SendRing } from '../native/send-ring.ts';
import { NetworkNamespace, namespacesMissing } from '../native/testing/network-namespace.ts';
import { NETLINK_ROUTE } from './constants.ts';
import { NetlinkClient } from './netlink-client.ts';
import { pathMtu } from './path-mtu.ts';

/** A router between us and the far end, whose link to that takes 1300 bytes. */
const FAMILIES = [
  { family: 4, own: '198.51.100.2', router: '198.51.100.1', beyond: '203.0.113.1', far: '203.0.113.9', length: 24 },
  {
    family: 6,
    own: '2001:db8:f::2',
    router: '2001:db8:f::1',
    beyond: '2001:db8:a::1',
    far: '2001:db8:a::9',
    length: 64,
  },
] as const;

describe.skipIf(namespacesMissing)(`the MTU that a router tells (${namespacesMissing ?? 'as root'})`, () => {
  let gateway: NetworkNamespace;
  let router: NetworkNamespace;
  const open: { close(): void }[] = [];
  beforeEach(() => {
    gateway = NetworkNamespace.create();
    router = NetworkNamespace.create();
    open.push(gateway, router);
    gateway.ip('link add wan type veth peer name in');
    gateway.ip(`link set in netns ${router.path}`);
    router.ip('link add out type veth peer name rest');
    router.exec('sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
    router.ip('link set out mtu 1300');
    for (const link of ['in', 'out', 'rest']) router.ip(`link set ${link} up`);
    gateway.ip('link set wan up');
  });
  afterEach(() => {
    for (const opened of open.splice(0).reverse()) opened.close();
  });

  it.each(FAMILIES)(
    'IPv$family: ESP with DF is refused from then on, without DF it is fragmented',
    async (addresses) => {
      const { family, own, router: hop, beyond, far, length } = addresses;
      const suffix = family === 6 ? ' nodad' : '';
      gateway.ip(`addr add ${own}/${length} dev wan${suffix}`);
      router.ip(`addr add ${hop}/${length} dev in${suffix}`);
      router.ip(`addr add ${beyond}/${length} dev out${suffix}`);
      gateway.ip(`-${family} route add default via ${hop}`);
      const socket = gateway.run(() => NetlinkSocket.open(NETLINK_ROUTE));
      const raw = [true, false].map((dontFragment) =>
        gateway.run(() => EspSocket.raw({ family, protocol: 'esp', dontFragment, sendOnly: dontFragment })),
      );
      open.push(socket, ...raw);
      const client = new NetlinkClient(socket);
      const [strict, lenient] = raw.map(({ fd }) => new SendRing({ fd, family }));
      const path = new SendPath(own, { address: far, port: 0 });
      const arena = createArena(1400);
      const send = (ring: SendRing | undefined, bytes: number) => {
        ring?.add(path, arena.address, bytes, 0);
        ring?.flush();
        return ring?.failure;
      };
      expect(pathMtu(client, far)).toBe(1500);
      // Again where one is lost: the links have just come up.
      const found = () => {
        const mtu = pathMtu(client, far);
        if (mtu === 1500) send(strict, 1400);
        return mtu;
      };
      await expect.poll(found).toBe(1300);
      // A packet that is short enough does not pay for the one before it.
      expect([send(strict, 100), send(strict, 1400), send(lenient, 1400)]).toEqual([0, EMSGSIZE, 0]);
    },
  );
});
