import { describe, expect, it } from 'vitest';
import { expectConnected, informed, raw, sealed } from './testing/established.ts';
import { alter, forge, read, type Sent, type TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver, pair } from './testing/pair.ts';
import { HEADER, withByte } from './testing/tampering.ts';
import { deleteIke } from './v2/deletes.ts';
import type { IkeSaV2 } from './v2/state.ts';
import { NOTIFY, notifyPayload } from './v2/wire/notify.ts';
import type { Payload } from './v2/wire/payload.ts';
import { EXCHANGE } from './wire/header.ts';

const UNKNOWN = { type: 'unknown', payloadType: 200, body: new Uint8Array(4) } as const;

/** Everything of an IKE SA that could be changed by a message. */
function stateOf(gateway: TestGateway): IkeSaV2 {
  return gateway.ikeSa();
}

describe('what is not authentic (X1, X2, U3)', () => {
  it('every bit of a request flipped, from its own address and from another: no reply, no change', () => {
    const { left, right } = connected();
    const before = stateOf(right);
    const timers = new Map(right.timers);
    const request = forge(left, { exchange: 'INFORMATIONAL', messageId: 2, payloads: [deleteIke()] });
    for (let bit = 28 * 8; bit < request.datagram.length * 8; bit++) {
      const at = bit >> 3;
      const flipped = withByte(request, at, (request.datagram[at] ?? 0) ^ (1 << (bit & 7)));
      right.receive(flipped);
      right.receive({ ...flipped, from: { address: '203.0.113.5', port: 4500 } });
    }
    expect(right.take()).toEqual([]);
    expect(stateOf(right)).toEqual(before);
    expect(right.timers).toEqual(timers);
    // The window has not moved: the true one still counts.
    right.receive(request);
    expect(right.views()).toEqual([]);
  });

  it('truncated at any length', () => {
    const { left, right } = connected();
    const before = stateOf(right);
    const request = forge(left, { exchange: 'INFORMATIONAL', messageId: 2, payloads: [deleteIke()] });
    for (let length = 28; length < request.datagram.length; length++) {
      const datagram = request.datagram.slice(0, length);
      new DataView(datagram.buffer).setUint32(24, length);
      right.receive({ ...request, datagram });
    }
    expect(right.take()).toEqual([]);
    expect(stateOf(right)).toEqual(before);
  });

  it('H6: the SPIs of one IKE SA mixed with those of another', () => {
    const { left, right } = connected();
    const before = stateOf(right);
    const request = forge(left, { exchange: 'INFORMATIONAL', messageId: 2, payloads: [] });
    right.receive(withByte(request, 0, (request.datagram[0] ?? 0) ^ 1));
    right.receive(withByte(request, 8, (request.datagram[8] ?? 0) ^ 1));
    right.receive(withByte(request, HEADER.flags, 0));
    right.receive(withByte(request, HEADER.flags, 0x20));
    expect(right.take()).toEqual([]);
    expect(stateOf(right)).toEqual(before);
  });

  it('N1: our own message comes back', () => {
    const { left, right } = connected();
    const before = stateOf(left);
    const request = forge(left, { exchange: 'INFORMATIONAL', messageId: 0, payloads: [deleteIke()] });
    left.receive({ from: request.to, to: request.from, datagram: request.datagram });
    expect(left.take()).toEqual([]);
    expect(stateOf(left)).toEqual(before);
    expectConnected({ left, right });
  });
});

