import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex, utf8 } from '../../base/bytes.ts';
import { invariant } from '../../base/errors.ts';
import { PRF, type PrfKeyword } from '../../crypto/algorithms.ts';
import { readNist } from '../../crypto/testing/vectors.ts';
import type { CipherSuite } from '../../sa/proposal.ts';
import {
  type ChildKeyInput,
  deriveChildKeys,
  deriveIkeKeys,
  phase1Iv,
  skeyidFromPsk,
  skeyidFromSignatures,
} from './keymat.ts';

const PRF_OF_SECTION: ReadonlyMap<string, PrfKeyword> = new Map([
  ['SHA-1', 'prfsha1'],
  ['SHA-256', 'prfsha256'],
  ['SHA-384', 'prfsha384'],
  ['SHA-512', 'prfsha512'],
]);

const cases = (kind: 'psk' | 'dsa') =>
  readNist(`cavp-ike/ikev1_${kind}.fax.txt`).map(({ section, values }) => {
    const prf = section.map((heading) => PRF_OF_SECTION.get(heading)).find((keyword) => keyword !== undefined);
    invariant(prf !== undefined, 'a section names its hash');
    return {
      prf,
      text: (name: string) => values.get(name) ?? '',
      bytes: (name: string) => fromHex(values.get(name) ?? ''),
    };
  });

describe('keys of the IKE SA (NIST CAVP, RFC 2409 §5)', () => {
  const all = [...cases('psk'), ...cases('dsa')];

  it('has 102 cases of each kind, with all four hashes', () => {
    expect([cases('psk').length, cases('dsa').length]).toEqual([102, 102]);
    expect(new Set(all.map(({ prf }) => prf)).size).toBe(4);
  });

  it('SKEYID with a pre-shared key', () => {
    for (const { prf, text, bytes } of cases('psk'))
      expect(toHex(skeyidFromPsk(prf, bytes('pre-shared-key'), bytes('Ni'), bytes('Nr')))).toBe(text('SKEYID'));
  });

  it('SKEYID with signatures', () => {
    for (const { prf, text, bytes } of cases('dsa'))
      expect(toHex(skeyidFromSignatures(prf, bytes('g^xy'), bytes('Ni'), bytes('Nr')))).toBe(text('SKEYID'));
  });

  it('SKEYID_d, SKEYID_a, SKEYID_e', () => {
    for (const { prf, text, bytes } of all) {
      const keys = deriveIkeKeys({
        suite: { protocol: 'ike', encryption: 'aes128', prf },
        skeyid: bytes('SKEYID'),
        sharedSecret: bytes('g^xy'),
        spiI: text('CKY_I'),
        spiR: text('CKY_R'),
      });
      expect([keys.skeyidD, keys.skeyidA, keys.skeyidE].map(toHex)).toEqual([
        text('SKEYID_d'),
        text('SKEYID_a'),
        text('SKEYID_e'),
      ]);
    }
  });
});

describe('the encryption key of the IKE SA (RFC 2409 appendix B)', () => {
  const keysOf = (suite: Pick<CipherSuite, 'encryption' | 'prf'>) =>
    deriveIkeKeys({
      suite: { protocol: 'ike', ...suite },
      skeyid: utf8('skeyid'),
      sharedSecret: utf8('shared'),
      spiI: '11'.repeat(8),
      spiR: '22'.repeat(8),
    });

  it('is the start of SKEYID_e where that is long enough, to the last byte', () => {
    for (const [encryption, prf, length] of [
      ['aes128', 'prfmd5', 16],
      ['aes128', 'prfsha1', 16],
      ['aes256', 'prfsha256', 32],
      ['3des', 'prfsha512', 24],
    ] as const) {
      const { encryptionKey, skeyidE } = keysOf({ encryption, prf });
      expect(encryptionKey).toEqual(skeyidE.slice(0, length));
    }
  });

  it('is made of K1 | K2 | K3 where SKEYID_e is too short, and has nothing of SKEYID_e itself', () => {
    for (const [encryption, prf, hash, length] of [
      ['3des', 'prfsha1', 'sha1', 24],
      ['aes192', 'prfsha1', 'sha1', 24],
      ['aes256', 'prfsha1', 'sha1', 32],
      ['aes256', 'prfmd5', 'md5', 32],
      ['3des', 'prfmd5', 'md5', 24],
    ] as const) {
      const { encryptionKey, skeyidE } = keysOf({ encryption, prf });
      const mac = (data: Uint8Array) => new Uint8Array(createHmac(hash, skeyidE).update(data).digest());
      const k1 = mac(Uint8Array.of(0));
      const k2 = mac(k1);
      expect(encryptionKey).toEqual(concatBytes(k1, k2, mac(k2)).slice(0, length));
    }
  });

  it('the first IV has the length of a block of the cipher, and depends on the order of the public values', () => {
    const iv = (encryption: 'aes256' | '3des', prf: PrfKeyword, ...values: readonly [string, string]) =>
      toHex(phase1Iv({ protocol: 'ike', encryption, prf }, utf8(values[0]), utf8(values[1])));
    // SHA-1 and MD5 of "abc".
    expect(iv('aes256', 'prfsha1', 'a', 'bc')).toBe('a9993e364706816aba3e25717850c26c');
    expect(iv('3des', 'prfmd5', 'ab', 'c')).toBe('900150983cd24fb0');
    expect(iv('aes256', 'prfsha1', 'bc', 'a')).not.toBe(iv('aes256', 'prfsha1', 'a', 'bc'));
  });
});

