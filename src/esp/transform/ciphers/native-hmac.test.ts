import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from '../../../base/bytes.ts';
import { INTEGRITY, integrityAlgorithm } from '../../../crypto/algorithms.ts';
import { computeIcv } from '../../../crypto/integrity.ts';
import { createArena } from '../../../native/arena.ts';
import { loadNativeCrypto } from './native-crypto.ts';
import { NativeHmac } from './native-hmac.ts';
import { SLACK_BYTES } from './protection.ts';

const native = loadNativeCrypto() ?? expect.unreachable('this Node exports no libcrypto');

test.each(INTEGRITY.map(({ keyword }) => keyword))(
  'HMAC-%s of any bytes anywhere is that of src/crypto, and all memory stays as it was',
  (keyword) => {
    const { keyBytes } = integrityAlgorithm(keyword);
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: keyBytes, maxLength: keyBytes }),
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 0, max: 20 }),
        fc.boolean(),
        fc.integer(),
        (key, bytes, from, esn, high) => {
          const mac = new NativeHmac(native, keyword, key, esn);
          const arena = createArena(from + bytes.length + SLACK_BYTES);
          arena.bytes.fill(0xee);
          arena.bytes.set(bytes, from);
          const before = arena.bytes.slice();
          const suffix = new DataView(new ArrayBuffer(esn ? 4 : 0));
          if (esn) suffix.setInt32(0, high);
          expect(mac.compute(arena, from, bytes.length, high)).toBe(true);
          expect(arena.bytes).toEqual(before);
          const expected = computeIcv(keyword, key, bytes, new Uint8Array(suffix.buffer));
          mac.write(arena, from);
          expect(toHex(arena.bytes.slice(from, from + mac.icvBytes))).toBe(toHex(expected));
          expect(mac.matches(arena, from)).toBe(true);
          mac.close();
        },
      ),
      { numRuns: 100 },
    );
  },
);
