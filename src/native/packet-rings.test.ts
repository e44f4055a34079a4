import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AddressFamily, IpAddress } from '../base/net.ts';
import { addressFromBytes } from '../base/net.ts';
import type { Arena } from './arena.ts';
import { createArena } from './arena.ts';
import { EAGAIN, EMSGSIZE } from './errno.ts';
import type { EspUdpOptions } from './esp-socket.ts';
import { EspSocket } from './esp-socket.ts';
import { PollSet } from './poll-set.ts';
import { ReceiveRing } from './receive-ring.ts';
import { SendPath } from './send-path.ts';
import { SendRing } from './send-ring.ts';
import { NetworkNamespace, namespacesMissing } from './testing/network-namespace.ts';
import { UdpSocket } from './udp-socket.ts';

const ENETUNREACH = 101;
const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const;
const open: { close(): void }[] = [];
afterEach(() => {
  for (const socket of open.splice(0).reverse()) socket.close();
});

function opened<T extends { close(): void }>(socket: T): T {
  open.push(socket);
  return socket;
}

/** A port of its own, with the socket of IKE and that of ESP. */
function openPort(family: AddressFamily, options: Partial<EspUdpOptions> = {}): { fd: number; port: number } {
  const ike = opened(UdpSocket.open({ family, port: 0, udpEncap: false, bypassPolicy: false, sharedPort: true }));
  return { fd: opened(EspSocket.udp({ family, port: ike.port, ...options })).fd, port: ike.port };
}

/** Packets of the given lengths one after the other, each filled with its number. */
function packets(lengths: readonly number[]): { arena: Arena; at: (index: number) => number } {
  const starts = lengths.map((_, index) => lengths.slice(0, index).reduce((sum, length) => sum + length, 0));
  const arena = createArena(lengths.reduce((sum, length) => sum + length, 1));
  for (const [index, length] of lengths.entries())
    arena.bytes.fill(index + 1, starts[index], (starts[index] ?? 0) + length);
  return { arena, at: (index) => arena.address + (starts[index] ?? 0) };
}

function content(ring: ReceiveRing, index: number): Uint8Array {
  return ring.arena.bytes.slice(ring.offset(index), ring.offset(index) + ring.length(index));
}

function address(family: AddressFamily, word: (word: number) => number): IpAddress {
  const bytes = new Uint8Array(16);
  for (let at = 0; at < 4; at++) new DataView(bytes.buffer).setUint32(at * 4, word(at));
  return addressFromBytes(family === 4 ? bytes.subarray(12) : bytes);
}

/** Until the packets on their way over loopback are there. */
function receive(ring: ReceiveRing, fd: number): number {
  expect(new PollSet([fd]).wait(1000)).toBe(1);
  return ring.receive(fd);
}

