import { describe, expect, it } from 'vitest';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { Reason } from '../ike/common/reason.ts';
import type { ChildStatus, IkeStatus } from '../tunnel/status.ts';
import { describeEvent, limitOf } from './event-text.ts';

const remote = { address: '192.0.2.1', port: 500 };
const reason = (code: Reason['code'], text = 'because'): Reason => ({ code, text });
const ref = { tunnel: 'idc', ikeSa: 7 };
const childRef = { ...ref, child: 'idc#3' };

const child: ChildStatus = {
  spiIn: 'c1d2e3f4',
  spiOut: 'c4f3e2d1',
  protocol: 'esp',
  mode: 'tunnel',
  encap: true,
  proposal: 'aes128-sha1',
  localSubnets: ['10.0.192.0/20'],
  remoteSubnets: ['10.23.0.0/16', '10.25.0.0/16'],
  bytesIn: 0,
  bytesOut: 0,
  packetsIn: 0,
  packetsOut: 0,
  installedAt: null,
  rekeyAt: null,
};

const ike: IkeStatus = {
  version: 2,
  state: 'established',
  role: 'initiator',
  initiatorSpi: '0000000000000001',
  responderSpi: '0000000000000002',
  local: '198.51.100.1:4500',
  remote: '192.0.2.1:4500',
  localId: null,
  remoteId: null,
  proposal: 'aes128-sha1-modp1024',
  nat: { local: false, remote: false, forced: false },
  ppk: false,
  mobike: null,
  establishedAt: null,
  rekeyAt: null,
};

const lines: [GatewayEvent, string, string][] = [
  [{ type: 'ike.initiated', ...ref, remote }, 'info', 'connecting to 192.0.2.1:500'],
  [{ type: 'ike.answered', ...ref, remote }, 'debug', '192.0.2.1:500 answers'],
  [{ type: 'peer.unfinished', tunnel: 'idc', remote }, 'debug', '192.0.2.1:500 began an IKE SA and did not go on'],
  [
    { type: 'ike.established', ...ref },
    'info',
    'stage 1 is up with 192.0.2.1:4500 as initiator: IKEv2, aes128-sha1-modp1024',
  ],
  [{ type: 'ike.rekeyed', ...ref, successor: 8 }, 'info', 'the IKE SA was rekeyed; IKE SA 8 has taken over'],
  [
    { type: 'ike.failed', ...ref, stage: 1, reason: reason('no-response', 'no answer from 192.0.2.1') },
    'warn',
    'stage 1 failed: no answer from 192.0.2.1',
  ],
  [
    { type: 'message.sent', ...ref, exchange: 'IKE_AUTH', messageId: 1, kind: 'request', payloads: ['IDi(a)', 'AUTH'] },
    'debug',
    'sent IKE_AUTH request 1: IDi(a) AUTH',
  ],
  [
    { type: 'message.received', ...ref, exchange: 'QUICK_MODE', messageId: 77, payloads: ['HASH(20 bytes)'] },
    'debug',
    'received QUICK_MODE 77: HASH(20 bytes)',
  ],
  [{ type: 'ike.failed', ...ref, stage: 2, reason: reason('kernel-refused') }, 'error', 'stage 2 failed: because'],
  [{ type: 'ike.failed', ...ref, stage: 1, reason: reason('terminated') }, 'info', 'the attempt has ended: because'],
  [{ type: 'ike.closed', ...ref, reason: reason('terminated') }, 'info', 'the IKE SA is gone: because'],
  [{ type: 'ike.closed', ...ref, reason: reason('peer-unresponsive') }, 'warn', 'the IKE SA is gone: because'],
  [{ type: 'ike.closed', ...ref, reason: reason('internal-error') }, 'error', 'the IKE SA is gone: because'],
  [
    { type: 'child.installed', ...childRef },
    'info',
    'stage 2 is up: 10.0.192.0/20 <-> 10.23.0.0/16 10.25.0.0/16, ESP in UDP, aes128-sha1',
  ],
  [
    { type: 'child.rekeyed', ...childRef, successor: 'idc#4' },
    'info',
    'Child SA idc#3 was rekeyed; idc#4 has taken over',
  ],
  [{ type: 'child.deleted', ...childRef, reason: reason('expired') }, 'info', 'Child SA idc#3 is gone: because'],
  [{ type: 'child.deleted', ...childRef, reason: reason('peer-closed') }, 'warn', 'Child SA idc#3 is gone: because'],
  [{ type: 'child.failed', ...ref, reason: reason('child-refused') }, 'warn', 'stage 2 failed: because'],
  [{ type: 'nat.detected', ...ref, local: true, remote: false }, 'debug', 'this end is behind NAT'],
  [{ type: 'nat.detected', ...ref, local: false, remote: true }, 'debug', 'the peer is behind NAT'],
  [{ type: 'nat.detected', ...ref, local: true, remote: true }, 'debug', 'both ends are behind NAT'],
  [
    { type: 'nat.detected', ...ref, local: true, remote: false, forced: true },
    'debug',
    'ESP goes in UDP as it is configured',
  ],
  [
    { type: 'nat.detected', ...ref, local: true, remote: true, forced: true },
    'debug',
    'ESP goes in UDP as it is configured; the peer is behind NAT',
  ],
  [{ type: 'auth.failed', ...ref, reason: reason('authentication-failed') }, 'warn', 'authentication failed: because'],
  [{ type: 'message.retransmitted', ...ref, attempt: 2 }, 'debug', 'no answer yet; sent again, attempt 2'],
  [{ type: 'peer.unresponsive', ...ref }, 'warn', 'the peer no longer answers'],
  [
    { type: 'peer.moved', ...ref, from: remote, to: { address: '2001:db8::1', port: 4500 } },
    'info',
    'the peer has moved from 192.0.2.1:500 to [2001:db8::1]:4500',
  ],
  [
    { type: 'kernel.failed', tunnel: 'idc', operation: 'add ESP SA', algorithm: 'aes128', code: 'ENOSYS' },
    'error',
    'the data plane refused to add ESP SA (aes128): ENOSYS',
  ],
  [
    {
      type: 'traffic.waiting',
      tunnel: 'idc',
      source: { protocol: 6, startPort: 0, endPort: 65_535, start: '10.1.0.5', end: '10.1.0.5' },
      destination: { protocol: 6, startPort: 443, endPort: 443, start: '10.2.0.5', end: '10.2.0.5' },
    },
    'info',
    'there is traffic for the tunnel: 10.1.0.5/32[tcp] to 10.2.0.5/32[tcp/443]',
  ],
  [
    { type: 'trap.failed', tunnel: 'idc', reason: reason('kernel-refused') },
    'error',
    'traffic cannot be waited for: because',
  ],
  [{ type: 'peer.refused', remote, reason: reason('too-many') }, 'warn', 'refused 192.0.2.1:500: because'],
  [
    { type: 'datagram.dropped', remote, why: 'truncated', count: 1 },
    'warn',
    'dropped a datagram from 192.0.2.1:500: truncated',
  ],
  [
    { type: 'datagram.dropped', remote, why: 'truncated', count: 9 },
    'warn',
    'dropped 9 datagrams, the last from 192.0.2.1:500: truncated',
  ],
];