describe('KEYMAT of Quick Mode (RFC 2409 §5.5)', () => {
  const base: ChildKeyInput = {
    suite: { protocol: 'esp', encryption: 'aes128', integrity: 'sha1' },
    prf: 'prfsha1',
    skeyidD: utf8('skeyid_d'),
    nonceI: utf8('nonce of the initiator'),
    nonceR: utf8('nonce of the responder'),
    spiI: fromHex('c1c1c1c1'),
    spiR: fromHex('d2d2d2d2'),
  };

  /** The formula of the RFC, written down once more. */
  const keymat = (input: ChildKeyInput, protocol: number, spi: Uint8Array, length: number) => {
    const tail = concatBytes(
      input.sharedSecret ?? new Uint8Array(0),
      Uint8Array.of(protocol),
      spi,
      input.nonceI,
      input.nonceR,
    );
    const hash = PRF.find(({ keyword }) => keyword === input.prf)?.hash ?? '';
    let out: Uint8Array = new Uint8Array(0);
    let block: Uint8Array = new Uint8Array(0);
    while (out.length < length) {
      block = new Uint8Array(createHmac(hash, input.skeyidD).update(concatBytes(block, tail)).digest());
      out = concatBytes(out, block);
    }
    return out.slice(0, length);
  };

  const inputs = [
    { suite: { protocol: 'esp', encryption: '3des', integrity: 'sha512' }, prf: 'prfmd5' },
    { suite: { protocol: 'esp', encryption: 'aes256', integrity: 'sha256' }, prf: 'prfsha1' },
    { suite: { protocol: 'esp', encryption: 'aes256gcm16' }, prf: 'prfsha512', sharedSecret: utf8('fresh secret') },
    { suite: { protocol: 'ah', integrity: 'sha384' }, prf: 'prfsha1', sharedSecret: utf8('fresh secret') },
  ] as const;

  it.each(inputs)('has the SPI of the destination in it, and the cipher first: $suite, $prf', (varied) => {
    const input: ChildKeyInput = { ...base, ...varied };
    const { initiator, responder } = deriveChildKeys(input);
    const protocol = input.suite.protocol === 'ah' ? 2 : 3;
    const joined = [initiator, responder].map((keys) => concatBytes(keys.encryptionKey, keys.integrityKey));
    const length = joined[0]?.length ?? 0;
    expect(joined).toEqual([base.spiR, base.spiI].map((spi) => keymat(input, protocol, spi, length)));
  });

  it('keys have the lengths of their algorithms, the salt of a combined-mode cipher included (RFC 4106 §8.1)', () => {
    const lengths = (suite: CipherSuite) => {
      const { initiator, responder } = deriveChildKeys({ ...base, suite });
      return [initiator, responder].flatMap(({ encryptionKey, integrityKey }) => [
        encryptionKey.length,
        integrityKey.length,
      ]);
    };
    expect(lengths({ protocol: 'esp', encryption: '3des', integrity: 'md5' })).toEqual([24, 16, 24, 16]);
    expect(lengths({ protocol: 'esp', encryption: 'aes192', integrity: 'sha512' })).toEqual([24, 64, 24, 64]);
    expect(lengths({ protocol: 'esp', encryption: 'aes128gcm16' })).toEqual([20, 0, 20, 0]);
    expect(lengths({ protocol: 'esp', encryption: 'aes256gcm16' })).toEqual([36, 0, 36, 0]);
    expect(lengths({ protocol: 'ah', integrity: 'sha256' })).toEqual([0, 32, 0, 32]);
  });
});