describe('the message window (RFC 7296 §2.1 to §2.3)', () => {
  it('M1: a repeated request gets the same answer and is not processed again', () => {
    const { left, right } = connected();
    const request = forge(left, { exchange: 'INFORMATIONAL', messageId: 2, payloads: [] });
    right.receive(request);
    const first = right.takeOne();
    const before = stateOf(right);
    right.receive(request);
    expect(right.takeOne().datagram).toEqual(first.datagram);
    expect(stateOf(right)).toEqual(before);
  });

  it('M1: the same message ID with other content is dropped, though authentic', () => {
    const both = informed([]);
    both.right.take();
    both.right.receive(forge(both.left, { exchange: 'INFORMATIONAL', messageId: 2, payloads: [deleteIke()] }));
    expect(both.right.take()).toEqual([]);
    expectConnected(both);
  });

  it.each([0, 1, 3, 4, 0xffff_ffff])('M2: message ID %i where 2 is due: dropped, though authentic', (messageId) => {
    const both = connected();
    const before = stateOf(both.right);
    both.right.receive(forge(both.left, { exchange: 'INFORMATIONAL', messageId, payloads: [deleteIke()] }));
    expect(both.right.take()).toEqual([]);
    expect(stateOf(both.right)).toEqual(before);
  });

  it('M3: a response that nobody asked for, or to another exchange; and of two, the first counts', () => {
    const { left, right } = connected();
    const before = stateOf(right);
    const response = { messageId: 0, response: true, payloads: [] } as const;
    right.receive(forge(left, { exchange: 'INFORMATIONAL', ...response }));
    expect(stateOf(right)).toEqual(before);
    right.fire('liveness');
    const asking = stateOf(right);
    right.take();
    for (const exchange of ['CREATE_CHILD_SA', 'IKE_AUTH', 99] as const)
      right.receive(forge(left, { exchange, ...response }));
    right.receive(forge(left, { exchange: 'INFORMATIONAL', ...response, messageId: 1 }));
    expect(stateOf(right)).toEqual(asking);
    right.receive(forge(left, { exchange: 'INFORMATIONAL', ...response }));
    const answered = stateOf(right);
    expect(answered.outstanding).toBeUndefined();
    right.receive(forge(left, { exchange: 'INFORMATIONAL', ...response, payloads: [deleteIke()] }));
    expect(stateOf(right)).toEqual(answered);
  });

  it.each(['IKE_AUTH', 'IKE_SA_INIT', EXCHANGE.IKE_INTERMEDIATE, 99] as const)(
    'O2, H8: %s on an established IKE SA is dropped',
    (exchange) => {
      const { left, right } = connected();
      const before = stateOf(right);
      right.receive(forge(left, { exchange, messageId: 2, payloads: [deleteIke()] }));
      expect(right.take()).toEqual([]);
      expect(stateOf(right)).toEqual(before);
    },
  );

  it('O2: the IKE_SA_INIT and IKE_AUTH that made it come again', () => {
    const both = pair();
    both.left.initiate();
    const captured: Sent[] = [];
    for (let turn = 0; turn < 2; turn++) {
      captured.push(...deliver(both.left, both.right));
      deliver(both.right, both.left);
    }
    converse(both);
    const before = stateOf(both.right);
    const [init, auth] = captured;
    if (init === undefined || auth === undefined) throw new Error('two requests expected');
    both.right.receive(init);
    expect(both.right.take()).toEqual([]);
    both.right.receive(auth);
    expect(both.right.take()).toHaveLength(1);
    expect(stateOf(both.right)).toEqual(before);
    expect(both.right.views()).toHaveLength(1);
  });

  it('T7: SET_WINDOW_SIZE of any size changes nothing: one request at a time', () => {
    const both = informed([notifyPayload('SET_WINDOW_SIZE', Uint8Array.of(255, 255, 255, 255))]);
    expectConnected(both);
  });
});

