import { afterEach, describe, expect, it } from 'vitest';
import { NativeError } from '../native/errno.ts';
import type { Datagram } from '../native/udp-socket.ts';
import { UdpSocket } from '../native/udp-socket.ts';
import { IkeSockets } from './ike-sockets.ts';

const closers: { close(): void }[] = [];
afterEach(() => {
  for (const open of closers.splice(0)) open.close();
});

function freePort(): number {
  const socket = UdpSocket.open({ family: 4, port: 0, udpEncap: false, bypassPolicy: false });
  socket.close();
  return socket.port;
}

function setUp() {
  const ports = { ike: freePort(), natTraversal: freePort() };
  const received: Datagram[] = [];
  const sockets = IkeSockets.open({ ports, privileged: false });
  sockets.listen((datagram) => void received.push(datagram));
  closers.push(sockets);
  const peer = UdpSocket.open({ family: 4, port: 0, udpEncap: false, bypassPolicy: false });
  closers.push(peer);
  const answers: Datagram[] = [];
  peer.onDatagram((datagram) => answers.push(datagram));
  return { ports, sockets, received, peer, answers };
}

describe('IKE sockets', () => {
  it('a datagram is reported with the well-known port it came to, and the answer leaves from that very port', async () => {
    const { ports, sockets, received, peer, answers } = setUp();
    const remote = { address: '127.0.0.1', port: peer.port };
    peer.send(remote, { address: '127.0.0.5', port: ports.natTraversal }, Uint8Array.of(0, 0, 0, 0, 1));
    peer.send(remote, { address: '127.0.0.5', port: ports.ike }, Uint8Array.of(2));
    await expect.poll(() => received.length).toBe(2);
    expect(received.map(({ local }) => local.port).sort()).toEqual([4500, 500]);

    for (const { local, bytes } of received) expect(sockets.send(local, remote, bytes)).toBeUndefined();
    await expect.poll(() => answers.length).toBe(2);
    const sources = answers.map(({ remote: { address, port } }) => `${address}:${port}`).sort();
    expect(sources).toEqual([`127.0.0.5:${ports.ike}`, `127.0.0.5:${ports.natTraversal}`].sort());
  });

  it('a mix of families or an unknown port is refused as a value', () => {
    const { sockets } = setUp();
    const bytes = Uint8Array.of(1);
    const v4 = { address: '127.0.0.1', port: 500 };
    expect(sockets.send(v4, { address: '::1', port: 500 }, bytes)).toBe('EAFNOSUPPORT');
    expect(sockets.send({ address: '127.0.0.1', port: 501 }, v4, bytes)).toBe('EAFNOSUPPORT');
  });

  it('a port that is taken is an error, and the sockets opened before it are closed again', () => {
    const { ports } = setUp();
    const ike = freePort();
    const again = () => IkeSockets.open({ ports: { ...ports, ike }, privileged: false });
    expect(again).toThrow(NativeError);
    expect(again).toThrow('bind: EADDRINUSE');
  });
});
