import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../base/bytes.ts';
import { PRF, type PrfKeyword } from '../../crypto/algorithms.ts';
import { prfPlus } from '../../crypto/prf.ts';
import type { CipherSuite } from '../../sa/proposal.ts';
import {
  type ChildKeys,
  deriveAdditionalIkeKeys,
  deriveChildKeys,
  deriveIkeKeys,
  deriveRekeyedIkeKeys,
  type IkeKeys,
  messageKeys,
  mixPpk,
} from './keymat.ts';

/** Suites whose keys together are as long as the derived material of the vectors, or longer, but for the prf. */
const SUITES: readonly Omit<CipherSuite, 'prf'>[] = [
  { protocol: 'ike', encryption: 'aes128', integrity: 'sha1' },
  { protocol: 'ike', encryption: '3des', integrity: 'sha512' },
  { protocol: 'ike', encryption: 'aes256gcm16' },
  { protocol: 'ike', encryption: 'chacha20poly1305' },
];

describe('key derivation of the IKE SA and its Child SAs (NIST CAVP)', () => {
  const cases = readCases();

  it('has the cases of all four hashes', () => {
    expect(cases).toHaveLength(54);
    expect(new Set(cases.map(({ prf }) => prf)).size).toBe(4);
  });

  it('SK_d, SK_a, SK_e, SK_p come from SKEYSEED in the order of RFC 7296 §2.14', () => {
    for (const { prf, nonceI, nonceR, secret, spiI, spiR, dkm } of cases)
      for (const suite of SUITES) {
        const keys = deriveIkeKeys({ suite: { ...suite, prf }, sharedSecret: secret, nonceI, nonceR, spiI, spiR });
        expectSamePrefix(concatBytes(...inOrder(keys)), dkm);
      }
  });

  it('after a rekey SKEYSEED comes from the old SK_d by the old prf, RFC 7296 §2.18', () => {
    for (const { prf, nonceI, nonceR, newSecret, spiI, spiR, skD, rekeyedSkeyseed } of cases) {
      const suite: CipherSuite = { protocol: 'ike', encryption: 'aes128', integrity: 'sha256', prf: 'prfsha384' };
      const input = { suite, sharedSecret: newSecret, nonceI, nonceR, spiI, spiR };
      const keys = deriveRekeyedIkeKeys({ ...input, oldPrf: prf, oldSkD: skD });
      const seed = concatBytes(nonceI, nonceR, fromHex(spiI), fromHex(spiR));
      expect(concatBytes(...inOrder(keys))).toEqual(
        prfPlus('prfsha384', rekeyedSkeyseed, seed, 3 * 48 + 2 * (16 + 32)),
      );
    }
  });

  it('an additional key exchange takes SKEYSEED from SK_d and all else from IKE_SA_INIT (RFC 9370 §2.2.2)', () => {
    for (const { prf, nonceI, nonceR, secret, newSecret, spiI, spiR, skD, rekeyedSkeyseed } of cases) {
      const suite: CipherSuite = { protocol: 'ike', encryption: 'aes256gcm16', prf };
      const before = deriveIkeKeys({ suite, sharedSecret: secret, nonceI, nonceR, spiI, spiR });
      expectSamePrefix(before.skD, skD);
      const input = { suite, sharedSecret: newSecret, nonceI, nonceR, spiI, spiR };
      const seed = concatBytes(nonceI, nonceR, fromHex(spiI), fromHex(spiR));
      // The vectors derive SKEYSEED of a rekey with these very inputs, and the formula is the same.
      const keys = deriveAdditionalIkeKeys(before, input);
      expect(concatBytes(...inOrder(keys))).toEqual(
        prfPlus(prf, rekeyedSkeyseed, seed, 3 * rekeyedSkeyseed.length + 2 * 36),
      );
    }
  });

  it('KEYMAT of a Child SA goes to initiator, then responder, encryption before integrity, RFC 7296 §2.17', () => {
    for (const { prf, nonceI, nonceR, newSecret, skD, childDkm, childDkmPfs } of cases)
      for (const { encryption, integrity } of SUITES) {
        const suite: CipherSuite = {
          protocol: 'esp',
          ...(encryption && { encryption }),
          ...(integrity && { integrity }),
        };
        expectSamePrefix(childInOrder(deriveChildKeys({ suite, prf, skD, nonceI, nonceR })), childDkm);
        const pfs = deriveChildKeys({ suite, prf, skD, nonceI, nonceR, sharedSecret: newSecret });
        expectSamePrefix(childInOrder(pfs), childDkmPfs);
      }
  });

  it('the secrets of additional key exchanges follow the nonces, for both kinds of SA (RFC 9370 §2.2.4)', () => {
    const octets = (length: number, from: number) => Uint8Array.from({ length }, (_, index) => (from + index) & 0xff);
    const [nonceI, nonceR] = [octets(32, 1), octets(24, 70)];
    const [spiI, spiR] = ['11'.repeat(8), '22'.repeat(8)];
    const [skD, sharedSecret] = [octets(32, 128), octets(32, 200)];
    const additionalSecrets = [octets(32, 33), octets(66, 44), octets(32, 55)];
    const seed = concatBytes(sharedSecret, nonceI, nonceR, ...additionalSecrets);
    const hmac = (key: Uint8Array, ...data: Uint8Array[]) =>
      Uint8Array.from(
        createHmac('sha256', key)
          .update(concatBytes(...data))
          .digest(),
      );
    const first = hmac(skD, seed, Uint8Array.of(1));
    const second = hmac(skD, first, seed, Uint8Array.of(2));
    const third = hmac(skD, second, seed, Uint8Array.of(3));
    const child = deriveChildKeys({
      suite: { protocol: 'esp', encryption: 'aes256gcm16' },
      prf: 'prfsha256',
      skD,
      nonceI,
      nonceR,
      sharedSecret,
      additionalSecrets,
    });
    expect(childInOrder(child)).toEqual(concatBytes(first, second, third).slice(0, 72));
    const suite: CipherSuite = { protocol: 'ike', encryption: 'aes256gcm16', prf: 'prfsha384' };
    const ike = deriveRekeyedIkeKeys({
      suite,
      sharedSecret,
      nonceI,
      nonceR,
      spiI,
      spiR,
      oldPrf: 'prfsha256',
      oldSkD: skD,
      additionalSecrets,
    });
    const ikeSeed = concatBytes(nonceI, nonceR, fromHex(spiI), fromHex(spiR));
    expect(concatBytes(...inOrder(ike))).toEqual(prfPlus('prfsha384', hmac(skD, seed), ikeSeed, 3 * 48 + 2 * 36));
  });

  it('keys have the lengths of their algorithms; a combined-mode cipher has a salt and no integrity key', () => {
    const lengths = (suite: CipherSuite) => {
      const zero = new Uint8Array(16);
      const input = {
        suite,
        sharedSecret: zero,
        nonceI: zero,
        nonceR: zero,
        spiI: '11'.repeat(8),
        spiR: '22'.repeat(8),
      };
      return inOrder(deriveIkeKeys(input)).map((key) => key.length);
    };
    expect(lengths({ protocol: 'ike', encryption: 'aes256', integrity: 'sha384', prf: 'prfsha1' })).toEqual([
      20, 48, 48, 32, 32, 20, 20,
    ]);
    expect(lengths({ protocol: 'ike', encryption: 'aes128gcm16', prf: 'prfsha512' })).toEqual([
      64, 0, 0, 20, 20, 64, 64,
    ]);
    const ah = deriveChildKeys({
      suite: { protocol: 'ah', integrity: 'sha256', esn: false },
      prf: 'prfsha256',
      skD: new Uint8Array(32),
      nonceI: new Uint8Array(16),
      nonceR: new Uint8Array(16),
    });
    expect([ah.initiator.encryptionKey.length, ah.initiator.integrityKey.length]).toEqual([0, 32]);
  });

  it('a PPK changes SK_d, SK_pi and SK_pr, with any prf and a PPK of any length (RFC 8784 §3)', () => {
    for (const { keyword, hash } of PRF)
      for (const length of [1, 32, 64, 128, 200]) {
        const ppk = Uint8Array.from({ length }, (_, index) => index * 7);
        const keys = Object.fromEntries(NAMES.map((name, index) => [name, new Uint8Array(20).fill(index)])) as IkeKeys;
        const mix = (key: Uint8Array) => {
          const block = createHmac(hash, ppk).update(key).update(Uint8Array.of(1)).digest();
          // Twenty octets are one block, or a part of one, of every prf but MD5's, which needs a second.
          const more = createHmac(hash, ppk).update(block).update(key).update(Uint8Array.of(2)).digest();
          return Uint8Array.from(Buffer.concat([block, more]).subarray(0, 20));
        };
        const expected = { ...keys, skD: mix(keys.skD), skPi: mix(keys.skPi), skPr: mix(keys.skPr) };
        expect(mixPpk(keys, keyword, ppk)).toEqual(expected);
      }
  });

  it('messageKeys are those of the side that sends', () => {
    const key = (value: number) => new Uint8Array(4).fill(value);
    const keys = { skD: key(0), skAi: key(1), skAr: key(2), skEi: key(3), skEr: key(4), skPi: key(5), skPr: key(6) };
    expect(messageKeys(keys, 'initiator')).toEqual({ encryptionKey: key(3), integrityKey: key(1) });
    expect(messageKeys(keys, 'responder')).toEqual({ encryptionKey: key(4), integrityKey: key(2) });
  });
});

