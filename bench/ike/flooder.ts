import { randomFillSync } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { performKeyExchange } from '../../src/crypto/key-exchange.ts';
import { systemEntropy } from '../../src/crypto/system-entropy.ts';
import type { Effect } from '../../src/ike/common/effect.ts';
import { IkeCore } from '../../src/ike/core.ts';
import { UdpSocket } from '../../src/native/udp-socket.ts';
import { EVERYTHING } from '../../src/sim/tunnels.ts';
import { answerCalls } from './calls.ts';
import { RESPONDER, spoofedAddress } from './plan.ts';
import { tunnelPolicies } from './policies.ts';
import type { Suite } from './suites.ts';

/** A process that sends IKE_SA_INIT requests from addresses that nobody answers at. */
export type FlooderCall = { readonly suite: Suite; readonly rate: number; readonly seconds: number };

answerCalls(async ({ suite, rate, seconds }: FlooderCall) => {
  const request = firstMessage(suite);
  // What is answered goes to its port, where nobody reads it.
  const socket = UdpSocket.open({ family: 4, port: 500, udpEncap: false, bypassPolicy: false });
  const start = performance.now();
  const random = new Uint32Array(1);
  let sent = 0;
  let lost = 0;
  for (;;) {
    const elapsed = performance.now() - start;
    if (elapsed >= seconds * 1_000) break;
    for (const due = (elapsed / 1_000) * rate; sent < due; sent++) {
      // A new initiator SPI, and with it a new IKE SA.
      randomFillSync(request, 0, 8);
      randomFillSync(random);
      const from = { address: spoofedAddress(random[0] ?? 0), port: 500 };
      if (socket.send(from, { address: RESPONDER, port: 500 }, request) !== undefined) lost++;
    }
    await pause(1);
  }
  socket.close();
  return { sent: sent - lost, lost, seconds: (performance.now() - start) / 1_000 };
});

function firstMessage(suite: Suite): Uint8Array {
  const tunnels = tunnelPolicies({ suite, first: 0, count: 1 });
  const core = new IkeCore({ entropy: systemEntropy, capabilities: EVERYTHING, tunnels });
  const now = { mono: 1, wall: 1 };
  const queue: Effect[] = [...core.handle({ kind: 'command', command: { kind: 'initiate', tunnel: 't0' } }, now)];
  for (let effect = queue.shift(); effect !== undefined; effect = queue.shift()) {
    if (effect.kind === 'send') return effect.datagram.slice();
    if (effect.kind !== 'job') continue;
    const result = performKeyExchange(effect.job);
    queue.push(...core.handle({ kind: 'job.reply', request: effect.request, result }, now));
  }
  throw new Error('there is no first message');
}
