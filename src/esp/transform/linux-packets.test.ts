import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../base/bytes.ts';
import type { EncryptionKeyword, IntegrityKeyword } from '../../crypto/algorithms.ts';
import { encryptionAlgorithm, integrityAlgorithm } from '../../crypto/algorithms.ts';
import { createArena } from '../../native/arena.ts';
import type { SaSpec } from '../../sa/data-plane.ts';
import { AH_ICV, ahHeaderBytes, OUTER_HEADERS } from './ah-header.ts';
import { AhInbound } from './ah-inbound.ts';
import { AhOutbound } from './ah-outbound.ts';
import { macOf, openerOf } from './ciphers/suite.ts';
import { EspInbound } from './esp-inbound.ts';
import { ReplayWindow } from './replay-window.ts';
import { SequenceCounter } from './sequence-counter.ts';
import { IMPLEMENTATIONS } from './testing/suites.ts';

type Case = {
  readonly name: string;
  readonly protocol: 'esp' | 'ah';
  readonly encryption?: EncryptionKeyword;
  readonly integrity?: IntegrityKeyword;
  readonly esn: boolean;
  /** From the outer IP header on. */
  readonly packets: readonly string[];
};

const FILE = new URL('../../../conformance/vectors/linux-esp/packets.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(FILE, 'utf8')) as { cases: readonly Case[] };
const OUTER_AT = 64;
/** Of the kernel, before the first packet. */
const LAST_SENT = { high: 5, low: 0x20 };
/** Of the echo requests, with their IP and ICMP headers. */
const INNER_LENGTHS = [20 + 28, 61 + 28];

describe.each(['native', 'portable'] as const)(
  'packets of the Linux kernel by the %s implementation',
  (implementation) => {
    const resources = IMPLEMENTATIONS[implementation];

    test.each(cases)('$name: opened, and say what was sent', (recorded) => {
      const sa = saOf(recorded);
      const highest = recorded.esn ? LAST_SENT.high * 2 ** 32 + LAST_SENT.low : 0;
      const window = new ReplayWindow(64, recorded.esn, highest);
      const inbound =
        recorded.protocol === 'esp'
          ? new EspInbound(openerOf(sa, resources), window)
          : new AhInbound(outerOf(recorded), macOf(sa, resources), window);
      for (const packet of recorded.packets) {
        const { arena, at, length } = laidOut(packet);
        const inner = inbound.open(arena, at, length, OUTER_AT);
        expect(INNER_LENGTHS).toContain(inner);
        expect(inbound.nextHeader).toBe(4);
        expect(arena.view.getUint16(at + inbound.headroom + 2)).toBe(inner);
        expect(toHex(arena.bytes.slice(at + inbound.headroom + 12, at + inbound.headroom + 20))).toBe(
          '0a0100010a020001',
        );
        expect(inbound.open(arena, at, length, OUTER_AT)).toBeLessThan(0);
      }
      inbound.close();
    });

    // ESP packets have an IV of the sender's own choice, and some AH headers padding: Linux leaves in it what was there.
    test.each(cases.filter(isOurOwn))('$name: come out the same from us', (recorded) => {
      const sa = saOf(recorded);
      const outer = outerOf(recorded);
      const last = { ...LAST_SENT, high: recorded.esn ? LAST_SENT.high : 0 };
      for (const [index, packet] of recorded.packets.entries()) {
        const { arena, at, length } = laidOut(packet);
        const counter = new SequenceCounter(recorded.esn, { ...last, low: last.low + index });
        const outbound = new AhOutbound(arena.view.getUint32(at + 4), outer, macOf(sa, resources), counter);
        arena.bytes.fill(0xee, at, at + outbound.headroom);
        expect(outbound.seal(arena, at + outbound.headroom, length - outbound.headroom, 4)).toBe(length);
        expect(toHex(arena.bytes.slice(OUTER_AT, at + length))).toBe(packet);
        outbound.close();
      }
    });
  },
);

/** AH whose padding behind the ICV, where it has any, is zero as ours is. */
function isOurOwn(recorded: Case): boolean {
  const { protocol, integrity, packets } = recorded;
  if (protocol !== 'ah' || integrity === undefined) return false;
  const outer = outerOf(recorded);
  const { icvBytes } = integrityAlgorithm(integrity);
  return packets.every((packet) => {
    const padding = fromHex(packet).subarray(
      outer.length + AH_ICV + icvBytes,
      outer.length + ahHeaderBytes(icvBytes, outer),
    );
    return padding.every((octet) => octet === 0);
  });
}

function laidOut(packet: string) {
  const bytes = fromHex(packet);
  const arena = createArena(1024);
  arena.bytes.set(bytes, OUTER_AT);
  const outerLength = OUTER_HEADERS[familyOf(packet)].length;
  return { arena, at: OUTER_AT + outerLength, length: bytes.length - outerLength };
}

function familyOf(packet: string): 4 | 6 {
  return packet.startsWith('6') ? 6 : 4;
}

function outerOf({ packets: [first = ''] }: Case) {
  return OUTER_HEADERS[familyOf(first)];
}

/** With the keys of the recording. */
function saOf({ protocol, encryption, integrity, esn }: Case): SaSpec {
  return {
    source: '192.0.2.1',
    destination: '192.0.2.2',
    direction: 'in',
    protocol,
    spi: 0,
    reqid: 1,
    mode: 'tunnel',
    replayWindow: 64,
    esn,
    ...(encryption === undefined ? {} : { encryption, encryptionKey: counting(1, encryptionKeyBytes(encryption)) }),
    ...(integrity === undefined
      ? {}
      : {
          integrity,
          integrityKey: counting(protocol === 'esp' ? 101 : 1, integrityAlgorithm(integrity).keyBytes),
        }),
  };
}

function encryptionKeyBytes(keyword: EncryptionKeyword): number {
  const { keyBits, saltBytes } = encryptionAlgorithm(keyword);
  return keyBits / 8 + saltBytes;
}

function counting(first: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => first + index);
}