describe('the text of events', () => {
  it.each(lines)('%j', (event, level, text) => {
    expect(describeEvent(event, { ike, child })).toMatchObject({ event: event.type, level, text });
  });

  it('stands on its own where the SA is gone already', () => {
    expect(describeEvent({ type: 'ike.established', ...ref }).text).toBe('stage 1 is up');
    expect(describeEvent({ type: 'child.installed', ...childRef }).text).toBe('stage 2 is up');
  });

  it('says where a post-quantum key is in use', () => {
    const { text } = describeEvent({ type: 'ike.established', ...ref }, { ike: { ...ike, ppk: true } });
    expect(text).toBe(
      'stage 1 is up with 192.0.2.1:4500 as initiator: IKEv2, aes128-sha1-modp1024, with the post-quantum key',
    );
  });

  it('names the objects in fields, and leaves out what is not known', () => {
    const failed: GatewayEvent = { type: 'ike.failed', ...ref, stage: 1, reason: reason('no-response') };
    expect(describeEvent(failed, { gateway: 'gw1', peer: 'idc-peer' })).toEqual({
      level: 'warn',
      event: 'ike.failed',
      text: 'stage 1 failed: because',
      gateway: 'gw1',
      tunnel: 'idc',
      peer: 'idc-peer',
      ike: 7,
      stage: 1,
      reason: 'no-response',
    });
    expect(describeEvent({ type: 'child.installed', ...childRef }, { child })).toMatchObject({
      child: 'idc#3',
      spiIn: 'c1d2e3f4',
      spiOut: 'c4f3e2d1',
    });
    expect(Object.keys(describeEvent({ type: 'datagram.dropped', remote, why: 'x', count: 1 }))).toEqual([
      'level',
      'event',
      'text',
    ]);
  });

  it('escapes what a peer may have said', () => {
    const event: GatewayEvent = { type: 'auth.failed', ...ref, reason: reason('authentication-failed', '\u001b[2J\n') };
    expect(describeEvent(event).text).toBe('authentication failed: \\u{1b}[2J\\u{a}');
  });

  it('is limited closely for what can be repeated at no cost, and loosely for what SAs do', () => {
    const low = new Set(lines.filter(([event]) => limitOf(event).rate === 'low').map(([event]) => event.type));
    const repeatable = ['datagram.dropped', 'peer.refused', 'auth.failed', 'ike.failed', 'child.failed', 'peer.moved'];
    for (const type of [...repeatable, 'nat.detected', 'kernel.failed']) expect(low).toContain(type);
    for (const type of ['ike.established', 'ike.closed', 'child.installed', 'child.deleted'] as const) {
      expect(low).not.toContain(type);
    }
  });

  it('is counted by cause, never by the address of the sender, which is forged at will', () => {
    const one: GatewayEvent = { type: 'datagram.dropped', remote, why: 'truncated', count: 1 };
    const other: GatewayEvent = { ...one, remote: { address: '203.0.113.9', port: 1 } };
    expect(limitOf(one)).toEqual(limitOf(other));
    expect(limitOf(one)).not.toEqual(limitOf({ ...one, why: 'syntax' }));
  });
});
