import { createSocket } from 'node:dgram';
import { toHex } from '../base/bytes.ts';
import type { Entropy } from '../base/entropy.ts';
import { addressFamily, type Endpoint, parseAddress } from '../base/net.ts';
import { performKeyExchange, privateKeyBytes } from '../crypto/key-exchange.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { isTakenUp, probeMethod, versionProbe } from '../ike/version-probe.ts';

export type VersionQuestion = {
  readonly policy: TunnelPolicy;
  readonly version: 1 | 2;
  readonly remote: Endpoint;
  readonly entropy: Entropy;
  /** Milliseconds. */
  readonly patience?: number;
};

const PATIENCE = 1_500;
const TRANSMISSIONS = 3;

/**
 * Asks the peer whether it has the tunnel in that version, from a port of its own, so that no IKE SA is in the way. Resolves
 * with false where it does not say so in time; never rejects.
 */
export function asksInVersion(question: VersionQuestion): Promise<boolean> {
  const { policy, version, remote, patience = PATIENCE } = question;
  const initiatorSpi = toHex(question.entropy.bytes(8));
  const message = messageOf(question, initiatorSpi);
  if (message === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = createSocket(addressFamily(remote.address) === 6 ? 'udp6' : 'udp4');
    const timers: NodeJS.Timeout[] = [];
    const end = (answer: boolean): void => {
      for (const timer of timers.splice(0)) clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.close();
      resolve(answer);
    };
    socket.on('error', () => end(false));
    socket.on('message', (bytes, { address }) => {
      // Whoever else sends to that port says nothing about the peer.
      if (parseAddress(address) === remote.address && isTakenUp(bytes, version, initiatorSpi)) end(true);
    });
    socket.bind({ address: policy.local.address, port: 0 }, () => {
      const send = (): void => socket.send(message, remote.port, remote.address);
      send();
      for (let turn = 1; turn < TRANSMISSIONS; turn += 1)
        timers.push(setTimeout(send, (turn * patience) / TRANSMISSIONS));
      timers.push(setTimeout(() => end(false), patience));
    });
  });
}

function messageOf({ policy, version, entropy }: VersionQuestion, initiatorSpi: string): Uint8Array | undefined {
  const nonce = entropy.bytes(32);
  if (version === 1) return versionProbe(policy, 1, { initiatorSpi, nonce, publicValue: new Uint8Array(0) });
  const method = probeMethod(policy);
  if (method === undefined) return undefined;
  const privateKey = entropy.bytes(privateKeyBytes(method));
  const made = performKeyExchange({ kind: 'ke.generate', method, privateKey });
  if (made.kind !== 'ke.generate') return undefined;
  return versionProbe(policy, 2, { initiatorSpi, nonce, publicValue: made.publicValue });
}
