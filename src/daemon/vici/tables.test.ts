import { describe, expect, it } from 'vitest';
import type { ViciLogLine } from '../../control/vici/vici-api.ts';
import { ENCRYPTION, INTEGRITY, KEY_EXCHANGE, PRF } from '../../crypto/algorithms.ts';
import type { GatewayEvent } from '../../ike/common/event.ts';
import type { Reason } from '../../ike/common/reason.ts';
import type { TrafficSelector } from '../../sa/traffic-selector.ts';
import { alertOf } from './alerts.ts';
import { algorithmKinds, viciAlgorithms } from './algorithm-names.ts';
import { ViciCounters } from './counters.ts';
import { logText, messageText } from './log-lines.ts';
import { viciSelector } from './selectors.ts';

const ref = { tunnel: 't', ikeSa: 1 } as const;
const remote = { address: '192.0.2.2', port: 500 };

function because(code: Reason['code'], notify?: string): Reason {
  return { code, text: 'x', ...(notify === undefined ? {} : { evidence: { notify } }) };
}

describe('algorithms by the names of vici', () => {
  it('are as charon has told them: with a key size only where the key length is an attribute', () => {
    expect(
      viciAlgorithms({ protocol: 'ike', encryption: 'aes256gcm16', prf: 'prfsha384', keyExchange: 'ecp384' }),
    ).toEqual({
      encryption: 'AES_GCM_16',
      keySize: 256,
      prf: 'PRF_HMAC_SHA2_384',
      keyExchange: 'ECP_384',
    });
    expect(viciAlgorithms({ protocol: 'esp', encryption: '3des', integrity: 'sha384', esn: true })).toEqual({
      encryption: '3DES_CBC',
      integrity: 'HMAC_SHA2_384_192',
      esn: true,
    });
    expect(viciAlgorithms({ protocol: 'esp', encryption: 'chacha20poly1305' })).toEqual({
      encryption: 'CHACHA20_POLY1305',
    });
  });

  it('are all there, each under one kind', () => {
    const kinds = new Map(algorithmKinds());
    const names = (kind: string) => kinds.get(kind)?.length;
    const ciphers = new Set(ENCRYPTION.map(({ ikev2 }) => ikev2)).size;
    expect((names('encryption') ?? 0) + (names('aead') ?? 0)).toBe(ciphers);
    expect([names('integrity'), names('prf'), names('dh')]).toEqual([
      INTEGRITY.length,
      PRF.length,
      KEY_EXCHANGE.length,
    ]);
    const all = [...kinds.values()].flat();
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('selectors by vici', () => {
  const anything = { family: 4, protocol: 0, startPort: 0, endPort: 65_535 } as const;

  it.each<[TrafficSelector, string]>([
    [{ ...anything, start: '10.0.0.0', end: '10.255.255.255' }, '10.0.0.0/8'],
    [{ ...anything, start: '10.0.0.1', end: '10.0.0.9' }, '10.0.0.1..10.0.0.9'],
    [
      { ...anything, start: '10.0.0.0', end: '10.0.0.2', protocol: 17, startPort: 1, endPort: 9 },
      '10.0.0.0..10.0.0.2[udp/1-9]',
    ],
  ])('of %j: %s', (selector, shown) => {
    expect(viciSelector(selector)).toBe(shown);
  });
});

describe('alerts', () => {
  it.each<[GatewayEvent, string | undefined]>([
    [{ ...ref, type: 'ike.failed', stage: 1, reason: because('no-response') }, 'peer-init-unreachable'],
    [{ ...ref, type: 'ike.failed', stage: 1, reason: because('no-proposal-chosen') }, 'proposal-mismatch-ike'],
    [{ ...ref, type: 'ike.failed', stage: 2, reason: because('no-proposal-chosen') }, 'proposal-mismatch-child'],
    [{ ...ref, type: 'ike.failed', stage: 1, reason: because('authentication-failed') }, undefined],
    [{ ...ref, type: 'auth.failed', reason: because('authentication-failed') }, 'peer-auth-failed'],
    [
      { ...ref, type: 'auth.failed', reason: because('authentication-failed', 'AUTHENTICATION_FAILED') },
      'local-auth-failed',
    ],
    [{ ...ref, type: 'child.failed', reason: because('traffic-selectors-unacceptable') }, 'ts-mismatch'],
    [{ ...ref, type: 'child.failed', reason: because('child-refused') }, 'keep-on-child-sa-failure'],
    [{ ...ref, type: 'ike.closed', reason: because('expired') }, 'ike-sa-expired'],
    [{ ...ref, type: 'ike.closed', reason: because('terminated') }, undefined],
    [{ ...ref, type: 'message.retransmitted', attempt: 1 }, 'retransmit-send'],
    [{ ...ref, type: 'peer.unresponsive' }, 'retransmit-send-timeout'],
    [{ type: 'peer.unfinished', tunnel: 't', remote }, 'half-open-timeout'],
    [{ type: 'peer.refused', remote, reason: because('no-proposal-chosen') }, 'proposal-mismatch-ike'],
    [{ type: 'kernel.failed', operation: 'add policy out', code: 'EEXIST' }, 'install-child-policy-failed'],
    [{ type: 'kernel.failed', operation: 'add ESP SA', code: 'ENOSYS' }, 'install-child-sa-failed'],
    [{ type: 'datagram.dropped', remote, why: 'unknown-spi', count: 1 }, 'invalid-ike-spi'],
    [{ type: 'datagram.dropped', remote, why: 'header-truncated', count: 1 }, 'parse-error-header'],
    [{ type: 'datagram.dropped', remote, why: 'syntax-length', count: 1 }, 'parse-error-body'],
    [{ type: 'datagram.dropped', remote, why: 'not-ike', count: 1 }, undefined],
    [{ ...ref, type: 'ike.established' }, undefined],
  ])('of %j: %s', (event, alert) => {
    expect(alertOf(event)).toBe(alert);
  });
});

describe('counters by vici', () => {
  const message = { ...ref, type: 'message.sent', exchange: 'IKE_AUTH', messageId: 1, payloads: [] } as const;

  it('count messages and rekeyings, of all and of each connection', () => {
    const counters = new ViciCounters((tunnel) => `${tunnel}-connection`);
    counters.add({ ...message, kind: 'request' }, false);
    counters.add({ ...message, type: 'message.received', kind: 'response' }, false);
    counters.add({ ...message, exchange: 'QUICK_MODE' }, false);
    counters.add({ ...ref, type: 'ike.rekeyed', successor: 2 }, true);
    counters.add({ ...ref, type: 'ike.rekeyed', successor: 3 }, false);
    counters.add({ type: 'datagram.dropped', remote, why: 'unknown-spi', count: 5 }, false);
    counters.add({ type: 'datagram.dropped', remote, why: 'syntax-length', count: 2 }, false);
    const counted = (connection?: string) =>
      [...(counters.of(connection) ?? [])].filter(([, count]) => count > 0).map(([name, count]) => `${name} ${count}`);
    expect(counted('t-connection')).toEqual([
      'ike-rekey-init 1',
      'ike-rekey-resp 1',
      'ike-auth-in-resp 1',
      'ike-auth-out-req 1',
    ]);
    expect(counted()).toEqual([
      'ike-rekey-init 1',
      'ike-rekey-resp 1',
      'invalid 2',
      'invalid-spi 5',
      'ike-auth-in-resp 1',
      'ike-auth-out-req 1',
    ]);
    expect(counters.of('other')).toBeUndefined();
    counters.reset(undefined);
    expect(counted()).toEqual([]);
    counters.keepOnly(new Set());
    expect(counters.connections()).toEqual([]);
  });
});

describe('lines of the log by vici', () => {
  const event = { id: 1, time: '', event: 'ike.established', text: 'it is up' } as const;

  it.each<['debug' | 'info' | 'warn' | 'error', ViciLogLine['level']]>([
    ['error', 0],
    ['warn', 0],
    ['info', 1],
    ['debug', 2],
  ])('of level %s are of level %i', (level, shown) => {
    expect(logText({ ...event, level })).toEqual({ group: 'IKE', level: shown, text: 'it is up' });
  });

  it('are in the group of what they are about', () => {
    expect(logText({ ...event, event: 'kernel.failed', level: 'info' }).group).toBe('KNL');
    expect(logText({ ...event, event: 'something.new', level: 'info' }).group).toBe('IKE');
  });

  it('show messages by their payloads', () => {
    const record = { ...ref, exchange: 'IKE_AUTH', messageId: 1, payloads: ['IDi(a)', 'AUTH'] } as const;
    expect(messageText({ ...record, type: 'message.sent', kind: 'request' }).text).toBe(
      'generating IKE_AUTH request 1 [ IDi(a) AUTH ]',
    );
    expect(messageText({ ...record, type: 'message.received', kind: 'response', payloads: [] }).text).toBe(
      'parsed IKE_AUTH response 1 [ ]',
    );
    expect(messageText({ ...record, type: 'message.received', exchange: 'QUICK_MODE' }).text).toBe(
      'parsed QUICK_MODE 1 [ IDi(a) AUTH ]',
    );
  });
});
