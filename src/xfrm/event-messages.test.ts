import { describe, expect, it } from 'vitest';
import { kernelMessages } from '../netlink/testing/netlink-vectors.ts';
import type { DataPlaneEvent } from '../sa/data-plane.ts';
import { parseEvent } from './event-messages.ts';

const host = (address: string) => ({ start: address, end: address });
const anyPort = { startPort: 0, endPort: 65_535 };

describe('events of a real kernel', () => {
  // biome-ignore format: one event, one row
  it.each<[string, DataPlaneEvent]>([
    ['event-acquire-tcp', { kind: 'acquire', reqid: 7, source: { protocol: 6, ...anyPort, ...host('10.0.0.1') }, destination: { protocol: 6, startPort: 443, endPort: 443, ...host('10.1.2.1') } }],
    ['event-mapping', { kind: 'mapping', sa: { protocol: 'esp', destination: '192.0.2.2', spi: 0xc0000001 }, from: { address: '192.0.2.1', port: 4501 } }],
    ['event-expire-soft', { kind: 'expire', sa: { protocol: 'esp', destination: '192.0.2.2', spi: 0xc0000009 }, hard: false }],
    ['event-expire-hard', { kind: 'expire', sa: { protocol: 'esp', destination: '192.0.2.2', spi: 0xc0000009 }, hard: true }],
  ])('%s', (name, event) => {
    expect(kernelMessages(name).map(parseEvent)).toEqual([event]);
  });

  it('an acquire for UDP tells both ports', () => {
    const [event] = kernelMessages('event-acquire-icmp').map(parseEvent);
    expect(event).toMatchObject({ source: { protocol: 17, startPort: 0xa8fe }, destination: { startPort: 1025 } });
  });

  it('an acquire for ICMP carries type and code in both selectors (RFC 7296 §3.13.1)', () => {
    const [message] = kernelMessages('event-acquire-icmp');
    const payload = message?.payload.slice() ?? new Uint8Array();
    // In the selector at 40: dport is the code, sport the type, proto ICMP.
    payload.set([0, 1], 40 + 32);
    payload.set([0, 3], 40 + 36);
    payload[40 + 44] = 1;
    const event = parseEvent({ type: 0x17, flags: 0, payload });
    const ports = { protocol: 1, startPort: 0x0301, endPort: 0x0301 };
    expect(event).toMatchObject({ source: ports, destination: ports });
  });

  it('messages that are no event say nothing', () => {
    expect(kernelMessages('policy-dump').map(parseEvent)).toEqual([undefined, undefined, undefined]);
  });
});
