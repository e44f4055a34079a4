import { afterEach, describe, expect, it } from 'vitest';
import { NativeError } from './errno.ts';
import type { Datagram } from './udp-socket.ts';
import { UdpSocket } from './udp-socket.ts';

/** Socket policies and ESP-in-UDP are for CAP_NET_ADMIN; the rest is tested without them where it is missing. */
const root = process.getuid?.() === 0;
const withRoot = root ? it : it.skip;

const open: UdpSocket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

function openSocket(family: 4 | 6 = 4, receiveBuffer?: number): { socket: UdpSocket; received: Datagram[] } {
  const socket = UdpSocket.open({
    family,
    port: 0,
    udpEncap: false,
    bypassPolicy: root,
    ...(receiveBuffer === undefined ? {} : { receiveBuffer }),
  });
  open.push(socket);
  const received: Datagram[] = [];
  socket.onDatagram((datagram) => received.push(datagram));
  return { socket, received };
}

describe('UDP socket', () => {
  it('tells which own address was asked and answers from that address', async () => {
    const a = openSocket();
    const b = openSocket();
    const from = { address: '127.0.0.2', port: a.socket.port };
    const to = { address: '127.0.0.9', port: b.socket.port };
    expect(a.socket.send(from, to, Uint8Array.of(1, 2, 3))).toBeUndefined();
    await expect.poll(() => b.received).toEqual([{ local: to, remote: from, bytes: Uint8Array.of(1, 2, 3) }]);

    expect(b.socket.send(to, from, Uint8Array.of(4))).toBeUndefined();
    await expect.poll(() => a.received).toEqual([{ local: from, remote: to, bytes: Uint8Array.of(4) }]);
  });

  it('IPv6: both ways over ::1', async () => {
    const a = openSocket(6);
    const b = openSocket(6);
    const from = { address: '::1', port: a.socket.port };
    const to = { address: '::1', port: b.socket.port };
    expect(a.socket.send(from, to, Uint8Array.of(6))).toBeUndefined();
    await expect.poll(() => b.received).toEqual([{ local: to, remote: from, bytes: Uint8Array.of(6) }]);
  });

  it('carries from 0 to 65,507 bytes, and says EMSGSIZE beyond', async () => {
    const a = openSocket();
    const b = openSocket();
    const from = { address: '127.0.0.1', port: a.socket.port };
    const to = { address: '127.0.0.1', port: b.socket.port };
    const largest = Uint8Array.from({ length: 65_507 }, (_, index) => index % 251);
    for (const bytes of [new Uint8Array(0), largest, Uint8Array.of(7)])
      expect(a.socket.send(from, to, bytes)).toBeUndefined();
    expect(a.socket.send(from, to, new Uint8Array(65_508))).toBe('EMSGSIZE');
    await expect.poll(() => b.received.length).toBe(3);
    expect(b.received.map(({ bytes }) => bytes)).toEqual([new Uint8Array(0), largest, Uint8Array.of(7)]);
  });

  it('a burst longer than one batch arrives whole and in order, and other work gets its turn in between', async () => {
    const a = openSocket();
    const b = openSocket();
    const from = { address: '127.0.0.1', port: a.socket.port };
    const to = { address: '127.0.0.1', port: b.socket.port };
    for (let index = 0; index < 200; index++) a.socket.send(from, to, Uint8Array.of(index));
    await new Promise((resolve) => setImmediate(resolve));
    expect(b.received.length).toBeLessThan(200);
    await expect.poll(() => b.received.length).toBe(200);
    expect(b.received.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 200 }, (_, index) => index));
  });

  it('datagrams own their memory: the next batch does not overwrite what was kept', async () => {
    const a = openSocket();
    const b = openSocket();
    const from = { address: '127.0.0.1', port: a.socket.port };
    const to = { address: '127.0.0.1', port: b.socket.port };
    a.socket.send(from, to, Uint8Array.of(1, 1));
    await expect.poll(() => b.received.length).toBe(1);
    a.socket.send(from, to, Uint8Array.of(2, 2));
    await expect.poll(() => b.received.length).toBe(2);
    expect(b.received[0]?.bytes).toEqual(Uint8Array.of(1, 1));
  });

  it('a source address that is not ours is refused as a value', () => {
    const a = openSocket();
    const from = { address: '192.0.2.1', port: a.socket.port };
    expect(a.socket.send(from, { address: '127.0.0.1', port: 9 }, Uint8Array.of(1))).toMatch(/^(EINVAL|ENETUNREACH)$/);
  });

  it('a peer whose port is closed (ICMP unreachable) does not stop the socket from receiving', async () => {
    const a = openSocket();
    const gone = openSocket();
    const from = { address: '127.0.0.1', port: a.socket.port };
    const closed = { address: '127.0.0.1', port: gone.socket.port };
    gone.socket.close();
    a.socket.send(from, closed, Uint8Array.of(1));
    await new Promise((resolve) => setImmediate(resolve));
    a.socket.send(from, from, Uint8Array.of(2));
    await expect.poll(() => a.received.length).toBe(1);
  });

  it('a port that is taken: the call and its errno name', () => {
    const { socket } = openSocket();
    const again = () => UdpSocket.open({ family: 4, port: socket.port, udpEncap: false, bypassPolicy: root });
    expect(again).toThrow(NativeError);
    expect(again).toThrow('bind: EADDRINUSE');
  });

  it('IPv4 and IPv6 share a port number', () => {
    const { socket } = openSocket(4);
    open.push(UdpSocket.open({ family: 6, port: socket.port, udpEncap: false, bypassPolicy: root }));
  });

  withRoot('ESP-in-UDP: the kernel keeps ESP and keepalives, IKE with its marker reaches us (needs root)', async () => {
    const encap = UdpSocket.open({ family: 4, port: 0, udpEncap: true });
    open.push(encap);
    const received: Uint8Array[] = [];
    encap.onDatagram(({ bytes }) => received.push(bytes));
    const a = openSocket();
    const from = { address: '127.0.0.1', port: a.socket.port };
    const to = { address: '127.0.0.1', port: encap.port };
    const esp = Uint8Array.from({ length: 64 }, (_, index) => index + 1);
    const ike = Uint8Array.from({ length: 32 }, (_, index) => (index < 4 ? 0 : index));
    for (const bytes of [esp, Uint8Array.of(0xff), ike]) a.socket.send(from, to, bytes);
    await expect.poll(() => received).toEqual([ike]);
  });
});
