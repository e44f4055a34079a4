import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { systemEntropy } from '../crypto/system-entropy.ts';
import { pair } from '../ike/testing/pair.ts';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { asksInVersion } from './version-question.ts';

const LOOPBACK = { address: '127.0.0.1', segments: LEFT.segments };

let sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets) socket.close();
  sockets = [];
});

/** A peer on the loopback that has the tunnel in this version, or says nothing. */
async function peerOf(version: 1 | 2 | undefined): Promise<number> {
  const { right } = pair({ right: { version: version ?? 2 } });
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.on('message', (datagram, { port, address }) => {
    if (version === undefined) return;
    right.receive({
      from: { address: LEFT.address, port: 500 },
      to: { address: RIGHT.address, port: 500 },
      datagram: Uint8Array.from(datagram),
    });
    for (const answer of right.take()) socket.send(answer.datagram, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, LOOPBACK.address, resolve));
  return socket.address().port;
}

function ask(version: 1 | 2, port: number, local = LOOPBACK.address): Promise<boolean> {
  return asksInVersion({
    policy: tunnelPolicy({ ...LOOPBACK, address: local }, RIGHT),
    version,
    remote: { address: LOOPBACK.address, port },
    entropy: systemEntropy,
    patience: 300,
  });
}

describe('asking a peer in the other version', () => {
  it.each([1, 2] as const)('finds that it has the tunnel in IKEv%i', async (version) => {
    expect(await ask(version, await peerOf(version))).toBe(true);
  });

  it('finds nothing where it has another one, or does not answer', async () => {
    expect(await ask(1, await peerOf(2))).toBe(false);
    expect(await ask(2, await peerOf(undefined))).toBe(false);
  });

  it('finds nothing from an address that this machine does not have', async () => {
    expect(await ask(1, await peerOf(1), '192.0.2.77')).toBe(false);
  });
});
