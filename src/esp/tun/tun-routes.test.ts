import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePrefix } from '../../base/net.ts';
import { NetlinkSocket } from '../../native/netlink-socket.ts';
import { NetworkNamespace, namespacesMissing } from '../../native/testing/network-namespace.ts';
import { TunDevice } from '../../native/tun.ts';
import { UdpSocket } from '../../native/udp-socket.ts';
import { NETLINK_ROUTE } from '../../netlink/constants.ts';
import { NetlinkClient } from '../../netlink/netlink-client.ts';
import { pathMtu } from '../../netlink/path-mtu.ts';
import type { PolicySpec, RouteSpec } from '../../sa/data-plane.ts';
import { selectorFromPrefix } from '../../sa/traffic-selector.ts';
import { TUNNEL_MARK } from './diversion-rules.ts';
import { startTunLink } from './tun-link.ts';
import { TunRoutes } from './tun-routes.ts';

const MARK = `mark ${TUNNEL_MARK}`;

/**
 * A gateway: `lan` has 10.1.0.1/24 and 2001:db8:1::1/64, `wan` 198.51.100.2/24 and 2001:db8:f::2/64 with the default
 * routes. Nothing is behind them.
 */
class Gateway {
  readonly namespace = NetworkNamespace.create();
  readonly #socket = this.namespace.run(() => NetlinkSocket.open(NETLINK_ROUTE));
  /** The number of the next request that is refused. */
  refuseAt = Number.POSITIVE_INFINITY;
  readonly client = new NetlinkClient({
    request: (message) => (--this.refuseAt === 0 ? [] : this.#socket.request(message)),
    subscribe: () => undefined,
    close: () => undefined,
  });
  tun = this.#openTun();
  routes = this.#openRoutes();

  constructor() {
    for (const command of SET_UP) this.namespace.ip(command);
    this.namespace.exec('sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
  }

  /** As after a kill: the TUN has gone with its process, a new run has another. */
  restart(): void {
    this.tun.close();
    this.tun = this.#openTun();
    this.routes = this.#openRoutes();
  }

  /** The interface and source that a packet takes, or `unreachable`. */
  way(packet: string): string {
    try {
      const answer = this.namespace.ip(`route get ${packet}`);
      return [/ dev (\S+)/.exec(answer)?.[1], / src (\S+)/.exec(answer)?.[1]].filter((part) => part).join(' ');
    } catch (error) {
      return /unreachable|No route/i.test(String(error)) ? 'unreachable' : String(error);
    }
  }

  /** All that is ours. */
  state(): string[] {
    const lines = SHOW.flatMap((command) => this.namespace.ip(command).split('\n'));
    return lines.filter((line) => line.includes('proto 201'));
  }

  close(): void {
    this.tun.close();
    this.#socket.close();
    this.namespace.close();
  }

  #openTun(): TunDevice {
    return this.namespace.run(() => TunDevice.open());
  }

  #openRoutes(): TunRoutes {
    const started = startTunLink(this.client, this.tun.name, 1400);
    if (!started.ok) throw new Error(started.failure.code);
    return new TunRoutes(this.client, started.index);
  }
}

const SET_UP = [
  'link add lan type veth peer name lan0',
  'link add wan type veth peer name wan0',
  'addr add 10.1.0.1/24 dev lan',
  'addr add 2001:db8:1::1/64 dev lan nodad',
  'addr add 198.51.100.2/24 dev wan',
  'addr add 2001:db8:f::2/64 dev wan nodad',
  'link set lan0 up',
  'link set wan0 up',
  'link set lan up',
  'link set wan up',
  'route add default via 198.51.100.1',
  '-6 route add default via 2001:db8:f::1',
];
const SHOW = ['-d rule show', '-6 -d rule show', '-d route show table all', '-6 -d route show table all'];

function segment(text: string) {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new RangeError(text);
  return { prefix, selector: selectorFromPrefix(prefix) };
}

function policy(source: string, destination: string, changes: Partial<PolicySpec> = {}): PolicySpec {
  const [from, to] = [segment(source).selector, segment(destination).selector];
  return { direction: 'out', source: from, destination: to, action: 'block', ...changes };
}

function route(destination: string, local: string, place: Partial<RouteSpec> = {}): RouteSpec {
  return {
    destination: segment(destination).prefix,
    via: '203.0.113.9',
    localSelectors: [segment(local).selector],
    ...place,
  };
}

