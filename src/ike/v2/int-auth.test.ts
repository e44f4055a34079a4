import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../base/bytes.ts';
import { sealAead } from '../../crypto/cipher.ts';
import { EXCHANGE, FLAG_INITIATOR } from '../wire/header.ts';
import { openMessage } from './encrypted-payload.ts';
import { addFragment, fragmentMessage, type Reassembly } from './fragmentation.ts';
import {
  coverMessage,
  type IntAuth,
  intAuthChunk,
  NO_INT_AUTH,
  ownContent,
  type ProtectedContent,
} from './int-auth.ts';
import { ivOf, PROTECTIONS, protectionOf } from './testing/protections.ts';
import { encodePlainMessage } from './wire/message.ts';
import { notifyPayload } from './wire/notify.ts';
import { encodePayloads, type Payload } from './wire/payload.ts';

const HEADER = {
  initiatorSpi: '0102030405060708',
  responderSpi: '1112131415161718',
  exchangeType: EXCHANGE.IKE_INTERMEDIATE,
  flags: FLAG_INITIATOR,
  messageId: 1,
};

const hmac = (key: Uint8Array, ...data: Uint8Array[]) =>
  Uint8Array.from(
    createHmac('sha256', key)
      .update(concatBytes(...data))
      .digest(),
  );

const skPi = new Uint8Array(32).fill(1);
const skPr = new Uint8Array(32).fill(2);

describe('IntAuth (RFC 9242 §3.3.2)', () => {
  // A KE payload of method 31 with four bytes of data, inside of an Encrypted payload.
  const ke: Payload = { type: 'KE', method: 1025, data: fromHex('a1a2a3a4') };
  const chain = '0000000c' + '04010000' + 'a1a2a3a4';
  // SPIs, next payload SK, version 2.0, IKE_INTERMEDIATE, initiator, ID 1, length 28 + 4 + 12; next KE, length 4 + 12.
  const lead = `01020304050607081112131415161718${'2e202b08'}${'00000001'}${'0000002c'}${'22000010'}`;

  it('covers the header and the payloads in clear, with lengths that count neither IV nor padding nor ICV', () => {
    const content = ownContent(HEADER, [ke]);
    expect(toHex(content.chain)).toBe(chain);
    const covered = coverMessage(NO_INT_AUTH, 'initiator', { prf: 'prfsha256', skP: skPi, content });
    expect(covered.initiator).toEqual(hmac(skPi, fromHex(lead + chain)));
    expect(covered.responder).toHaveLength(0);
  });

  it('the value of each exchange goes into that of the next one, with the keys of its time; sides stay apart', () => {
    const message = fromHex(lead + chain);
    const content = ownContent(HEADER, [ke]);
    const later = new Uint8Array(32).fill(3);
    let intAuth: IntAuth = NO_INT_AUTH;
    for (const [sender, skP] of [
      ['initiator', skPi],
      ['responder', skPr],
      ['initiator', later],
    ] as const)
      intAuth = coverMessage(intAuth, sender, { prf: 'prfsha256', skP, content });
    const first = hmac(skPi, message);
    expect(intAuth).toEqual({ initiator: hmac(later, first, message), responder: hmac(skPr, message) });
    expect(intAuthChunk(intAuth, 3)).toEqual(
      concatBytes(hmac(later, first, message), hmac(skPr, message), fromHex('00000003')),
    );
  });

  const LONG: Payload[] = [ke, notifyPayload('COOKIE', new Uint8Array(700).fill(7))];

  it.each(PROTECTIONS.map((protection) => [protection.suite.encryption, protection] as const))(
    '%s: is the same of a message as sent, as received whole, and as received in fragments',
    (_, protection) => {
      const own = ownContent(HEADER, LONG);
      const parts = { ...protection, header: HEADER, payloads: LONG, nextIv: () => ivOf(protection) };
      for (const maxBytes of [5_000, 300]) {
        const messages = fragmentMessage({ ...parts, maxBytes });
        expect(messages.length > 1).toBe(maxBytes === 300);
        expect(octetsOf(received(messages, protection))).toBe(octetsOf(own));
        // The order of arrival does not matter.
        expect(octetsOf(received(messages.toReversed(), protection))).toBe(octetsOf(own));
      }
    },
  );

  it('payloads in clear before the Encrypted one are covered where they stand', () => {
    const protection = protectionOf('aes128gcm16');
    const clear = notifyPayload('COOKIE', fromHex('c0'));
    const { firstType, bytes } = encodePayloads([ke]);
    const lead = encodePlainMessage(HEADER, [clear, { type: 'SK', innerType: firstType, body: new Uint8Array(0) }]);
    const expected = octetsOf({ lead, chain: bytes });
    const closed = (payloads: readonly Payload[], text: Uint8Array) => seal(protection, [clear, ...payloads], text);
    const body = (length: number) => new Uint8Array(length + 25);
    const whole = closed([{ type: 'SK', innerType: firstType, body: body(bytes.length) }], bytes);
    expect(octetsOf(received([whole], protection))).toBe(expected);
    const pieces = [bytes.subarray(0, 5), bytes.subarray(5)].map((piece, index) => {
      const innerType = index === 0 ? firstType : 0;
      return closed([{ type: 'SKF', innerType, number: index + 1, total: 2, body: body(piece.length) }], piece);
    });
    expect(octetsOf(received(pieces, protection))).toBe(expected);
  });
});

/** The message with its last payload filled in: `text` without padding, by AES-GCM. */
function seal({ suite, keys }: Protection, payloads: readonly Payload[], text: Uint8Array): Uint8Array {
  const message = encodePlainMessage(HEADER, payloads);
  const ivAt = message.length - (text.length + 25);
  const iv = message.subarray(ivAt, ivAt + 8);
  const plaintext = concatBytes(text, Uint8Array.of(0));
  if (suite.encryption === undefined) throw new Error('a cipher expected');
  message.set(sealAead(suite.encryption, keys.encryptionKey, iv, message.slice(0, ivAt), plaintext), ivAt + 8);
  return message;
}

type Protection = (typeof PROTECTIONS)[number];

/** What a receiver makes of the datagrams of one message. */
function received(messages: readonly Uint8Array[], { suite, keys }: Protection): ProtectedContent {
  let state: Reassembly | undefined;
  for (const message of messages) {
    const opened = openMessage(message, suite, keys);
    if (opened === undefined) throw new Error('not authentic');
    const { fragment } = opened;
    if (fragment === undefined) return opened;
    const added = addFragment(state, { ...opened, fragment });
    if (added.kind === 'complete') return added;
    if (added.kind === 'incomplete') state = added.state;
  }
  throw new Error('the message is not complete');
}

function octetsOf(content: ProtectedContent): string {
  return toHex(coverMessage(NO_INT_AUTH, 'initiator', { prf: 'prfsha256', skP: skPi, content }).initiator);
}
