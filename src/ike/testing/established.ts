import { expect } from 'vitest';
import { sealChain } from '../v2/encrypted-payload.ts';
import { messageKeys } from '../v2/keymat.ts';
import { ivOf } from '../v2/testing/protections.ts';
import type { Payload } from '../v2/wire/payload.ts';
import { EXCHANGE, FLAG_INITIATOR, FLAG_RESPONSE } from '../wire/header.ts';
import { forge, marked, type Sent, type TestGateway } from './gateway.ts';
import { connected, type Pair } from './pair.ts';

/** What an INFORMATIONAL request of `left` with these payloads makes of an established IKE SA of `right`. */
export function informed(payloads: readonly Payload[], both: Pair = connected()) {
  both.right.receive(forge(both.left, { exchange: 'INFORMATIONAL', messageId: 2, payloads }));
  return both;
}

export function expectConnected({ right }: Pair): void {
  expect(right.views()).toMatchObject([{ state: 'established', children: [{ state: 'installed' }] }]);
}

/** A payload with any octets inside. */
export function raw(payloadType: number, octets: readonly number[]): Payload {
  return { type: 'unknown', payloadType, critical: false, body: Uint8Array.from(octets) };
}

/** An authentic INFORMATIONAL message with any bytes inside. */
export function sealed(
  sender: TestGateway,
  messageId: number,
  innerType: number,
  chain: Uint8Array,
  more: { readonly fragment?: { readonly number: number; readonly total: number }; readonly response?: boolean } = {},
): Sent {
  const { suite, keys, role, initiatorSpi, responderSpi, local, remote } = sender.ikeSa();
  if (suite === undefined || keys === undefined) throw new Error('no keys yet');
  const protection = { suite, keys: messageKeys(keys, role) };
  const flags = (role === 'initiator' ? FLAG_INITIATOR : 0) | (more.response === true ? FLAG_RESPONSE : 0);
  const message = sealChain({
    ...protection,
    header: { initiatorSpi, responderSpi, exchangeType: EXCHANGE.INFORMATIONAL, flags, messageId },
    innerType,
    chain,
    iv: ivOf(protection),
    ...(more.fragment === undefined ? {} : { fragment: more.fragment }),
  });
  return { from: local, to: remote, datagram: marked(local, message) };
}