describe.each([4, 6] as const)('batches of packets, IPv%d', (family) => {
  it('come with their length, both addresses, the port of the sender, and DSCP and ECN', () => {
    const [a, b] = [openPort(family), openPort(family)];
    const ring = new ReceiveRing({ family });
    const sender = new SendRing({ fd: a.fd, family });
    const own = family === 4 ? '127.0.0.2' : '::1';
    const path = new SendPath(own, { address: LOOPBACK[family], port: b.port });
    const { arena, at } = packets([100, 1, 1400]);
    for (const [index, length] of [100, 1, 1400].entries()) sender.add(path, at(index), length, 0xb8 | index);
    expect([sender.waiting, sender.flush(), sender.failure, sender.waiting]).toEqual([3, 3, 0, 0]);
    // One byte is shorter than a marker: that is IKE's.
    expect(receive(ring, b.fd)).toBe(2);
    expect(content(ring, 0)).toEqual(arena.bytes.slice(0, 100));
    expect(content(ring, 1)).toEqual(arena.bytes.slice(101, 1501));
    expect([ring.trafficClass(0), ring.trafficClass(1)]).toEqual([0xb8, 0xba]);
    expect([ring.peerPort(1), ring.segment(1)]).toEqual([a.port, 0]);
    expect(address(family, (word) => ring.peer(1, word))).toBe(own);
    expect(address(family, (word) => ring.local(1, word))).toBe(LOOPBACK[family]);
    expect(ring.receive(b.fd)).toBe(-EAGAIN);
  });

  it('more than one call brings come with the next, in order, and nothing outside the slots is touched', () => {
    const [a, b] = [openPort(family), openPort(family)];
    const ring = new ReceiveRing({ family, count: 8, slotBytes: 64, headroom: 16, tailroom: 8 });
    const sender = new SendRing({ fd: a.fd, family, count: 20 });
    const path = new SendPath(LOOPBACK[family], { address: LOOPBACK[family], port: b.port });
    const { at } = packets(new Array<number>(20).fill(64));
    for (let index = 0; index < 20; index++) sender.add(path, at(index), 64, 0);
    expect(sender.full).toBe(true);
    expect(sender.flush()).toBe(20);
    const seen: (number | undefined)[] = [];
    for (const count of [8, 8, 4]) {
      expect(receive(ring, b.fd)).toBe(count);
      for (let index = 0; index < count; index++) seen.push(content(ring, index)[63]);
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    for (let index = 0; index < 8; index++) {
      const start = ring.offset(index);
      expect(ring.arena.bytes.subarray(start - 16, start).every((byte) => byte === 0)).toBe(true);
      expect(ring.arena.bytes.subarray(start + 64, start + 72).every((byte) => byte === 0)).toBe(true);
    }
  });

  it('one that is longer than its slot has no length', () => {
    const [a, b] = [openPort(family), openPort(family)];
    const ring = new ReceiveRing({ family, slotBytes: 64 });
    const sender = new SendRing({ fd: a.fd, family });
    const path = new SendPath(LOOPBACK[family], { address: LOOPBACK[family], port: b.port });
    const { at } = packets([64, 65, 10]);
    for (const [index, length] of [64, 65, 10].entries()) sender.add(path, at(index), length, 0);
    sender.flush();
    expect(receive(ring, b.fd)).toBe(3);
    expect([0, 1, 2].map((index) => ring.length(index))).toEqual([64, 0, 10]);
  });

  it('what cannot be sent is skipped and named, the others go', () => {
    const [a, b, c] = [openPort(family, { dontFragment: true }), openPort(family), openPort(family)];
    const ring = new ReceiveRing({ family });
    const sender = new SendRing({ fd: a.fd, family });
    const [toB, toC] = [b, c].map(({ port }) => new SendPath(LOOPBACK[family], { address: LOOPBACK[family], port }));
    if (toB === undefined || toC === undefined) throw new Error('two paths');
    const foreign = family === 4 ? '192.0.2.77' : '2001:db8::77';
    const notOurs = new SendPath(foreign, { address: LOOPBACK[family], port: b.port });
    const { at } = packets([10, 65_600, 20, 30, 40]);
    sender.add(toB, at(0), 10, 0);
    sender.add(toC, at(1), 65_600, 0);
    sender.add(toB, at(2), 20, 0);
    sender.add(notOurs, at(3), 30, 0);
    sender.add(toC, at(4), 40, 0);
    expect([sender.flush(), sender.failed, sender.failure]).toEqual([3, 2, EMSGSIZE]);
    expect(sender.failedPath).toBe(toC);
    expect(receive(ring, b.fd)).toBe(2);
    expect([ring.length(0), ring.length(1)]).toEqual([10, 20]);
    expect(receive(ring, c.fd)).toBe(1);
    sender.add(toB, at(0), 10, 0);
    expect([sender.flush(), sender.failure, sender.failedPath]).toEqual([1, 0, undefined]);
  });

  it('segmented and coalesced: equal packets of one path travel as one, a shorter one may end it', () => {
    const [a, b] = [openPort(family, { segmentation: true }), openPort(family, { coalescing: true })];
    const ring = new ReceiveRing({ family });
    const sender = new SendRing({ fd: a.fd, family, segmentation: true });
    const path = new SendPath(LOOPBACK[family], { address: LOOPBACK[family], port: b.port });
    const other = new SendPath(LOOPBACK[family], { address: LOOPBACK[family], port: b.port });
    const lengths = [1000, 1000, 1000, 200, 200, 300, 300, 300];
    const { arena, at } = packets(lengths);
    for (const [index, length] of lengths.entries())
      sender.add(index === 7 ? other : path, at(index), length, index < 6 ? 0 : 1);
    expect([sender.flush(), sender.failure]).toEqual([8, 0]);
    const messages = [];
    for (let count = receive(ring, b.fd); count > 0; count = ring.receive(b.fd))
      for (let index = 0; index < count; index++)
        messages.push([ring.length(index), ring.segment(index), ring.trafficClass(index)]);
    // 200 ends the thousands; nothing joins a shorter one, nor another traffic class, nor another path.
    expect(messages).toEqual([
      [3200, 1000, 0],
      [200, 0, 0],
      [300, 0, 0],
      [300, 0, 1],
      [300, 0, 1],
    ]);
    expect(arena.bytes[0]).toBe(1);
  });
});

describe.skipIf(namespacesMissing)(
  `a path that is narrower than the packets (${namespacesMissing ?? 'as root'})`,
  () => {
    let namespace: NetworkNamespace;
    beforeAll(() => {
      namespace = NetworkNamespace.create();
      namespace.ip('link set lo mtu 1400');
    });
    afterAll(() => namespace.close());

    it.each([4, 6] as const)(
      'equal packets that the kernel takes not as one go one by one, in fragments, IPv%d',
      (family) => {
        const [a, b] = namespace.run(() => [openPort(family, { segmentation: true }), openPort(family)]);
        if (a === undefined || b === undefined) throw new Error('two ports');
        const ring = new ReceiveRing({ family });
        const sender = new SendRing({ fd: a.fd, family, segmentation: true });
        const path = new SendPath(LOOPBACK[family], { address: LOOPBACK[family], port: b.port });
        const lengths = [1000, 1500, 1500, 700, 1500, 1500];
        const { at } = packets(lengths);
        for (const [index, length] of lengths.entries()) sender.add(path, at(index), length, index === 4 ? 2 : 0);
        expect([sender.flush(), sender.failure, sender.failed]).toEqual([6, 0, 0]);
        expect(receive(ring, b.fd)).toBe(6);
        const seen = lengths.map((_, index) => [ring.length(index), content(ring, index)[0], ring.trafficClass(index)]);
        expect(seen).toEqual(lengths.map((length, index) => [length, index + 1, index === 4 ? 2 : 0]));
      },
    );

    it('where they may not be fragmented, each that does not fit is lost for its length, and the shorter one goes', () => {
      const open = () => openPort(4, { segmentation: true, dontFragment: true });
      const [a, b] = namespace.run(() => [open(), openPort(4)]);
      if (a === undefined || b === undefined) throw new Error('two ports');
      const ring = new ReceiveRing({ family: 4 });
      const sender = new SendRing({ fd: a.fd, family: 4, segmentation: true });
      const path = new SendPath(LOOPBACK[4], { address: LOOPBACK[4], port: b.port });
      const { at } = packets([1500, 1500, 700]);
      for (const [index, length] of [1500, 1500, 700].entries()) sender.add(path, at(index), length, 0);
      expect([sender.flush(), sender.failure, sender.failed, sender.failedPath]).toEqual([1, EMSGSIZE, 2, path]);
      expect(receive(ring, b.fd)).toBe(1);
      expect(ring.length(0)).toBe(700);
    });
  },
);

describe.skipIf(namespacesMissing)(`a path that takes nothing (${namespacesMissing ?? 'as root'})`, () => {
  let namespace: NetworkNamespace;
  beforeAll(() => {
    namespace = NetworkNamespace.create();
    namespace.ip('link add name one type veth peer name two');
    for (const end of ['one', 'two']) namespace.ip(`link set ${end} up`);
    namespace.ip('address add 192.0.2.1/24 dev one');
  });
  afterAll(() => namespace.close());

  it('does not hold up the thread for the seconds that the kernel looks for the neighbour', () => {
    const { fd } = namespace.run(() => openPort(4));
    const sender = new SendRing({ fd, family: 4 });
    const { at } = packets([1400]);
    const paths = Array.from(
      { length: 60 },
      (_, host) => new SendPath('192.0.2.1', { address: `192.0.2.${host + 2}`, port: 4500 }),
    );
    const started = performance.now();
    let lost = 0;
    for (let batch = 0; batch < 40; batch++) {
      for (const path of paths) sender.add(path, at(0), 1400, 0);
      sender.flush();
      lost += sender.failed;
      if (sender.failed > 0) expect(sender.failure).toBe(EAGAIN);
    }
    expect(lost).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe.skipIf(namespacesMissing)(`raw ESP and AH (${namespacesMissing ?? 'as root'})`, () => {
  let namespace: NetworkNamespace;
  beforeAll(() => {
    namespace = NetworkNamespace.create();
  });
  afterAll(() => namespace.close());

  it.each([
    [4, 'esp', 20],
    [6, 'esp', 0],
    [6, 'ah', 0],
  ] as const)('IPv%d %s: sent without a header, received behind %d bytes', (family, protocol, header) => {
    const { fd } = namespace.run(() => opened(EspSocket.raw({ family, protocol })));
    const ring = new ReceiveRing({ family });
    const sender = new SendRing({ fd, family });
    const { arena, at } = packets([100]);
    sender.add(new SendPath(LOOPBACK[family], { address: LOOPBACK[family], port: 0 }), at(0), 100, 3);
    expect([sender.flush(), sender.failure]).toEqual([1, 0]);
    expect(receive(ring, fd)).toBe(1);
    expect(content(ring, 0).slice(header)).toEqual(arena.bytes.slice(0, 100));
    expect([ring.length(0), ring.trafficClass(0), ring.peerPort(0)]).toEqual([header + 100, 3, 0]);
    expect(address(family, (word) => ring.local(0, word))).toBe(LOOPBACK[family]);
    expect(address(family, (word) => ring.peer(0, word))).toBe(LOOPBACK[family]);
  });

  it('IPv4 AH: the header that is sent is the one that arrives', () => {
    const { fd } = namespace.run(() => opened(EspSocket.raw({ family: 4, protocol: 'ah' })));
    const ring = new ReceiveRing({ family: 4 });
    const sender = new SendRing({ fd, family: 4 });
    const arena = createArena(64);
    // DF, identification 0x1234, TTL 64, protocol 51; the kernel fills in length and checksum.
    arena.bytes.set([0x45, 0x02, 0, 44, 0x12, 0x34, 0x40, 0, 64, 51, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
    arena.bytes.fill(7, 20, 44);
    sender.add(new SendPath('127.0.0.1', { address: '127.0.0.1', port: 0 }), arena.address, 44, 0);
    expect([sender.flush(), sender.failure]).toEqual([1, 0]);
    expect(receive(ring, fd)).toBe(1);
    const packet = content(ring, 0);
    packet.fill(0, 10, 12);
    expect(packet).toEqual(arena.bytes.slice(0, 44));
  });

  it('a path that leads nowhere', () => {
    const { fd } = namespace.run(() => opened(EspSocket.raw({ family: 4, protocol: 'esp' })));
    const sender = new SendRing({ fd, family: 4 });
    const { at } = packets([100]);
    sender.add(new SendPath('127.0.0.1', { address: '192.0.2.1', port: 0 }), at(0), 100, 0);
    expect([sender.flush(), sender.failure]).toEqual([0, ENETUNREACH]);
  });

  it('a socket that sends only keeps no packet', () => {
    const [receiver, sending] = namespace.run(() => [
      opened(EspSocket.raw({ family: 4, protocol: 'esp' })),
      opened(EspSocket.raw({ family: 4, protocol: 'esp', sendOnly: true })),
    ]);
    if (receiver === undefined || sending === undefined) throw new Error('two sockets');
    const ring = new ReceiveRing({ family: 4 });
    const sender = new SendRing({ fd: sending.fd, family: 4 });
    const { at } = packets([100]);
    sender.add(new SendPath('127.0.0.1', { address: '127.0.0.1', port: 0 }), at(0), 100, 0);
    expect(sender.flush()).toBe(1);
    expect(receive(ring, receiver.fd)).toBe(1);
    expect(ring.receive(sending.fd)).toBe(-EAGAIN);
  });
});
