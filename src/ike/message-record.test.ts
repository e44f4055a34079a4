import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes.ts';
import type { TunnelPolicy } from './common/policy.ts';
import type { TestGateway } from './testing/gateway.ts';
import { connected, converse } from './testing/pair.ts';

/** `> IKE_AUTH request 1: IDi AUTH` for what was sent, `<` for what was received; without the details. */
function lines(gateway: TestGateway): string[] {
  return gateway.events.flatMap((event) => {
    if (event.type !== 'message.sent' && event.type !== 'message.received') return [];
    const { exchange, kind, payloads } = event;
    const names = payloads.map((payload) =>
      payload.replace(/\(([A-Z][A-Z0-9_]*)?.*\)/s, (_, name) => (name ? `(${name})` : '')),
    );
    return [
      `${event.type === 'message.sent' ? '>' : '<'} ${[exchange, kind].filter(Boolean).join(' ')}: ${names.join(' ')}`,
    ];
  });
}

/** Who sends what, without regard to the side that tells it. */
function mirrored(gateway: TestGateway): string[] {
  return lines(gateway).map((line) => (line.startsWith('>') ? `<${line.slice(1)}` : `>${line.slice(1)}`));
}

const V1: Partial<TunnelPolicy> = { version: 1 };

describe('the record of the messages', () => {
  it.each<[string, Partial<TunnelPolicy>]>([
    ['IKEv2', {}],
    ['IKEv1, Main Mode', V1],
    ['IKEv1, Aggressive Mode', { ...V1, mode: 'aggressive' }],
  ])('tells the same at both ends: %s', (_, policy) => {
    const both = connected({ left: policy, right: policy, recordMessages: true });
    both.left.terminate();
    converse(both);
    expect(lines(both.left).length).toBeGreaterThan(4);
    // Sorted: messages may cross on the way.
    expect(mirrored(both.left).sort()).toEqual(lines(both.right).sort());
  });

  it('says what each message has', () => {
    const both = connected({ recordMessages: true });
    expect(lines(both.left)).toMatchInlineSnapshot(`
      [
        "> IKE_SA_INIT request: SA(IKE) KE Nonce N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP) N(FRAGMENTATION_SUPPORTED)",
        "< IKE_SA_INIT response: SA(IKE) KE Nonce N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP) N(FRAGMENTATION_SUPPORTED) N(CHILDLESS_IKEV2_SUPPORTED)",
        "> IKE_AUTH request: IDi N(INITIAL_CONTACT) IDr AUTH SA(ESP) TSi TSr N(MOBIKE_SUPPORTED) N(IKEV2_MESSAGE_ID_SYNC_SUPPORTED)",
        "< IKE_AUTH response: IDr AUTH N(MOBIKE_SUPPORTED) N(IKEV2_MESSAGE_ID_SYNC_SUPPORTED) SA(ESP) TSi TSr",
      ]
    `);
    const said = both.left.events.flatMap((event) => (event.type === 'message.sent' ? event.payloads : []));
    expect(said).toMatchInlineSnapshot(`
      [
        "SA(IKE aes128-sha256-curve25519)",
        "KE(curve25519, 32 bytes)",
        "Nonce(32 bytes)",
        "N(NAT_DETECTION_SOURCE_IP)",
        "N(NAT_DETECTION_DESTINATION_IP)",
        "N(FRAGMENTATION_SUPPORTED)",
        "IDi(192.0.2.1)",
        "N(INITIAL_CONTACT)",
        "IDr(198.51.100.1)",
        "AUTH(pre-shared key, 32 bytes)",
        "SA(ESP c0001000 aes128-sha256)",
        "TSi(10.1.0.0/16)",
        "TSr(10.2.0.0/16)",
        "N(MOBIKE_SUPPORTED)",
        "N(IKEV2_MESSAGE_ID_SYNC_SUPPORTED)",
      ]
    `);
  });

  it('is silent unless it is asked for', () => {
    expect(lines(connected().left)).toEqual([]);
  });

  it('holds nothing that is secret, nor what would prove something', () => {
    for (const policy of [{}, V1]) {
      const both = connected({ left: policy, right: policy, recordMessages: true });
      const text = JSON.stringify(lines(both.left)) + JSON.stringify(both.left.events);
      for (const secret of secretsOf(both.left)) expect(text).not.toContain(secret);
    }
  });
});

/** Whatever bytes the state of a core holds, in hexadecimal, but what is as short as an SPI. */
function secretsOf({ core }: TestGateway): string[] {
  const found = bytesIn(core.snapshot()).filter((hex) => hex.length >= 32);
  if (found.length < 5) throw new Error('there must be keys');
  return found;
}

function bytesIn(value: unknown): string[] {
  if (value instanceof Uint8Array) return [toHex(value)];
  if (value instanceof Map || value instanceof Set) return [...value].flatMap(bytesIn);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(bytesIn) : [];
}
