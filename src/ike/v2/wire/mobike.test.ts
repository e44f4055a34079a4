import { describe, expect, it } from 'vitest';
import {
  decodeAdditionalAddress,
  decodeNoNatsAllowed,
  encodeAdditionalAddress,
  encodeNoNatsAllowed,
  isCookie2,
} from './mobike.ts';
import { NOTIFY, notifyPayload } from './notify.ts';

describe('ADDITIONAL_IP4_ADDRESS and ADDITIONAL_IP6_ADDRESS (RFC 4555 §4.2.2)', () => {
  it.each([
    ['192.0.2.7', NOTIFY.ADDITIONAL_IP4_ADDRESS, 4],
    ['2001:db8::7', NOTIFY.ADDITIONAL_IP6_ADDRESS, 16],
  ])('%s', (address, notify, length) => {
    const payload = encodeAdditionalAddress(address);
    expect(payload).toMatchObject({ notify, protocol: 0 });
    expect(payload.data).toHaveLength(length);
    expect(decodeAdditionalAddress(payload)).toBe(address);
  });

  it.each([0, 3, 5, 15, 17, 64])('U4: %i octets are no address', (length) => {
    const data = new Uint8Array(length);
    expect(decodeAdditionalAddress(notifyPayload('ADDITIONAL_IP4_ADDRESS', data))).toBeUndefined();
    expect(decodeAdditionalAddress(notifyPayload('ADDITIONAL_IP6_ADDRESS', data))).toBeUndefined();
  });

  it('U4: the length of the other family, and another notify, are no address', () => {
    expect(decodeAdditionalAddress(notifyPayload('ADDITIONAL_IP4_ADDRESS', new Uint8Array(16)))).toBeUndefined();
    expect(decodeAdditionalAddress(notifyPayload('ADDITIONAL_IP6_ADDRESS', new Uint8Array(4)))).toBeUndefined();
    expect(decodeAdditionalAddress(notifyPayload('COOKIE2', new Uint8Array(4)))).toBeUndefined();
  });
});

describe('NO_NATS_ALLOWED (RFC 4555 §4.2.6)', () => {
  it.each([
    ['192.0.2.1', '198.51.100.1', 12],
    ['2001:db8::1', '2001:db8::2', 36],
  ])('%s to %s', (source, destination, length) => {
    const itinerary = {
      source: { address: source, port: 4500 },
      destination: { address: destination, port: 500 },
    };
    const payload = encodeNoNatsAllowed(itinerary);
    expect(payload.data).toHaveLength(length);
    expect([...payload.data.subarray(-4)]).toEqual([0x11, 0x94, 0x01, 0xf4]);
    expect(decodeNoNatsAllowed(payload)).toEqual(itinerary);
  });

  it.each([0, 4, 11, 13, 24, 35, 37, 65_000])('U4: %i octets say nothing', (length) => {
    expect(decodeNoNatsAllowed(notifyPayload('NO_NATS_ALLOWED', new Uint8Array(length)))).toBeUndefined();
  });
});

it('COOKIE2 has 8 to 64 octets (RFC 4555 §4.2.5)', () => {
  const allowed = [0, 7, 8, 64, 65].filter((length) => isCookie2(notifyPayload('COOKIE2', new Uint8Array(length))));
  expect(allowed).toEqual([8, 64]);
});