const NAMES = ['skD', 'skAi', 'skAr', 'skEi', 'skEr', 'skPi', 'skPr'] as const;

function inOrder({ skD, skAi, skAr, skEi, skEr, skPi, skPr }: IkeKeys): Uint8Array[] {
  return [skD, skAi, skAr, skEi, skEr, skPi, skPr];
}

function childInOrder({ initiator, responder }: ChildKeys): Uint8Array {
  return concatBytes(initiator.encryptionKey, initiator.integrityKey, responder.encryptionKey, responder.integrityKey);
}

function expectSamePrefix(actual: Uint8Array, expected: Uint8Array): void {
  const common = Math.min(actual.length, expected.length);
  expect(actual.subarray(0, common)).toEqual(expected.subarray(0, common));
}

type Case = {
  readonly prf: PrfKeyword;
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
  readonly secret: Uint8Array;
  readonly newSecret: Uint8Array;
  readonly spiI: string;
  readonly spiR: string;
  readonly skD: Uint8Array;
  readonly dkm: Uint8Array;
  readonly childDkm: Uint8Array;
  readonly childDkmPfs: Uint8Array;
  readonly rekeyedSkeyseed: Uint8Array;
};

const PRFS: Readonly<Record<string, { readonly prf: PrfKeyword; readonly bytes: number }>> = {
  'SHA-1': { prf: 'prfsha1', bytes: 20 },
  'SHA-256': { prf: 'prfsha256', bytes: 32 },
  'SHA-384': { prf: 'prfsha384', bytes: 48 },
  'SHA-512': { prf: 'prfsha512', bytes: 64 },
};

