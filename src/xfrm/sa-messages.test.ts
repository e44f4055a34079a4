import { describe, expect, it } from 'vitest';
import { HostReader, parseMessages } from '../netlink/netlink.ts';
import { commandVector, dissect } from '../netlink/testing/netlink-vectors.ts';
import type { SaKey, SaSpec } from '../sa/data-plane.ts';
import {
  encodeAllocateSpi,
  encodeDeleteSa,
  encodeDumpSas,
  encodeGetSa,
  encodeNewSa,
  encodeUpdateSa,
} from './sa-messages.ts';

const count = (length: number, from = 0) => Uint8Array.from({ length }, (_, index) => index + from);
const v4 = { source: '192.0.2.1', destination: '192.0.2.2' } as const;
const back = { source: '192.0.2.2', destination: '192.0.2.1' } as const;
const v6 = { source: '2001:db8::1', destination: '2001:db8::2' } as const;
const inbound = { direction: 'in', mode: 'tunnel', esn: false, replayWindow: 128 } as const;
const outbound = { direction: 'out', mode: 'tunnel', esn: false, replayWindow: 0 } as const;
const sha1 = { integrity: 'sha1', integrityKey: count(20, 1) } as const;
const aes128 = { encryption: 'aes128', encryptionKey: count(16) } as const;
const gcm = (keyword: 'aes128gcm16' | 'aes256gcm16' | 'chacha20poly1305', length: number) =>
  ({ encryption: keyword, encryptionKey: count(length) }) as const;

// biome-ignore format: one command line, one row
const NEW: readonly (readonly [string, SaSpec])[] = [
  ['sa-esp-cbc-inbound', { ...inbound, ...v4, protocol: 'esp', spi: 0xc1234567, reqid: 7, ...sha1, ...aes128, hardLifetime: 3_600_000 }],
  ['sa-esp-cbc-outbound', { ...outbound, ...back, protocol: 'esp', spi: 0x0badcafe, reqid: 7, integrity: 'sha256', integrityKey: count(32), encryption: '3des', encryptionKey: count(24) }],
  ['sa-esp-gcm-esn-inbound', { ...inbound, ...v6, protocol: 'esp', spi: 0xc0000001, reqid: 0xffff_ffff, esn: true, ...gcm('aes128gcm16', 20), hardLifetime: 86_400_000 }],
  ['sa-esp-gcm-esn-outbound', { ...outbound, ...back, protocol: 'esp', spi: 0xc0000002, reqid: 9, esn: true, ...gcm('aes256gcm16', 36) }],
  ['sa-esp-chacha-encap', { ...inbound, ...v4, source: '198.51.100.9', protocol: 'esp', spi: 0xcafe0001, reqid: 3, ...gcm('chacha20poly1305', 36), encap: { sourcePort: 61_234, destinationPort: 4500 } }],
  ['sa-esp-encap-ipv6', { ...outbound, ...v6, protocol: 'esp', spi: 0xcafe0002, reqid: 3, integrity: 'md5', integrityKey: count(16), encryption: 'aes256', encryptionKey: count(32), encap: { sourcePort: 4500, destinationPort: 1025 } }],
  ['sa-ah-inbound', { ...inbound, ...v4, protocol: 'ah', spi: 0x1000, reqid: 1, integrity: 'sha512', integrityKey: count(64) }],
  ['sa-esp-transport', { ...inbound, ...v4, protocol: 'esp', spi: 0x1001, reqid: 2, mode: 'transport', ...sha1, ...aes128 }],
  ['sa-marks-outbound', { ...outbound, ...back, protocol: 'esp', spi: 0x1002, reqid: 7, ...sha1, ...aes128, mark: { value: 0x2a, mask: 0xff }, setMark: { value: 7, mask: 0xf }, ifId: 9, headers: { df: false, ecn: false, dscp: 'none' } }],
  ['sa-marks-inbound', { ...inbound, ...v4, protocol: 'esp', spi: 0x1003, reqid: 7, replayWindow: 4096, ...sha1, ...aes128, setMark: { value: 0x3_0000, mask: 0xff_0000 }, ifId: 0xffff_ffff, headers: { df: false, ecn: false, dscp: 'in' } }],
  ['sa-esp-byte-limits', { ...inbound, ...v4, protocol: 'esp', spi: 0xc1234567, reqid: 7, ...sha1, ...aes128, hardLifetime: 3_600_000, bytes: { soft: 800_000_000, hard: 1_000_000_000 } }],
];