describe('payloads of an authenticated peer', () => {
  it('P4: an unknown payload is skipped; a critical one refuses the request and no more', () => {
    expectConnected(informed([{ ...UNKNOWN, critical: false }]));
    const both = informed([{ ...UNKNOWN, critical: true }, deleteIke()]);
    expect(both.right.take()).toHaveLength(1);
    expectConnected(both);
    // The window has moved on.
    both.right.receive(forge(both.left, { exchange: 'INFORMATIONAL', messageId: 3, payloads: [] }));
    expect(both.right.take()).toHaveLength(1);
  });

  it('P7: payloads that belong elsewhere run no handler', () => {
    const both = informed([
      { type: 'AUTH', method: 2, data: new Uint8Array(20) },
      { type: 'EAP', body: new Uint8Array(4) },
      { type: 'CP', body: new Uint8Array(4) },
      notifyPayload('INITIAL_CONTACT'),
      notifyPayload('REDIRECT', new Uint8Array(6)),
      notifyPayload('UPDATE_SA_ADDRESSES'),
      notifyPayload('COOKIE2', new Uint8Array(8)),
    ]);
    expect(both.right.take()).toHaveLength(1);
    expectConnected(both);
  });

  it('T3: unknown errors and statuses in a request are ignored', () => {
    const notify = (number: number, data = 0): Payload => ({
      type: 'N',
      protocol: 0,
      spi: new Uint8Array(0),
      notify: number,
      data: new Uint8Array(data),
    });
    expectConnected(informed([notify(9999), notify(50_000), notify(14), notify(38, 40_000)]));
  });

  const FATAL: readonly (readonly [string, Payload])[] = [
    [
      'T1: an SPI of 255 bytes',
      { type: 'N', protocol: 3, spi: new Uint8Array(255), notify: 11, data: new Uint8Array(0) },
    ],
    ['T1: an SPI of 3 bytes', { type: 'N', protocol: 3, spi: new Uint8Array(3), notify: 11, data: new Uint8Array(0) }],
    ['D1: a Delete of protocol 4', raw(42, [4, 4, 0, 1, 0, 0, 0, 1])],
    ['D1: a Delete with a count that does not fit', raw(42, [3, 4, 0xff, 0xff, 0, 0, 0, 1])],
    ['D1: SPIs of size 0', raw(42, [3, 0, 0, 9])],
    ['D1: SPIs of size 0 for the IKE SA', raw(42, [1, 0, 0, 9])],
    ['D1: an IKE SA with an SPI', raw(42, [1, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1])],
  ];

  it.each(FATAL)('%s: INVALID_SYNTAX, then the IKE SA ends with its Child SA', (_, payload) => {
    const { right } = informed([payload]);
    expect(right.take()).toHaveLength(1);
    expect(right.views()).toEqual([]);
    expect(right.steps('remove-sa')).toHaveLength(2);
    expect(right.timers.size).toBe(0);
    expect(right.reasonsOf('ike.closed')).toEqual(['protocol-error']);
  });

  it('P1: a chain of payloads without end', () => {
    const both = connected();
    both.right.receive(sealed(both.left, 2, 200, new Uint8Array(4000).fill(200)));
    expect(both.right.reasonsOf('ike.closed')).toEqual(['protocol-error']);
    const other = connected();
    other.right.receive(sealed(other.left, 2, 41, new Uint8Array(4000)));
    expect(other.right.reasonsOf('ike.closed')).toEqual(['protocol-error']);
  });

  it('a malformed or critical answer to a probe: the peer is told that we part', () => {
    for (const payload of [raw(42, [3, 0, 0, 9]), { ...UNKNOWN, critical: true }]) {
      const both = connected();
      both.right.fire('liveness');
      deliver(both.right, both.left);
      both.left.take();
      both.right.receive(
        forge(both.left, { exchange: 'INFORMATIONAL', messageId: 0, response: true, payloads: [payload] }),
      );
      expect(both.right.steps('remove-sa')).toHaveLength(2);
      converse(both);
      expect(both.right.views()).toEqual([]);
      expect(both.left.views()).toEqual([]);
    }
  });

  it('a malformed or critical answer to our Delete ends the IKE SA all the same', () => {
    for (const payload of [raw(42, [3, 0, 0, 9]), { ...UNKNOWN, critical: true }]) {
      const both = connected();
      both.right.terminate();
      both.right.take();
      both.right.receive(
        forge(both.left, { exchange: 'INFORMATIONAL', messageId: 0, response: true, payloads: [payload] }),
      );
      expect(both.right.views()).toEqual([]);
      expect(both.right.timers.size).toBe(0);
    }
  });

  it.each([
    ['of the right shape', 3, 4],
    ['of the IKE SA', 1, 8],
    ['of no protocol', 0, 0],
    ['of AH', 2, 4],
  ])('T2: REKEY_SA %s of what is not there: CHILD_SA_NOT_FOUND, and nothing changes', (_, protocol, size) => {
    const both = connected();
    both.left.fire('rekey-net#1');
    const sent = alter(both.left, both.left.takeOne(), (payloads) =>
      payloads.map((payload) =>
        payload.type === 'N' ? { ...payload, protocol, spi: new Uint8Array(size).fill(1) } : payload,
      ),
    );
    both.right.receive(sent);
    const answer = read(both.right, both.right.takeOne());
    expect(answer).toMatchObject([
      { type: 'N', notify: NOTIFY.CHILD_SA_NOT_FOUND, protocol, spi: new Uint8Array(size).fill(1) },
    ]);
    expect(both.right.core.children()).toMatchObject([{ state: 'installed', sends: true }]);
  });
});
