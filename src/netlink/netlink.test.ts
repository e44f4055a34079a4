import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { WireError } from '../base/errors.ts';
import { buildMessage, NetlinkWriter, parseAttributes, parseError, parseMessages, withSequence } from './netlink.ts';
import { commandVector, kernelMessages } from './testing/netlink-vectors.ts';

describe('netlink framing', () => {
  it('attributes of any length come back, padded to four bytes', () => {
    const list = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 0x3fff }), fc.uint8Array({ maxLength: 2000 })), {
      selector: ([type]) => type,
      maxLength: 8,
    });
    fc.assert(
      fc.property(list, (attributes) => {
        const message = buildMessage(0x10, 5, (writer) => {
          for (const [type, value] of attributes) writer.attribute(type, (target) => target.bytes(value));
        });
        const [parsed, ...more] = parseMessages(message);
        expect(more).toEqual([]);
        expect(message.length % 4).toBe(0);
        expect([...parseAttributes(parsed?.payload ?? new Uint8Array())]).toEqual(attributes);
      }),
    );
  });

  it('several messages in one datagram are taken apart', () => {
    expect(kernelMessages('sa-dump').map(({ type }) => type)).toEqual([0x10, 0x10, 0x10, 3]);
  });

  it('bytes that are no netlink yield WireError and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const parse of [parseMessages, parseAttributes]) {
          try {
            parse(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
        }
      }),
    );
  });

  it('a sequence number is set on a copy', () => {
    const message = buildMessage(0x10, 5, () => {});
    expect(withSequence(message, 0x01020304)[8]).toBe(4);
    expect(message[8]).toBe(0);
  });

  it('a name that does not fit its field with its terminator is refused', () => {
    expect(() => new NetlinkWriter().text('four', 4)).toThrow(RangeError);
  });
});

describe('errors of the kernel', () => {
  it('a refusal of a real kernel: ESRCH', () => {
    const [refusal] = kernelMessages('sa-get-missing');
    expect(refusal && parseError(refusal)).toEqual({ errno: 3 });
    const [deletion] = commandVector('sa-delete').replies.flatMap(parseMessages);
    expect(deletion && parseError(deletion)).toEqual({ errno: 3 });
  });

  it("the kernel's own words are read behind the echoed request, and without one", () => {
    const refusal = (echoed: number, body: number) => (writer: NetlinkWriter) => {
      writer.u32(-93 >>> 0);
      writer.u32(echoed).u16(0x10).u16(5).u32(1).u32(0).zeros(body);
      writer.attribute(1, (target) => target.bytes(utf8('Requested type not found\0')));
    };
    const capped = buildMessage(2, 0x100 | 0x200, refusal(400, 0));
    const whole = buildMessage(2, 0x200, refusal(24, 8));
    for (const message of [capped, whole].flatMap(parseMessages)) {
      expect(parseError(message)).toEqual({ errno: 93, text: 'Requested type not found' });
    }
  });
});
