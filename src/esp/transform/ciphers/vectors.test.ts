import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../base/bytes.ts';
import type { EncryptionKeyword } from '../../../crypto/algorithms.ts';
import { encryptionAlgorithm } from '../../../crypto/algorithms.ts';
import { createArena } from '../../../native/arena.ts';
import { IMPLEMENTATIONS } from '../testing/suites.ts';
import { NativeCbc } from './native-cbc.ts';
import { PortableCbc } from './portable-cbc.ts';
import { openerOf } from './suite.ts';

type Case = {
  readonly name: string;
  readonly encryption: EncryptionKeyword;
  readonly keyAndSalt: string;
  readonly esn: boolean;
  /** The half of the sequence number that is not sent. */
  readonly high: string;
  /** With padding and trailer. */
  readonly text: string;
  /** From the SPI to the ICV. */
  readonly packet: string;
};

const FILE = new URL('../../../../conformance/vectors/rfc/esp-packets.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(FILE, 'utf8')) as { cases: readonly Case[] };
const AT = 16;
const ESP_HEADER_BYTES = 8;

describe.each(['native', 'portable'] as const)('published ESP packets by the %s implementation', (name) => {
  const resources = IMPLEMENTATIONS[name];

  test.each(cases.filter(isCombined))('$name', (example) => {
    const sa = {
      ...SA,
      encryption: example.encryption,
      encryptionKey: fromHex(example.keyAndSalt),
      esn: example.esn,
    };
    const opener = openerOf(sa, resources);
    const { arena, text } = laidOut(example, opener.ivBytes);
    expect(opener.open(arena, AT, text.length, Number.parseInt(example.high, 16) | 0)).toBe(true);
    expect(toHex(arena.bytes.slice(text.at, text.at + text.length))).toBe(example.text);
  });

  // The packets of RFC 3602 follow one another on one key, as on one SA.
  test('RFC 3602', () => {
    for (const example of cases.filter((one) => !isCombined(one))) {
      const key = fromHex(example.keyAndSalt);
      const library = resources.nativeCipher(example.encryption);
      const cipher =
        library === undefined
          ? new PortableCbc(example.encryption, key, 0)
          : new NativeCbc(library, example.encryption, key, 0);
      const { arena, text } = laidOut(example, cipher.blockBytes);
      expect(cipher.run(arena, AT + ESP_HEADER_BYTES, text.length)).toBe(true);
      expect(toHex(arena.bytes.slice(text.at, text.at + text.length)), example.name).toBe(example.text);
      cipher.close();
    }
  });
});

function isCombined({ encryption }: Case): boolean {
  return encryptionAlgorithm(encryption).aeadIcvBytes !== undefined;
}

function laidOut({ packet, text }: Case, ivBytes: number) {
  const arena = createArena(512);
  arena.bytes.set(fromHex(packet), AT);
  return { arena, text: { at: AT + ESP_HEADER_BYTES + ivBytes, length: text.length / 2 } };
}

const SA = {
  source: '192.0.2.1',
  destination: '192.0.2.2',
  direction: 'in',
  protocol: 'esp',
  spi: 0,
  reqid: 1,
  mode: 'tunnel',
  replayWindow: 0,
} as const;
