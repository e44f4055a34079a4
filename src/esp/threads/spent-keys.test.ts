import { describe, expect, it } from 'vitest';
import { AT, packetArena, sameBytes } from '../transform/testing/packets.ts';
import { ahSa, espSa, IMPLEMENTATIONS } from '../transform/testing/suites.ts';
import { inboundTransform, outboundTransform } from '../transform/transforms.ts';
import { spendKeys } from './spent-keys.ts';

const SAS = {
  GCM: () => espSa({ encryption: 'aes256gcm16' }, true),
  'ChaCha20-Poly1305': () => espSa({ encryption: 'chacha20poly1305' }, false),
  'CBC and HMAC': () => espSa({ encryption: 'aes128', integrity: 'sha256' }, true),
} as const;

describe.each(['native', 'portable'] as const)('the keys of an SA, %s', (name) => {
  const resources = IMPLEMENTATIONS[name];

  it.each(Object.entries(SAS))('%s: are gone when it has been made, and it works as before', (_, make) => {
    const spent = make();
    const outbound = spendKeys(spent, (sa) => outboundTransform(sa, resources));
    const inbound = inboundTransform(make(), resources);
    for (const key of [spent.encryptionKey, spent.integrityKey])
      expect(key?.every((byte) => byte === 0) ?? true).toBe(true);
    for (let count = 0; count < 2; count++) {
      const arena = packetArena(100);
      const sealed = outbound.seal(arena, AT, 100, 4);
      expect(inbound.open(arena, AT - outbound.headroom, sealed, 0)).toBe(100);
      expect(sameBytes(arena, packetArena(100), AT, AT + 100)).toBe(true);
    }
  });

  it('are gone even where it could not be made', () => {
    const { integrity: _, ...spent } = ahSa('sha256', false, 4);
    expect(() => spendKeys(spent, (sa) => inboundTransform(sa, resources))).toThrow(RangeError);
    expect(spent.integrityKey?.every((byte) => byte === 0)).toBe(true);
  });
});
