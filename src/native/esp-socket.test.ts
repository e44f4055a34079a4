import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AddressFamily } from '../base/net.ts';
import { createArena } from './arena.ts';
import type { EspUdpOptions } from './esp-socket.ts';
import { EspSocket } from './esp-socket.ts';
import type { Fd } from './libc.ts';
import { readInto } from './packet-calls.ts';
import { PollSet } from './poll-set.ts';
import { NetworkNamespace, namespacesMissing } from './testing/network-namespace.ts';
import type { Datagram } from './udp-socket.ts';
import { UdpSocket } from './udp-socket.ts';

const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const;
const open: { close(): void }[] = [];
afterEach(() => {
  for (const socket of open.splice(0).reverse()) socket.close();
});

function opened<T extends { close(): void }>(socket: T): T {
  open.push(socket);
  return socket;
}

function openIke(family: AddressFamily): { socket: UdpSocket; received: number[][] } {
  const socket = opened(UdpSocket.open({ family, port: 0, udpEncap: false, bypassPolicy: false, sharedPort: true }));
  const received: number[][] = [];
  socket.onDatagram(({ bytes }: Datagram) => received.push([...bytes]));
  return { socket, received };
}

function openUdp(options: EspUdpOptions): EspSocket {
  return opened(EspSocket.udp(options));
}

/** All that waits in a socket, without waiting for more. */
function waiting(fd: Fd): number[][] {
  const arena = createArena(2048);
  const set = new PollSet([fd]);
  const datagrams: number[][] = [];
  while (set.wait(0) === 1) datagrams.push([...arena.bytes.subarray(0, readInto(fd, arena.address, 2048))]);
  return datagrams;
}

describe.each([4, 6] as const)('a port that IKE and ESP share, IPv%d', (family) => {
  const esp = [0, 0, 0, 1, 0, 0, 0, 9];
  const ike = [0, 0, 0, 0, 7, 7];

  it('gives IKE to the first, ESP to the second, and nothing to one that sends only', async () => {
    const { socket, received } = openIke(family);
    const { port } = socket;
    const second = openUdp({ family, port });
    const third = openUdp({ family, port, dontFragment: true, sendOnly: true });
    const peer = opened(UdpSocket.open({ family, port: 0, udpEncap: false, bypassPolicy: false }));
    const from = { address: LOOPBACK[family], port: peer.port };
    const to = { address: LOOPBACK[family], port };
    for (const bytes of [esp, ike, [0xff], [], [0, 0, 0], esp]) peer.send(from, to, Uint8Array.from(bytes));
    await expect.poll(() => received).toEqual([ike, [0xff], [], [0, 0, 0]]);
    expect(waiting(second.fd)).toEqual([esp, esp]);
    expect(waiting(third.fd)).toEqual([]);
  });

  it('from many senders, none of whom is mistaken', async () => {
    const { socket, received } = openIke(family);
    const { port } = socket;
    const second = openUdp({ family, port });
    openUdp({ family, port, sendOnly: true });
    const to = { address: LOOPBACK[family], port };
    for (let count = 0; count < 32; count++) {
      const peer = opened(UdpSocket.open({ family, port: 0, udpEncap: false, bypassPolicy: false }));
      const from = { address: LOOPBACK[family], port: peer.port };
      for (const bytes of [esp, ike]) peer.send(from, to, Uint8Array.from(bytes));
    }
    await expect.poll(() => received.length).toBe(32);
    expect(received.every(([, , , last]) => last === 0)).toBe(true);
    expect(waiting(second.fd)).toHaveLength(32);
  });

  it('as long as there is no second, the first gets all', async () => {
    const { socket, received } = openIke(family);
    const peer = opened(UdpSocket.open({ family, port: 0, udpEncap: false, bypassPolicy: false }));
    const from = { address: LOOPBACK[family], port: peer.port };
    peer.send(from, { address: LOOPBACK[family], port: socket.port }, Uint8Array.from(esp));
    await expect.poll(() => received).toEqual([esp]);
  });

  it('is not shared with a socket that does not say so, nor with another first', () => {
    const { port } = openIke(family).socket;
    const options = { family, port, udpEncap: false, bypassPolicy: false };
    expect(() => UdpSocket.open(options)).toThrow('bind: EADDRINUSE');
    expect(() => UdpSocket.open({ ...options, sharedPort: true })).toThrow('bind: EADDRINUSE');
  });
});

describe.skipIf(namespacesMissing)(`marks (${namespacesMissing ?? 'as root'})`, () => {
  let namespace: NetworkNamespace;
  beforeAll(() => {
    namespace = NetworkNamespace.create();
  });
  afterAll(() => namespace.close());

  it('a mark is what rules of routing see', () => {
    namespace.ip('rule add fwmark 0xc9 prohibit');
    const send = (mark?: number) => {
      const socket = namespace.run(() =>
        UdpSocket.open({
          family: 4,
          port: 0,
          udpEncap: false,
          bypassPolicy: false,
          ...(mark === undefined ? {} : { mark }),
        }),
      );
      opened(socket);
      const own = { address: '127.0.0.1', port: socket.port };
      return socket.send(own, { address: '192.0.2.1', port: 9 }, Uint8Array.of(1));
    };
    expect(send(0xc9)).toBe('EACCES');
    expect(send()).toBe('ENETUNREACH');
  });
});
