import { describe, expect, it } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { Secret } from '../base/secret.ts';
import { HOUR } from '../base/time.ts';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { expectConnected, informed } from './testing/established.ts';
import { forge, messageOf, TestGateway } from './testing/gateway.ts';
import { connected, converse, type Pair } from './testing/pair.ts';
import { HEADER } from './testing/tampering.ts';
import { deleteChildren, deleteIke } from './v2/deletes.ts';
import { notifyPayload } from './v2/wire/notify.ts';

describe('deletes', () => {
  const spiOf = ({ right }: Pair) => right.views()[0]?.children[0]?.outbound.spi ?? 0;

  it('the peer deletes its Child SA: ours goes with it, and the answer names our half', () => {
    const both = connected();
    informed([deleteChildren('esp', [spiOf(both)])], both);
    expect(both.right.views()).toMatchObject([{ state: 'established', children: [] }]);
    expect(both.right.steps('remove-sa')).toHaveLength(2);
    expect(both.right.reasonsOf('child.deleted')).toEqual(['peer-closed']);
  });

  it('D2: unknown SPIs, our inbound SPI, those of another protocol, a thousand of them: nothing happens', () => {
    const both = connected();
    const inbound = both.right.views()[0]?.children[0]?.inbound.spi ?? 0;
    const many = Array.from({ length: 1000 }, (_, n) => 0x1000 + n);
    informed([deleteChildren('esp', [1, inbound, ...many]), deleteChildren('ah', [spiOf(both)])], both);
    expect(both.right.take()).toHaveLength(1);
    expectConnected(both);
  });

  it('D2: the same SPI twice in one Delete, and in two', () => {
    const both = connected();
    const spi = spiOf(both);
    informed([deleteChildren('esp', [spi, spi]), deleteChildren('esp', [spi])], both);
    expect(both.right.steps('remove-sa')).toHaveLength(2);
    expect(both.right.reasonsOf('child.deleted')).toHaveLength(1);
  });

  it('D2: the SPI of the Child SA of another peer', () => {
    const other = { ...LEFT, address: '192.0.2.77', segments: [{ address: '10.7.0.0', length: 16 }] };
    const right = new TestGateway(RIGHT.address, {
      seed: 2,
      tunnels: [tunnelPolicy(RIGHT, LEFT), tunnelPolicy(RIGHT, other, { name: 'other' })],
    });
    const left = new TestGateway(LEFT.address, { seed: 1, tunnels: [tunnelPolicy(LEFT, RIGHT)] });
    const third = new TestGateway(other.address, { seed: 3, tunnels: [tunnelPolicy(other, RIGHT)] });
    for (const one of [left, third]) {
      one.initiate();
      converse({ left: one, right });
    }
    const spi = right.core.children('net')[0]?.outbound.spi ?? 0;
    right.receive(forge(third, { exchange: 'INFORMATIONAL', messageId: 2, payloads: [deleteChildren('esp', [spi])] }));
    expect(right.core.children('net')).toHaveLength(1);
    expect(right.core.children('other')).toHaveLength(1);
  });

  it('D3: with the IKE SA deleted, what else the message says does not count', () => {
    const both = connected();
    informed([deleteIke(), deleteChildren('esp', [spiOf(both)]), notifyPayload('REKEY_SA'), deleteIke()], both);
    expect(both.right.views()).toEqual([]);
    expect(both.right.steps('remove-sa')).toHaveLength(2);
    expect(both.right.reasonsOf('ike.closed')).toEqual(['peer-closed']);
    expect(both.right.take()).toHaveLength(1);
  });

  it('AUTHENTICATION_FAILED without a Delete, as an initiator says it who does not accept our proof (§2.21.2)', () => {
    const both = informed([notifyPayload('AUTHENTICATION_FAILED')]);
    expect(both.right.take()).toHaveLength(1);
    expect(both.right.views()).toEqual([]);
    expect(both.right.reasonsOf('ike.closed')).toEqual(['authentication-failed']);
    expect(both.right.steps('remove-sa')).toHaveLength(2);
  });

  it('both ends at once', () => {
    const both = connected();
    both.left.terminate();
    both.right.terminate();
    converse(both);
    expect([...both.left.views(), ...both.right.views()]).toEqual([]);
    expect(both.left.timers.size + both.right.timers.size).toBe(0);
    expect(both.left.steps('remove-sa')).toHaveLength(2);
  });

  it('while a probe is out: the Delete follows its answer, with the next message ID', () => {
    const both = connected();
    both.left.fire('liveness');
    both.left.terminate();
    expect(both.left.take()).toHaveLength(1);
    expect(both.left.steps('remove-sa')).toHaveLength(2);
    both.left.receive(forge(both.right, { exchange: 'INFORMATIONAL', messageId: 2, response: true, payloads: [] }));
    const goodbye = both.left.takeOne();
    expect(messageOf(goodbye)[HEADER.messageId]).toBe(3);
    both.right.receive({ ...goodbye });
    expect(both.right.take()).toEqual([]);
    both.left.fire('retransmit');
    expect(both.left.views()).toMatchObject([{ state: 'deleting', children: [] }]);
  });

  it('while a probe is out that nobody answers: it ends with the reason it was asked to end for', () => {
    const both = connected();
    both.left.fire('liveness');
    both.left.terminate();
    for (let n = 0; n < 30 && both.left.views().length > 0; n++) both.left.fire('retransmit');
    expect(both.left.views()).toEqual([]);
    expect(both.left.reasonsOf('ike.closed')).toEqual(['terminated']);
    expect(both.left.eventTypes()).not.toContain('peer.unresponsive');
    expect(both.left.timers.size).toBe(0);
  });

  it('nobody answers the Delete: it is repeated a few times, then the IKE SA is forgotten', () => {
    const { left } = connected();
    left.terminate();
    for (let n = 0; n < 30 && left.views().length > 0; n++) left.fire('retransmit');
    expect(left.take().length).toBeLessThan(6);
    expect(left.views()).toEqual([]);
    expect(left.timers.size).toBe(0);
  });

  it('the operator takes it down while the data plane is asked: as soon as it has answered', () => {
    const both = connected();
    both.left.hold = true;
    both.left.fire('liveness');
    both.left.terminate();
    expect(both.left.take()).toEqual([]);
    both.left.hold = false;
    both.left.answerHeld();
    converse(both);
    expect([...both.left.views(), ...both.right.views()]).toEqual([]);
  });
});