/** The file is lines of `name = value` under `[section]` headings; a blank line ends a case. */
function readCases(): Case[] {
  const text = readFileSync(new URL('../../../conformance/vectors/cavp-ike/ikev2.fax.txt', import.meta.url), 'utf8');
  let section = '';
  return text.split(/\r?\n\r?\n/).flatMap((block) => {
    section = /\[(SHA-\d+)\]/.exec(block)?.[1] ?? section;
    const fields = new Map(
      [...block.matchAll(/^([^[\]=]+?) = (\S+)\s*$/gm)].map((match) => [match[1], match[2] ?? '']),
    );
    const hash = PRFS[section];
    if (hash === undefined || !fields.has('COUNT')) return [];
    const bytes = (name: string) => fromHex(fields.get(name) ?? '');
    return [
      {
        prf: hash.prf,
        nonceI: bytes('Ni'),
        nonceR: bytes('Nr'),
        secret: bytes('g^ir'),
        newSecret: bytes('g^ir (new)'),
        spiI: fields.get('SPIi') ?? '',
        spiR: fields.get('SPIr') ?? '',
        skD: bytes('DKM').subarray(0, hash.bytes),
        dkm: bytes('DKM'),
        childDkm: bytes('DKM(Child SA)'),
        childDkmPfs: bytes('DKM(Child SA D-H)'),
        rekeyedSkeyseed: bytes('SKEYSEED(Rekey)'),
      },
    ];
  });
}
