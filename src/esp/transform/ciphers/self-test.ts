import type { EncryptionKeyword, IntegrityKeyword } from '../../../crypto/algorithms.ts';
import { encryptionAlgorithm, integrityAlgorithm } from '../../../crypto/algorithms.ts';
import type { Arena } from '../../../native/arena.ts';
import { createArena } from '../../../native/arena.ts';
import { NativeAeadOpener, NativeAeadSealer } from './native-aead.ts';
import { NativeCbc } from './native-cbc.ts';
import type { NativeCrypto } from './native-crypto.ts';
import { NativeHmac } from './native-hmac.ts';
import { PortableAeadOpener, PortableAeadSealer } from './portable-aead.ts';
import { PortableCbc } from './portable-cbc.ts';
import { PortableHmac } from './portable-hmac.ts';
import { ESP_HEADER_BYTES } from './protection.ts';

/**
 * Whether the library does for a cipher what src/crypto does, whose implementations have given the known answers:
 * several packets on one context, so that what one leaves behind shows in the next, both ways, and a forgery.
 */
export function nativeCipherWorks(native: NativeCrypto, keyword: EncryptionKeyword): boolean {
  const combined = encryptionAlgorithm(keyword).aeadIcvBytes !== undefined;
  try {
    return combined ? aeadWorks(native, keyword) : cbcWorks(native, keyword);
  } catch {
    return false;
  }
}

/** The same of an HMAC. */
export function nativeMacWorks(native: NativeCrypto, keyword: IntegrityKeyword): boolean {
  const key = pattern(integrityAlgorithm(keyword).keyBytes);
  try {
    return [false, true].every((esn) => {
      const mac = new NativeHmac(native, keyword, key, esn);
      const portable = new PortableHmac(keyword, key, esn);
      const works = LENGTHS.every((length) => {
        const arena = testArena();
        const icvAt = AT + length + 8;
        portable.compute(arena, AT, length, HIGH);
        portable.write(arena, icvAt);
        const accepted = mac.compute(arena, AT, length, HIGH) && mac.matches(arena, icvAt);
        spoil(arena, icvAt);
        return accepted && !mac.matches(arena, icvAt);
      });
      mac.close();
      return works;
    });
  } catch {
    return false;
  }
}

function cbcWorks(native: NativeCrypto, keyword: EncryptionKeyword): boolean {
  const { keyBits, blockBytes } = encryptionAlgorithm(keyword);
  const key = pattern(keyBits / 8);
  const ends = [
    [new NativeCbc(native, keyword, key, 1), new PortableCbc(keyword, key, 0)],
    [new PortableCbc(keyword, key, 1), new NativeCbc(native, keyword, key, 0)],
  ] as const;
  return ends.every(([from, to]) => {
    const works = LENGTHS.every((length) => {
      const arena = testArena();
      const done = from.run(arena, AT, length) && isPattern(arena, AT + blockBytes, length) === false;
      return done && to.run(arena, AT, length) && isPattern(arena, AT + blockBytes, length);
    });
    from.close();
    to.close();
    return works;
  });
}

function aeadWorks(native: NativeCrypto, keyword: EncryptionKeyword): boolean {
  const { keyBits, saltBytes, ivBytes } = encryptionAlgorithm(keyword);
  const key = pattern(keyBits / 8 + saltBytes);
  const textAt = AT + ESP_HEADER_BYTES + ivBytes;
  return [false, true].every((esn) => {
    const ends = [
      [new NativeAeadSealer(native, keyword, key, esn), new PortableAeadOpener(keyword, key, esn)],
      [new PortableAeadSealer(keyword, key, esn), new NativeAeadOpener(native, keyword, key, esn)],
    ] as const;
    return ends.every(([from, to]) => {
      const works = LENGTHS.every((length) => {
        const arena = testArena();
        arena.view.setUint32(AT + 4, length);
        if (!from.seal(arena, AT, length, HIGH) || isPattern(arena, textAt, length)) return false;
        const forged = createArena(arena.bytes.length);
        forged.bytes.set(arena.bytes);
        spoil(forged, textAt + length);
        return (
          !to.open(forged, AT, length, HIGH) && to.open(arena, AT, length, HIGH) && isPattern(arena, textAt, length)
        );
      });
      from.close();
      to.close();
      return works;
    });
  });
}

const AT = 16;
const LENGTHS = [16, 128, 48, 256];
const HIGH = 7;
const ARENA_BYTES = 640;

function testArena(): Arena {
  const arena = createArena(ARENA_BYTES);
  arena.bytes.set(pattern(ARENA_BYTES));
  return arena;
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 3)) & 0xff);
}

function isPattern({ bytes }: Arena, at: number, length: number): boolean {
  const expected = pattern(at + length);
  for (let index = at; index < at + length; index++) if (bytes[index] !== expected[index]) return false;
  return true;
}

function spoil({ bytes }: Arena, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
}