describe('SA requests carry the bytes that ip xfrm sends', () => {
  it.each(NEW)('NEWSA: %s', (name, sa) => {
    expect(dissect(encodeNewSa(sa), 224)).toEqual(withoutSelectorFamily(dissect(commandVector(name).request, 224)));
  });

  it('UPDSA: sa-update', () => {
    const sa: SaSpec = { ...inbound, ...v4, protocol: 'esp', spi: 0xc1234567, reqid: 7, ...sha1, ...aes128 };
    expect(dissect(encodeUpdateSa(sa), 224)).toEqual(dissect(commandVector('sa-update').request, 224));
  });

  it.each([
    ['sa-allocspi', { protocol: 'esp', local: '192.0.2.2', remote: '192.0.2.1', reqid: 7 }],
    ['sa-allocspi-ipv6', { protocol: 'ah', local: '2001:db8::2', remote: '2001:db8::1', reqid: 8 }],
  ] as const)('ALLOCSPI: %s', (name, request) => {
    const ours = dissect(encodeAllocateSpi(request), 232);
    expect(ours).toEqual(withoutSelectorFamily(dissect(commandVector(name).request, 232)));
  });

  it.each([
    ['sa-delete', encodeDeleteSa, { protocol: 'esp', destination: '192.0.2.2', spi: 0xc1234567 }],
    ['sa-get', encodeGetSa, { protocol: 'esp', destination: '192.0.2.2', spi: 0xc1234567 }],
    ['sa-get-ipv6', encodeGetSa, { protocol: 'ah', destination: '2001:db8::2', spi: 0x1001 }],
  ] as const)('DELSA and GETSA: %s', (name, encode: (sa: SaKey) => Uint8Array, sa) => {
    // XFRMA_SRCADDR (13) narrows the look-up for protocols without SPI; ESP and AH do not need it.
    const { 'attribute 13': _, ...theirs } = dissect(commandVector(name).request, 24);
    expect(dissect(encode(sa), 24)).toEqual(theirs);
  });
});

describe('what goes from one header to the other', () => {
  const flagsOf = (direction: 'in' | 'out', headers: SaSpec['headers']) => {
    const sa = { ...(direction === 'in' ? inbound : outbound), ...v4, protocol: 'esp', spi: 0x1004, reqid: 7 } as const;
    const whole = encodeNewSa({ ...sa, ...sha1, ...aes128, ...(headers === undefined ? {} : { headers }) });
    const parts = dissect(whole, 224);
    return { flags: whole[16 + 216], extra: parts['attribute 24'] };
  };

  // biome-ignore format: one value, one row
  it.each([
    [undefined, { in: 32, out: 32 }, undefined],
    [{ df: false }, { in: 32, out: 32 | 4 }, undefined],
    [{ ecn: false }, { in: 32 | 1, out: 32 | 1 }, undefined],
    [{ dscp: 'out' }, { in: 32, out: 32 }, undefined],
    [{ dscp: 'in' }, { in: 32 | 2, out: 32 }, '01000000'],
    [{ dscp: 'both' }, { in: 32 | 2, out: 32 }, undefined],
    [{ dscp: 'none' }, { in: 32, out: 32 }, '01000000'],
  ] as const)('%j', (headers, flags, extra) => {
    expect(flagsOf('in', headers)).toEqual({ flags: flags.in, extra: undefined });
    expect(flagsOf('out', headers)).toEqual({ flags: flags.out, extra });
  });

  it('without a replay window, none is asked for', () => {
    const sa: SaSpec = {
      ...inbound,
      ...v4,
      protocol: 'esp',
      spi: 0x1005,
      reqid: 7,
      ...sha1,
      ...aes128,
      replayWindow: 0,
    };
    expect(dissect(encodeNewSa(sa), 224)).not.toHaveProperty('attribute 23');
  });

  it('DELSA and GETSA of an SA with a mark name it: nothing else finds it', () => {
    const key = { protocol: 'esp', destination: '192.0.2.1', spi: 0x1002 } as const;
    const { 'attribute 13': _, ...theirs } = dissect(commandVector('sa-delete-mark').request, 24);
    expect(dissect(encodeDeleteSa(key, { value: 0x2a, mask: 0xff }), 24)).toEqual(theirs);
    expect(dissect(encodeGetSa(key, { value: 0x2a, mask: 0xff }), 24)).toEqual({ ...theirs, type: '18' });
  });
});

describe('SA requests', () => {
  it('ask for an acknowledgement, and an addition never replaces (NLM_F_REQUEST | ACK | CREATE | EXCL)', () => {
    const [message] = parseMessages(encodeNewSa(NEW[0]?.[1] as SaSpec));
    expect(message?.flags).toBe(0x1 | 0x4 | 0x400 | 0x200);
  });

  it('ask for a dump with a bare header', () => {
    expect(parseMessages(encodeDumpSas())).toEqual([{ type: 0x12, flags: 0x301, payload: new Uint8Array(0) }]);
  });

  it('give an outbound SA without ESN no replay window, whatever the specification says', () => {
    const sa = { ...NEW[1]?.[1], replayWindow: 128 } as SaSpec;
    expect(dissect(encodeNewSa(sa), 224)['attribute 23']).toBeUndefined();
  });

  it('round a lifetime up to whole seconds, as 0 would mean for ever', () => {
    const sa = { ...NEW[0]?.[1], hardLifetime: 1 } as SaSpec;
    const [message] = parseMessages(encodeNewSa(sa));
    expect(new HostReader(message?.payload ?? new Uint8Array()).skip(96 + 40, 'lft').u64('hard')).toBe(1n);
  });
});

/**
 * `ip` without `flag af-unspec` fills in the family of the selector (offset 40). The kernel does the same by itself
 * where it is left out.
 */
function withoutSelectorFamily(parts: Record<string, string>): Record<string, string> {
  const { structure = '' } = parts;
  return { ...parts, structure: `${structure.slice(0, 80)}0000${structure.slice(84)}` };
}
