import { describe, expect, it } from 'vitest';
import { expectConnected, sealed } from './testing/established.ts';
import { forge, type Sent, type TestGateway } from './testing/gateway.ts';
import { connected, converse, halfOpen, pair } from './testing/pair.ts';
import { withByte } from './testing/tampering.ts';
import { deleteChildren, deleteIke } from './v2/deletes.ts';
import { notifyPayload } from './v2/wire/notify.ts';
import { encodePayloads, type Payload } from './v2/wire/payload.ts';

describe('fragments (RFC 7383)', () => {
  /** Fragments of an INFORMATIONAL message of `sender` with these payloads. */
  function fragments(
    sender: TestGateway,
    payloads: readonly Payload[],
    options: { messageId: number; response?: boolean },
  ): Sent[] {
    const { firstType, bytes } = encodePayloads(payloads);
    const half = Math.ceil(bytes.length / 2);
    return [bytes.subarray(0, half), bytes.subarray(half)].map((chain, index) =>
      sealed(sender, options.messageId, index === 0 ? firstType : 0, chain, {
        fragment: { number: index + 1, total: 2 },
        response: options.response === true,
      }),
    );
  }

  const LONG = notifyPayload('ADDITIONAL_IP4_ADDRESS', new Uint8Array(600));

  it('F6: complete, it is answered once; its first fragment again brings the same answer, the others none', () => {
    const { left, right } = connected();
    const [first, second] = fragments(left, [LONG, deleteChildren('esp', [5])], { messageId: 2 });
    if (first === undefined || second === undefined) throw new Error('two fragments expected');
    right.receive(second);
    right.receive(first);
    const answer = right.takeOne();
    right.receive(second);
    expect(right.take()).toEqual([]);
    right.receive(first);
    expect(right.takeOne().datagram).toEqual(answer.datagram);
  });

  it('F3: a forged fragment is dropped, the others still make the message', () => {
    const { left, right } = connected();
    const [first, second] = fragments(left, [LONG], { messageId: 2 });
    if (first === undefined || second === undefined) throw new Error('two fragments expected');
    right.receive(withByte(first, 60, (first.datagram[60] ?? 0) ^ 1));
    right.receive(second);
    right.receive(first);
    expect(right.take()).toHaveLength(1);
  });

  it('F3: fragments that were not negotiated are dropped', () => {
    const both = pair();
    both.left.initiate();
    const init = both.left.takeOne();
    // Without the last notify, FRAGMENTATION_SUPPORTED; AUTH then covers other bytes on each side, so no further.
    const { right } = both;
    right.receive(init);
    const before = halfOpen();
    before.left.take();
    for (const piece of fragments(before.left, [LONG], { messageId: 1 })) right.receive(piece);
    expect(right.ikeSa().reassembly).toBeUndefined();
  });

  it('F7: the whole message wins against its fragments', () => {
    const { left, right } = connected();
    const [first, second] = fragments(left, [LONG, deleteIke()], { messageId: 2 });
    if (first === undefined || second === undefined) throw new Error('two fragments expected');
    right.receive(first);
    right.receive(forge(left, { exchange: 'INFORMATIONAL', messageId: 2, payloads: [] }));
    right.take();
    expect(right.ikeSa().reassembly).toBeUndefined();
    right.receive(second);
    expect(right.take()).toEqual([]);
    expectConnected({ left, right });
  });

  it('F7: the IKE SA ends while fragments wait: nothing is left', () => {
    const both = connected();
    const [first] = fragments(both.left, [LONG], { messageId: 2 });
    if (first !== undefined) both.right.receive(first);
    both.right.terminate();
    converse(both);
    expect(both.right.views()).toEqual([]);
  });

  it('those of a request and of a response with the same message ID do not mix', () => {
    const { left, right } = connected();
    // The answer to the second request of `right` and the request with ID 2 of `left` come interleaved.
    for (const messageId of [0, 1]) {
      right.fire('liveness');
      right.take();
      right.receive(forge(left, { exchange: 'INFORMATIONAL', messageId, response: true, payloads: [] }));
    }
    right.fire('liveness');
    right.take();
    const request = fragments(left, [LONG, deleteChildren('esp', [5])], { messageId: 2 });
    const response = fragments(left, [LONG, notifyPayload('INVALID_SPI')], { messageId: 2, response: true });
    for (const one of [request[0], response[1], response[0], response[1], request[1], request[0], request[1]])
      if (one !== undefined) right.receive(one);
    expectConnected({ left, right });
    expect(right.ikeSa().outstanding).toBeUndefined();
    expect(right.ikeSa().expectedRequestId).toBe(3);
  });
});
