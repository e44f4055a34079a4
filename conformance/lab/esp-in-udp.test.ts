import { describe, expect, it } from 'vitest';
import { changed, espInUdp } from './esp-in-udp.ts';

const ESP = Buffer.from('c0ffee0100000007deadbeefdeadbeefdeadbeef', 'hex');

/** A packet as tcpdump writes it: header of the record, Ethernet, IPv4, UDP, payload. */
function record(payload: Buffer, { to = '192.0.2.1', port = 4500 } = {}): Buffer {
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(4500, 0);
  udp.writeUInt16BE(port, 2);
  udp.writeUInt16BE(8 + payload.length, 4);
  const ip = Buffer.alloc(20);
  ip.set([0x45], 0);
  ip.set([17], 9);
  ip.set(to.split('.').map(Number), 16);
  const ethernet = Buffer.alloc(14);
  ethernet.writeUInt16BE(0x0800, 12);
  const frame = Buffer.concat([ethernet, ip, udp, payload]);
  const header = Buffer.alloc(16);
  header.writeUInt32LE(frame.length, 8);
  header.writeUInt32LE(frame.length, 12);
  return Buffer.concat([header, frame]);
}

describe('ESP in UDP of a capture', () => {
  it('is what goes to the address and port, and neither IKE nor a keepalive; half a packet at the end is none', () => {
    const ike = Buffer.concat([Buffer.alloc(4), ESP]);
    const last = record(ESP);
    const pcap = Buffer.concat([
      Buffer.alloc(24),
      record(ike),
      record(Buffer.of(0xff)),
      record(ESP, { to: '192.0.2.2' }),
      record(ESP, { port: 500 }),
      record(ESP),
      last.subarray(0, last.length - 1),
    ]);
    expect(espInUdp(pcap, '192.0.2.1')).toEqual([ESP]);
  });

  it('changed, has a sequence number of its own and another end, and the same SPI', () => {
    expect(changed(ESP).toString('hex')).toBe('c0ffee01000003efdeadbeefdeadbeefdeadbeee');
    expect(ESP.at(-1)).toBe(0xef);
  });
});
