import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessageIdSync, encodeMessageIdSync } from './message-id-sync.ts';
import { NOTIFY, notifyPayload } from './notify.ts';

const sync = { nonce: Uint8Array.of(1, 2, 3, 4), sends: 5, expects: 0xffff_fffe };

describe('IKEV2_MESSAGE_ID_SYNC (RFC 6311 §6.3)', () => {
  it('is a nonce, the next message ID sent, and the next one expected', () => {
    const payload = encodeMessageIdSync(sync);
    expect(payload).toMatchObject({ notify: NOTIFY.IKEV2_MESSAGE_ID_SYNC, protocol: 0, spi: new Uint8Array(0) });
    expect(payload.data).toEqual(Uint8Array.of(1, 2, 3, 4, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xfe));
  });

  it('decode of encode', () => {
    const id = fc.integer({ min: 0, max: 0xffff_ffff });
    const nonce = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.record({ nonce, sends: id, expects: id }), (any) => {
        expect(decodeMessageIdSync(encodeMessageIdSync(any))).toEqual(any);
      }),
    );
  });

  it.each([0, 4, 8, 11, 13, 16, 1000])('U4: %i octets are none', (length) => {
    expect(decodeMessageIdSync(notifyPayload('IKEV2_MESSAGE_ID_SYNC', new Uint8Array(length)))).toBeUndefined();
  });

  it('is about no SA in particular', () => {
    const payload = encodeMessageIdSync(sync);
    expect(decodeMessageIdSync({ ...payload, protocol: 3 })).toBeUndefined();
    expect(decodeMessageIdSync({ ...payload, protocol: 3, spi: new Uint8Array(4) })).toBeUndefined();
    expect(decodeMessageIdSync({ ...payload, spi: new Uint8Array(8) })).toBeUndefined();
  });
});