describe('the end of a lifetime', () => {
  it('of the IKE SA, where it could not be rekeyed: it is deleted at both ends', () => {
    const both = connected({ left: { ikeLifetime: HOUR } });
    both.left.fire('lifetime');
    converse(both);
    expect([...both.left.views(), ...both.right.views()]).toEqual([]);
    expect(both.left.reasonsOf('ike.closed')).toEqual(['expired']);
  });

  it('of a Child SA in the kernel: both ends lose it, and another one follows within the IKE SA', () => {
    const both = connected();
    const sa = both.right.views()[0]?.children[0]?.inbound;
    if (sa === undefined) throw new Error('no Child SA');
    both.right.input({ kind: 'dataplane.event', event: { kind: 'expire', sa, hard: true } });
    converse(both);
    for (const one of [both.left, both.right])
      expect(one.views()).toMatchObject([{ state: 'established', children: [{ id: 'net#2', state: 'installed' }] }]);
  });

  it('of an SA that is not ours changes nothing', () => {
    const both = connected();
    const sa = both.right.views()[0]?.children[0]?.inbound;
    if (sa === undefined) throw new Error('no Child SA');
    for (const odd of [
      { ...sa, destination: '203.0.113.1' },
      { ...sa, protocol: 'ah' } as const,
      { ...sa, spi: sa.spi + 1 },
    ])
      both.right.input({ kind: 'dataplane.event', event: { kind: 'expire', sa: odd, hard: true } });
    expect(both.right.take()).toEqual([]);
    expectConnected(both);
  });
});

describe('an attempt that comes to nothing', () => {
  it('gives the SPI back that was reserved for its Child SA', () => {
    const left = new TestGateway(LEFT.address, { seed: 1, tunnels: [tunnelPolicy(LEFT, RIGHT)] });
    const stranger = { psk: new Secret(utf8('another key')) };
    const right = new TestGateway(RIGHT.address, { seed: 2, tunnels: [tunnelPolicy(RIGHT, LEFT, stranger)] });
    left.initiate();
    converse({ left, right });
    expect(left.views()).toEqual([]);
    expect(left.steps('remove-sa')).toHaveLength(1);
  });
});
