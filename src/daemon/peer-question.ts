import { createSocket } from 'node:dgram';
import { toHex } from '../base/bytes.ts';
import type { Entropy } from '../base/entropy.ts';
import { addressFamily, type Endpoint, parseAddress } from '../base/net.ts';
import { performKeyExchange, privateKeyBytes } from '../crypto/key-exchange.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { probeMethod, versionProbe } from '../ike/version-probe.ts';

export type PeerQuestion = {
  readonly policy: TunnelPolicy;
  readonly remote: Endpoint;
  readonly entropy: Entropy;
  /** Milliseconds. */
  readonly patience?: number;
};

const PATIENCE = 1_500;
const TRANSMISSIONS = 3;

/** A first message of its own, which leads to nothing. */
export type FirstMessage = { readonly initiatorSpi: string; readonly bytes: Uint8Array };

/** Undefined where the version cannot say any of the tunnel's proposals. */
export function firstMessage({ policy, entropy }: PeerQuestion, version: 1 | 2, padding = 0): FirstMessage | undefined {
  const initiatorSpi = toHex(entropy.bytes(8));
  const publicValue = version === 1 ? new Uint8Array(0) : newPublicValue(policy, entropy);
  if (publicValue === undefined) return undefined;
  const bytes = versionProbe(policy, version, { initiatorSpi, nonce: entropy.bytes(32), publicValue, padding });
  return bytes === undefined ? undefined : { initiatorSpi, bytes };
}

function newPublicValue(policy: TunnelPolicy, entropy: Entropy): Uint8Array | undefined {
  const method = probeMethod(policy);
  if (method === undefined) return undefined;
  const privateKey = entropy.bytes(privateKeyBytes(method));
  const made = performKeyExchange({ kind: 'ke.generate', method, privateKey });
  return made.kind === 'ke.generate' ? made.publicValue : undefined;
}

/**
 * Sends messages to the peer, some times, from a port of its own, so that no IKE SA is in the way. `hear` is told of what
 * comes back, and ends it by true; else the patience does. Never rejects.
 */
export function askPeer(
  { policy, remote, patience = PATIENCE }: PeerQuestion,
  messages: readonly FirstMessage[],
  hear: (answer: Uint8Array) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const socket = createSocket(addressFamily(remote.address) === 6 ? 'udp6' : 'udp4');
    const timers: NodeJS.Timeout[] = [];
    const end = (): void => {
      for (const timer of timers.splice(0)) clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.close();
      resolve();
    };
    socket.on('error', end);
    socket.on('message', (bytes, { address }) => {
      // Whoever else sends to that port says nothing about the peer.
      if (parseAddress(address) === remote.address && hear(bytes)) end();
    });
    socket.bind({ address: policy.local.address, port: 0 }, () => {
      const send = (): void => {
        for (const { bytes } of messages) socket.send(bytes, remote.port, remote.address);
      };
      send();
      for (let turn = 1; turn < TRANSMISSIONS; turn += 1)
        timers.push(setTimeout(send, (turn * patience) / TRANSMISSIONS));
      timers.push(setTimeout(end, patience));
    });
  });
}
