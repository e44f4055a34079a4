import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { systemEntropy } from '../crypto/system-entropy.ts';
import { pair } from '../ike/testing/pair.ts';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { asksWithLargePacket } from './path-question.ts';

const LOOPBACK = { address: '127.0.0.1', segments: LEFT.segments };
/** What is left of 1500 bytes without the headers of IPv4 and UDP. */
const LARGE = 1_472;

let sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets) socket.close();
  sockets = [];
});

/** A peer on the loopback that has the tunnel, at the end of a path for datagrams of so many bytes. */
async function peerBehind(path: number, version: 1 | 2 = 2) {
  const { right } = pair({ right: { version } });
  const socket = createSocket('udp4');
  const sizes: number[] = [];
  sockets.push(socket);
  socket.on('message', (datagram, { port, address }) => {
    sizes.push(datagram.length);
    if (datagram.length > path) return;
    right.receive({
      from: { address: LEFT.address, port: 500 },
      to: { address: RIGHT.address, port: 500 },
      datagram: Uint8Array.from(datagram),
    });
    for (const answer of right.take()) socket.send(answer.datagram, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, LOOPBACK.address, resolve));
  return { port: socket.address().port, sizes };
}

function ask(port: number, version: 1 | 2 = 2) {
  return asksWithLargePacket({
    policy: { ...tunnelPolicy(LOOPBACK, RIGHT), version },
    remote: { address: LOOPBACK.address, port },
    entropy: systemEntropy,
    patience: 400,
  });
}

describe('asking a peer with a large packet', () => {
  it.each([1, 2] as const)('finds that the path carries it in IKEv%i', async (version) => {
    const { port, sizes } = await peerBehind(LARGE, version);
    expect(await ask(port, version)).toBe('answered');
    expect(Math.max(...sizes)).toBe(LARGE);
  });

  it.each([1, 2] as const)('finds that it is lost where a small one is answered, in IKEv%i', async (version) => {
    const { port, sizes } = await peerBehind(LARGE - 1, version);
    expect(await ask(port, version)).toBe('lost');
    expect(sizes.filter((size) => size === LARGE).length).toBeGreaterThan(1);
  });

  it('finds nothing where nothing is answered', async () => {
    expect(await ask((await peerBehind(0)).port)).toBeUndefined();
  });
});
