import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../base/bytes.ts';
import { WireError } from '../../base/errors.ts';
import { encodeFrame, FrameReader, MAX_PAYLOAD } from './frame.ts';
import { decodePacket, encodePacket, type ViciPacket } from './packet.ts';

describe('vici frames', () => {
  it('are the same payloads again, however the stream is cut into pieces', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 });
    fc.assert(
      fc.property(
        payloads,
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
        (sent, sizes) => {
          const stream = concatBytes(...sent.map(encodeFrame));
          const reader = new FrameReader();
          const received: Uint8Array[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const size = sizes[turn % sizes.length] ?? 1;
            received.push(...reader.read(stream.subarray(at, at + size)));
            at += size;
          }
          expect(received.map((payload) => [...payload])).toEqual(sent.map((payload) => [...payload]));
        },
      ),
    );
  });

  it('may be of 512 KiB, and are refused by their length alone where they are longer', () => {
    const most = new Uint8Array(MAX_PAYLOAD).fill(7);
    expect([...new FrameReader().read(encodeFrame(most))]).toEqual([most]);
    expect(() => encodeFrame(new Uint8Array(MAX_PAYLOAD + 1))).toThrow(RangeError);
    expect(() => [...new FrameReader().read(Uint8Array.of(0, 8, 0, 1))]).toThrow(WireError);
  });
});

describe('a vici packet', () => {
  it.each<ViciPacket>([
    { type: 'command-request', name: 'list-sas', message: Uint8Array.of(3, 1) },
    { type: 'command-response', message: new Uint8Array() },
    { type: 'command-unknown', message: new Uint8Array() },
    { type: 'event-register', name: 'list-sa', message: new Uint8Array() },
    { type: 'event', name: 'list-sa', message: Uint8Array.of(1) },
  ])('of type $type is what it was', (packet) => {
    expect(decodePacket(encodePacket(packet))).toEqual(packet);
  });

  it.each([
    ['of no bytes', Uint8Array.of()],
    ['of an unknown type', Uint8Array.of(8)],
    ['whose name is longer than the packet', Uint8Array.of(0, 5, 65)],
  ])('%s is refused', (_, payload) => {
    expect(() => decodePacket(payload)).toThrow(WireError);
  });
});
