import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../base/bytes.ts';
import { invariant, WireError } from '../../base/errors.ts';
import { decryptCbc, encryptCbc, sealAead } from '../../crypto/cipher.ts';
import { computeIcv } from '../../crypto/integrity.ts';
import {
  openMessage,
  type Protection,
  peekFragment,
  sealChain,
  sealedBytes,
  sealMessage,
} from './encrypted-payload.ts';
import { messageHeaderArbitrary, payloadsArbitrary } from './testing/payload-arbitraries.ts';
import { ivOf, PROTECTIONS, protectionOf } from './testing/protections.ts';
import { encodePlainMessage, type MessageHeader } from './wire/message.ts';
import { decodePayloads, type Payload } from './wire/payload.ts';

const HEADER: MessageHeader = {
  initiatorSpi: 'c0c1c2c3c4c5c6c7',
  responderSpi: 'd0d1d2d3d4d5d6d7',
  exchangeType: 37,
  flags: 0x08,
  messageId: 9,
};

const PAYLOADS: Payload[] = [{ type: 'Nonce', data: new Uint8Array(20).fill(5) }];

const sealed = (protection: Protection, payloads: readonly Payload[] = PAYLOADS) =>
  sealMessage({ ...protection, header: HEADER, payloads, iv: ivOf(protection) });

const open = (bytes: Uint8Array, { suite, keys }: Protection) => openMessage(bytes, suite, keys);

const named = PROTECTIONS.map((protection) => ({
  name: `${protection.suite.encryption}-${protection.suite.integrity}`,
  protection,
}));

describe('the IKEv2 message of RFC 7634 appendix B', () => {
  const key = Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index);
  const keys = { encryptionKey: concatBytes(key, fromHex('a0a1a2a3')), integrityKey: new Uint8Array(0) };
  const suite = { protocol: 'ike', encryption: 'chacha20poly1305' } as const;
  const payloads: Payload[] = [{ type: 'N', protocol: 0, spi: fromHex(''), notify: 16385, data: fromHex('0000000a') }];
  const message = fromHex(
    `c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d7 2e202500 00000009 00000045 29000029 1011121314151617
     610394701f8d017f7c12924889 6b71bfe25236efd7cdc67066906315b2`,
  );

  it('is what we make of the same payloads, keys and IV', () => {
    const header = { ...HEADER, flags: 0 };
    expect(toHex(sealMessage({ header, payloads, suite, keys, iv: fromHex('1011121314151617') }))).toBe(toHex(message));
  });

  it('opens', () => {
    const opened = openMessage(message, suite, keys);
    expect(opened && decodePayloads(opened.firstType, opened.chain)).toEqual(payloads);
    expect(opened?.header).toMatchObject({ exchangeType: 37, messageId: 9 });
  });
});

