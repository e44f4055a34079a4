import { describe, expect, it } from 'vitest';
import { fromHex } from '../base/bytes.ts';
import { keyLog } from './key-log.ts';

const spis = { initiatorSpi: '0123456789abcdef', responderSpi: 'fedcba9876543210' };
const keys = { skEi: fromHex('01'), skEr: fromHex('02'), skAi: fromHex('03'), skAr: fromHex('04') };

describe("the keys for Wireshark's ISAKMP dissector", () => {
  it('are a line for each IKE SA', () => {
    const v2 = { version: 2, ...spis, ...keys } as const;
    const log = keyLog([
      { version: 1, initiatorSpi: spis.initiatorSpi, encryptionKey: fromHex('aabb') },
      { ...v2, encryption: 'aes128', integrity: 'sha1' },
      { ...v2, encryption: 'aes256gcm16', skAi: new Uint8Array(0), skAr: new Uint8Array(0) },
    ]);
    expect(log).toEqual({
      ikev1_decryption_table: ['0123456789abcdef,aabb'],
      ikev2_decryption_table: [
        '0123456789abcdef,fedcba9876543210,01,02,"AES-CBC-128 [RFC3602]",03,04,"HMAC_SHA1_96 [RFC2404]"',
        '0123456789abcdef,fedcba9876543210,01,02,"AES-GCM-256 with 16 octet ICV [RFC5282]",,,"NONE [RFC4306]"',
      ],
      notes: [],
    });
  });

  it('are missing, and said to be, where it has no word for the cipher', () => {
    const log = keyLog([{ version: 2, ...spis, ...keys, encryption: 'chacha20poly1305' }]);
    expect(log.ikev2_decryption_table).toEqual([]);
    expect(log.notes).toEqual(['Wireshark has no name for the algorithms of the IKE SA 0123456789abcdef']);
  });
});