describe.skipIf(namespacesMissing)(`routes into the TUN (${namespacesMissing ?? 'as root'})`, () => {
  let gateway: Gateway;
  const open: { close(): void }[] = [];
  beforeEach(() => {
    gateway = new Gateway();
    open.push(gateway);
  });
  afterEach(() => {
    for (const opened of open.splice(0).reverse()) opened.close();
  });

  // biome-ignore format: one family, one row
  it.each([
    { local: '10.1.0.0/24', remote: '10.2.0.0/16', host: '10.1.0.7', other: '10.9.0.7', far: '10.2.0.5', beside: '10.3.0.5', own: '198.51.100.2', inner: '10.1.0.1' },
    { local: '2001:db8:1::/64', remote: '2001:db8:2::/48', host: '2001:db8:1::7', other: '2001:db8:9::7', far: '2001:db8:2::5', beside: '2001:db8:3::5', own: '2001:db8:f::2', inner: '2001:db8:1::1' },
  ])('take what a policy covers and nothing else: $local to $remote', ({ local, remote, host, other, far, beside, own, inner }) => {
    expect(gateway.routes.divert('a', policy(local, remote)).ok).toBe(true);
    expect(gateway.way(`${far} from ${host} iif lan`)).toBe('cygnet0');
    expect(gateway.way(`${beside} from ${host} iif lan`)).toBe('wan');
    expect(gateway.way(`${far} from ${other} iif lan`)).toBe('wan');
    expect(gateway.way(`${far} from ${host} iif lan ${MARK}`)).toBe('wan');
    expect(gateway.way(`${far} from ${inner}`)).toMatch(/^cygnet0/);
    expect(gateway.way(far)).toBe(`wan ${own}`);
    expect(gateway.routes.release('a', policy(local, remote)).ok).toBe(true);
    expect(gateway.way(`${far} from ${host} iif lan`)).toBe('wan');
    expect(gateway.state()).toEqual([]);
  });

  it.each([
    ['10.1.0.0/24', '10.2.0.0/16', '10.2.0.5', '10.1.0.1', '198.51.100.2'],
    ['2001:db8:1::/64', '2001:db8:2::/48', '2001:db8:2::5', '2001:db8:1::1', '2001:db8:f::2'],
  ])(
    "a tunnel's route is for this machine's own packets, with a source of the segment: %s to %s",
    (local, remote, far, inner, own) => {
      gateway.routes.divert('a', policy(local, remote));
      expect(gateway.routes.add('a', route(remote, local)).ok).toBe(true);
      expect(gateway.way(far)).toBe(`cygnet0 ${inner}`);
      expect(gateway.way(`${far} ${MARK}`)).toBe(`wan ${own}`);
      gateway.routes.add('b', route(remote, local));
      gateway.routes.remove('a', route(remote, local));
      expect(gateway.way(far)).toBe(`cygnet0 ${inner}`);
      gateway.routes.remove('b', route(remote, local));
      expect(gateway.way(far)).toBe(`wan ${own}`);
      gateway.routes.release('a', policy(local, remote));
      expect(gateway.state()).toEqual([]);
    },
  );

  it('a route with a table or metric of its own is there, and leads into the TUN', () => {
    gateway.routes.add('a', route('10.2.0.0/16', '10.1.0.0/24', { table: 77, metric: 5 }));
    expect(gateway.state()).toEqual([
      'unicast 10.2.0.0/16 dev cygnet0 table 77 proto 201 scope link src 10.1.0.1 metric 5 ',
    ]);
    gateway.routes.remove('a', route('10.2.0.0/16', '10.1.0.0/24', { table: 77, metric: 5 }));
    expect(gateway.state()).toEqual([]);
  });

  it.each(['comes again', 'is repaired'])('the source of a route is looked up anew when it %s', (what) => {
    gateway.routes.add('a', route('10.2.0.0/16', '10.1.0.0/24'));
    gateway.namespace.ip('addr del 10.1.0.1/24 dev lan');
    gateway.namespace.ip('addr add 10.1.0.9/24 dev lan');
    if (what === 'comes again') gateway.routes.add('a', route('10.2.0.0/16', '10.1.0.0/24'));
    else expect([gateway.routes.repair(), gateway.routes.repair()]).toEqual([1, 0]);
    expect(gateway.way('10.2.0.5')).toBe('cygnet0 10.1.0.9');
  });

  it('all of the Internet through a tunnel: the segment goes there, answers come back, this machine is left out', () => {
    gateway.routes.divert('a', policy('10.1.0.0/24', '0.0.0.0/0'));
    gateway.routes.add('a', route('0.0.0.0/0', '10.1.0.0/24'));
    expect(gateway.way('192.0.2.7 from 10.1.0.7 iif lan')).toBe('cygnet0');
    expect(gateway.way('10.1.0.7 from 192.0.2.7 iif cygnet0')).toBe('lan');
    expect(gateway.way('192.0.2.7')).toBe('wan 198.51.100.2');
  });

  it('what goes between local segments stays out of a tunnel for all of the Internet', () => {
    gateway.routes.divert('a', policy('10.1.0.0/24', '10.1.0.0/24', { action: 'bypass' }));
    gateway.routes.divert('a', policy('10.1.0.0/24', '0.0.0.0/0'));
    expect(gateway.way('10.1.0.8 from 10.1.0.7 iif lan')).toBe('lan');
    expect(gateway.way('10.1.0.8')).toBe('lan 10.1.0.1');
    expect(gateway.way('10.1.0.8 from 10.1.0.1')).toBe('lan');
    expect(gateway.way('192.0.2.7 from 10.1.0.7 iif lan')).toBe('cygnet0');
    gateway.routes.release('a', policy('10.1.0.0/24', '10.1.0.0/24', { action: 'bypass' }));
    expect(gateway.way('10.1.0.8 from 10.1.0.7 iif lan')).toBe('cygnet0');
  });

  it('between two hosts: their packets go into the TUN, ESP and IKE around it, whichever way they are asked for', () => {
    const template = {
      protocol: 'esp',
      mode: 'tunnel',
      reqid: 7,
      source: '198.51.100.2',
      destination: '203.0.113.9',
    } as const;
    const between = policy('198.51.100.2/32', '203.0.113.9/32', { action: 'protect', template });
    expect(gateway.routes.divert('a', between).ok).toBe(true);
    expect(gateway.way('203.0.113.9')).toBe('cygnet0 198.51.100.2');
    expect(gateway.way(`203.0.113.9 ${MARK}`)).toBe('wan 198.51.100.2');
    expect(gateway.state()).toContain('200:\tfrom 198.51.100.2 ipproto esp goto 202 proto 201');
    expect(gateway.way('203.0.113.9 from 198.51.100.2 ipproto udp sport 4500')).toMatch(/^wan/);
    expect(gateway.way('203.0.113.9 from 198.51.100.2 ipproto udp sport 4501')).toMatch(/^cygnet0/);
    gateway.routes.release('a', between);
    expect(gateway.state()).toEqual([]);
  });

  it('strict reverse path filtering lets the packets of such a host in', async () => {
    const peer = NetworkNamespace.create();
    open.push(peer);
    gateway.namespace.ip('link del wan');
    gateway.namespace.ip('link add wan type veth peer name wan0');
    gateway.namespace.ip(`link set wan0 netns ${peer.path}`);
    for (const [host, command] of [
      [gateway.namespace, 'addr add 198.51.100.2/24 dev wan'],
      [gateway.namespace, 'link set wan up'],
      [peer, 'addr add 198.51.100.9/24 dev wan0'],
      [peer, 'link set wan0 up'],
    ] as const)
      host.ip(command);
    gateway.namespace.exec('sysctl', ['-qw', 'net.ipv4.conf.all.rp_filter=1', 'net.ipv4.conf.wan.rp_filter=1']);
    const template = {
      protocol: 'esp',
      mode: 'tunnel',
      reqid: 7,
      source: '198.51.100.2',
      destination: '198.51.100.9',
    } as const;
    gateway.routes.divert('a', policy('198.51.100.2/32', '198.51.100.9/32', { action: 'protect', template }));
    // ARP is asked for the way back too, and gets no answer.
    const [, mac = ''] = /ether (\S+)/.exec(gateway.namespace.ip('link show wan')) ?? [];
    peer.ip(`neigh add 198.51.100.2 lladdr ${mac} dev wan0`);
    const options = { family: 4, udpEncap: false, bypassPolicy: false } as const;
    const received: number[][] = [];
    const sockets = [4500, 4501].map((port) => gateway.namespace.run(() => UdpSocket.open({ ...options, port })));
    for (const socket of sockets) socket.onDatagram(({ bytes, local }) => received.push([local.port, ...bytes]));
    const sender = peer.run(() => UdpSocket.open({ ...options, port: 4500 }));
    open.push(...sockets, sender);
    const from = { address: '198.51.100.9', port: 4500 };
    for (const port of [4501, 4500]) sender.send(from, { address: '198.51.100.2', port }, Uint8Array.of(1));
    // In clear text from a host that is to send none: the filter drops it, as its answer would go into the tunnel.
    await expect.poll(() => received).toEqual([[4500, 1]]);
  });

  it('of several owners and actions, the last that goes takes it away', () => {
    const block = policy('10.1.0.0/24', '10.2.0.0/16');
    const narrower = policy('10.1.0.0/24', '10.2.3.0/24');
    const trap = policy('10.1.0.0/24', '10.2.0.0/16', { action: 'trap' });
    for (const one of [block, trap, narrower, block]) gateway.routes.divert('a', one);
    gateway.routes.divert('b', block);
    for (const one of [block, narrower]) gateway.routes.release('a', one);
    gateway.routes.release('b', block);
    gateway.routes.release('b', block);
    expect(gateway.way('10.2.0.5 from 10.1.0.7 iif lan')).toBe('cygnet0');
    gateway.routes.release('a', trap);
    expect(gateway.state()).toEqual([]);
  });

  it('what is refused in the middle leaves no trace, and neither does what is undone', () => {
    const one = policy('10.1.0.0/24', '10.2.0.0/16');
    gateway.routes.divert('a', policy('10.1.0.0/24', '10.5.0.0/16'));
    const before = gateway.state();
    for (let nth = 1; nth < 5; nth++) {
      gateway.refuseAt = nth;
      expect(gateway.routes.divert('b', one), String(nth)).toMatchObject({ ok: nth === 1 || nth === 4 });
      gateway.refuseAt = Number.POSITIVE_INFINITY;
      gateway.routes.release('b', one);
      expect(gateway.state()).toEqual(before);
    }
    const outcome = gateway.routes.divert('b', one);
    if (outcome.ok) outcome.undo();
    expect(gateway.state()).toEqual(before);
  });

  it('after a kill nothing leaves in clear text, the next run takes over what it needs and removes the rest', () => {
    for (const remote of ['10.2.0.0/16', '10.4.0.0/16']) gateway.routes.divert('a', policy('10.1.0.0/24', remote));
    gateway.routes.divert('a', policy('10.1.1.0/24', '10.2.0.0/16'));
    gateway.restart();
    expect(gateway.way('10.2.0.5 from 10.1.0.7 iif lan')).toBe('unreachable');
    gateway.routes.divert('a', policy('10.1.0.0/24', '10.2.0.0/16'));
    expect(gateway.way('10.2.0.5 from 10.1.0.7 iif lan')).toBe('cygnet0');
    expect(gateway.way('10.4.0.5 from 10.1.0.7 iif lan')).toBe('unreachable');
    expect(gateway.routes.removeLeftovers()).toBe(3); // a rule, and the backstops of the other two
    expect(gateway.way('10.4.0.5 from 10.1.0.7 iif lan')).toBe('wan');
    expect(gateway.way('10.2.0.5 from 10.1.0.7 iif lan')).toBe('cygnet0');
    gateway.routes.clear();
    expect(gateway.state()).toEqual([]);
  });

  it('what somebody removes is put back', () => {
    for (const [local, remote] of [
      ['10.1.0.0/24', '10.2.0.0/16'],
      ['2001:db8:1::/64', '2001:db8:2::/48'],
    ] as const) {
      gateway.routes.divert('a', policy(local, remote));
      gateway.routes.add('a', route(remote, local));
    }
    const before = gateway.state().sort();
    expect(gateway.routes.repair()).toBe(0);
    gateway.namespace.ip('rule del pref 201 from 10.1.0.0/24');
    gateway.namespace.ip('route flush table 201001');
    gateway.namespace.ip(`link set ${gateway.tun.name} down`);
    gateway.namespace.ip(`link set ${gateway.tun.name} up`);
    expect(gateway.routes.repair()).toBeGreaterThan(3);
    expect(gateway.state().sort()).toEqual(before);
  });

  it('an interface in use has its MTU, no address and nothing to say', () => {
    const shown = gateway.namespace.ip(`addr show ${gateway.tun.name}`);
    expect(shown).toContain('mtu 1400');
    expect(shown).toMatch(/[<,]UP[,>]/);
    expect(shown).not.toContain('inet');
    expect(startTunLink(gateway.client, 'none0', 1400)).toMatchObject({ failure: { code: 'ENODEV' } });
  });

  it('the MTU of a path is that of the route, or of its interface; of no way it is none', () => {
    expect(pathMtu(gateway.client, '203.0.113.9')).toBe(1500);
    gateway.namespace.ip('link set wan mtu 1450');
    expect(pathMtu(gateway.client, '203.0.113.9')).toBe(1450);
    expect(pathMtu(gateway.client, '2001:db8:77::9')).toBe(1450);
    gateway.namespace.ip('route add 203.0.113.0/24 via 198.51.100.1 mtu 1300');
    expect(pathMtu(gateway.client, '203.0.113.9')).toBe(1300);
    gateway.routes.add('a', route('203.0.113.0/24', '10.1.0.0/24'));
    expect([pathMtu(gateway.client, '203.0.113.9'), pathMtu(gateway.client, '203.0.113.9', TUNNEL_MARK)]).toEqual([
      1400, 1300,
    ]);
    gateway.namespace.ip('route del default');
    expect(pathMtu(gateway.client, '192.0.2.9')).toBeUndefined();
  });
});