describe.each(named)('Encrypted payload (RFC 7296 §3.14), $name', ({ protection }) => {
  it('what was sealed opens to the same payloads', () => {
    fc.assert(
      fc.property(messageHeaderArbitrary, payloadsArbitrary, (header, payloads) => {
        const bytes = sealMessage({ ...protection, header, payloads, iv: ivOf(protection) });
        const opened = open(bytes, protection);
        expect(opened?.header).toMatchObject(header);
        expect(opened && decodePayloads(opened.firstType, opened.chain)).toEqual(payloads);
        expect(opened?.fragment).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });

  it('the size is known before', () => {
    for (let length = 0; length < 40; length++) {
      const chain = new Uint8Array(length);
      const bytes = sealChain({ ...protection, header: HEADER, innerType: 43, chain, iv: ivOf(protection) });
      expect(bytes).toHaveLength(sealedBytes(protection.suite, length));
    }
  });

  it('X1: with any single bit flipped it does not open', () => {
    const bytes = sealed(protection);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(open(flipped, protection)).toBeUndefined();
    }
  });

  it('X2: cut to any length it does not open, with its lengths right or wrong', () => {
    const bytes = sealed(protection);
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.slice(0, length);
      expect(open(cut, protection)).toBeUndefined();
      if (length >= 32) {
        cut.set([length >> 8, length & 0xff], 26);
        cut.set([(length - 28) >> 8, (length - 28) & 0xff], 30);
        expect(open(cut, protection)).toBeUndefined();
      }
    }
  });

  it('X2: an empty one is a valid message without payloads', () => {
    const opened = open(sealed(protection, []), protection);
    expect(opened).toMatchObject({ firstType: 0, chain: new Uint8Array(0) });
  });

  it('X3: padding longer than the content is malformed, though authentic', () => {
    expect(() =>
      open(
        forge(protection, (plaintext) => plaintext.fill(0xff)),
        protection,
      ),
    ).toThrow(WireError);
    const exact = forge(protection, (plaintext) => plaintext.fill(plaintext.length));
    expect(() => open(exact, protection)).toThrow('SK.padLength');
  });

  it('X3: padding of any content and any fitting length is accepted', () => {
    const padded = forge(protection, (plaintext) =>
      plaintext.fill(0xab).fill(plaintext.length - 1, plaintext.length - 1),
    );
    expect(open(padded, protection)?.chain).toHaveLength(0);
  });

  it('X3: clear payloads beside it are authenticated, and are not content', () => {
    const clear: Payload = { type: 'V', data: fromHex('c1ea') };
    const bytes = forge(protection, () => {}, [clear]);
    const opened = open(bytes, protection);
    expect(opened && decodePayloads(opened.firstType, opened.chain)).toEqual(PAYLOADS);
    bytes[33] = 0;
    expect(open(bytes, protection)).toBeUndefined();
  });

  it('X3: an Encrypted payload inside another shows as one, closed', () => {
    const inner: Payload = { type: 'SK', innerType: 41, body: new Uint8Array(40) };
    const opened = open(sealed(protection, [inner]), protection);
    expect(opened && decodePayloads(opened.firstType, opened.chain)).toEqual([inner]);
  });

  it('X3: bytes or payloads after it are no message', () => {
    const bytes = sealed(protection);
    const longer = concatBytes(bytes, fromHex('00000004'));
    longer.set([longer.length >> 8, longer.length & 0xff], 26);
    expect(open(longer, protection)).toBeUndefined();
  });

  it('keys of the other direction do not open it', () => {
    const other = {
      encryptionKey: protection.keys.encryptionKey.map((byte) => byte ^ 1),
      integrityKey: protection.keys.integrityKey.map((byte) => byte ^ 1),
    };
    expect(openMessage(sealed(protection), protection.suite, other)).toBeUndefined();
  });

  it('any bytes, also in the shape of a message, do not open and do not throw', () => {
    fc.assert(
      fc.property(fc.constantFrom(46, 53, 33, 0), fc.uint8Array({ maxLength: 120 }), (type, body) => {
        const payload: Payload =
          type === 53 ? { type: 'SKF', innerType: 0, number: 1, total: 2, body } : { type: 'SK', innerType: 41, body };
        const bytes = encodePlainMessage(HEADER, [payload]);
        bytes[16] = type;
        expect(open(bytes, protection)).toBeUndefined();
        expect(open(body, protection)).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });
});

describe('plain messages', () => {
  const protection = protectionOf('aes128', 'sha1');

  it('a message without an Encrypted payload does not open', () => {
    expect(open(encodePlainMessage(HEADER, PAYLOADS), protection)).toBeUndefined();
    expect(open(encodePlainMessage(HEADER, []), protection)).toBeUndefined();
  });

  it('the place of a fragment is seen without keys; no other message has one', () => {
    const chain = new Uint8Array(3);
    const fragment = { number: 2, total: 3 };
    const bytes = sealChain({ ...protection, header: HEADER, innerType: 0, chain, iv: ivOf(protection), fragment });
    expect(peekFragment(bytes)).toEqual(fragment);
    expect(open(bytes, protection)).toMatchObject({ firstType: 0, chain, fragment });
    expect(peekFragment(sealed(protection))).toBeUndefined();
    expect(peekFragment(encodePlainMessage(HEADER, PAYLOADS))).toBeUndefined();
    expect(peekFragment(fromHex('00'))).toBeUndefined();
  });

  it('a fragment does not open as a whole message, nor with other numbers', () => {
    const fragment = { number: 1, total: 2 };
    const bytes = sealChain({
      ...protection,
      header: HEADER,
      innerType: 41,
      chain: new Uint8Array(3),
      iv: ivOf(protection),
      fragment,
    });
    for (const [offset, value] of [
      [16, 46],
      [33, 2],
      [35, 1],
    ] as const) {
      const changed = bytes.slice();
      changed[offset] = value;
      expect(open(changed, protection)).toBeUndefined();
    }
  });
});

/** An authentic message whose plaintext, or whose clear part, another sender might have made otherwise. */
function forge(
  protection: Protection,
  alter: (plaintext: Uint8Array) => void,
  clear: readonly Payload[] = [],
): Uint8Array {
  const { suite, keys } = protection;
  const template = sealed(protection);
  const iv = ivOf(protection);
  invariant(suite.encryption !== undefined, 'every suite has a cipher');
  const content = open(template, protection);
  invariant(content !== undefined, 'our own message opens');
  const icvBytes = suite.integrity === undefined ? 16 : computeIcv(suite.integrity, keys.integrityKey).length;
  const textAt = 32 + iv.length;
  const plaintext =
    suite.integrity === undefined
      ? concatBytes(content.chain, Uint8Array.of(0))
      : decryptCbc(
          suite.encryption,
          keys.encryptionKey,
          iv,
          template.subarray(textAt, template.length - icvBytes),
        ).slice();
  alter(plaintext);
  const body = new Uint8Array(template.length - 32);
  const message = encodePlainMessage(HEADER, [...clear, { type: 'SK', innerType: content.firstType, body }]);
  const contentAt = message.length - body.length;
  message.set(iv, contentAt);
  if (suite.integrity === undefined) {
    message.set(
      sealAead(suite.encryption, keys.encryptionKey, iv, message.slice(0, contentAt), plaintext),
      contentAt + iv.length,
    );
    return message;
  }
  message.set(encryptCbc(suite.encryption, keys.encryptionKey, iv, plaintext), contentAt + iv.length);
  const icvAt = message.length - icvBytes;
  message.set(computeIcv(suite.integrity, keys.integrityKey, message.slice(0, icvAt)), icvAt);
  return message;
}
