import { modPow } from 'bigint-crypto-utils';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../base/bytes.ts';
import { SeededEntropy } from '../base/entropy.ts';
import type { KeyExchangeKeyword } from './algorithms.ts';
import { KEY_EXCHANGE, keyExchangeMethod } from './algorithms.ts';
import { integerToBytes } from './big-integer.ts';
import { ecpCurve } from './ecp-curves.ts';
import { performKeyExchange, privateKeyBytes } from './key-exchange.ts';
import type { KeyExchangeResult } from './key-exchange-job.ts';
import { modpGroup } from './modp-groups.ts';
import { privateKeyOf, readCases, readWycheproof } from './testing/vectors.ts';

const METHODS: readonly KeyExchangeKeyword[] = KEY_EXCHANGE.map(({ keyword }) => keyword);
const entropy = new SeededEntropy(1);

describe('key exchange', () => {
  type ExchangeCase = { name: string; method: KeyExchangeKeyword } & Record<
    'i' | 'r' | 'publicI' | 'publicR' | 'shared',
    string
  >;

  it.each(readCases<ExchangeCase>('rfc/key-exchange.json'))('$name', ({ method, i, r, publicI, publicR, shared }) => {
    const initiator = privateKeyOf(method, fromHex(i));
    const responder = privateKeyOf(method, fromHex(r));
    expect(generate(method, initiator)).toEqual(fromHex(publicI));
    expect(generate(method, responder)).toEqual(fromHex(publicR));
    expect(agree(method, initiator, fromHex(publicR))).toEqual({ kind: 'ke.agree', sharedSecret: fromHex(shared) });
    expect(agree(method, responder, fromHex(publicI))).toEqual({ kind: 'ke.agree', sharedSecret: fromHex(shared) });
  });

  it.each(METHODS)('%s: both sides arrive at one secret, of the lengths of the table', (method) => {
    const { publicBytes, ciphertextBytes, secretBytes } = keyExchangeMethod(method);
    const [initiator, responder] = [freshKey(method), freshKey(method)];
    const publicI = generate(method, initiator);
    const answer = respond(method, responder, publicI);
    if (answer.kind !== 'ke.respond') throw new Error(`unexpected ${answer.kind}`);
    expect(publicI).toHaveLength(publicBytes);
    expect(answer.publicValue).toHaveLength(ciphertextBytes ?? publicBytes);
    expect(answer.sharedSecret).toHaveLength(secretBytes);
    expect(agree(method, initiator, answer.publicValue)).toEqual({
      kind: 'ke.agree',
      sharedSecret: answer.sharedSecret,
    });
  });

  it.each(METHODS)('%s: the result depends on the private key alone, which stays as it was', (method) => {
    const [one, other] = [freshKey(method), freshKey(method)];
    const before = toHex(one);
    const first = generate(method, one);
    expect(generate(method, other)).not.toEqual(first);
    expect(generate(method, one)).toEqual(first);
    expect(toHex(one)).toBe(before);
  });

  it.each(METHODS)('%s: the least and the greatest entropy make keys that work', (method) => {
    for (const fill of [0x00, 0xff]) {
      const extreme = new Uint8Array(privateKeyBytes(method)).fill(fill);
      for (const [ours, theirs] of [
        [extreme, freshKey(method)],
        [freshKey(method), extreme],
      ] as const) {
        const answer = respond(method, theirs, generate(method, ours));
        if (answer.kind !== 'ke.respond') throw new Error(`unexpected ${answer.kind}`);
        const { sharedSecret } = answer;
        expect(agree(method, ours, answer.publicValue)).toEqual({ kind: 'ke.agree', sharedSecret });
      }
    }
  });

  it('results share no memory with anything else, so that a worker can hand them over', () => {
    for (const method of METHODS)
      expect(generate(method, freshKey(method)).buffer.byteLength).toBe(keyExchangeMethod(method).publicBytes);
  });

  it('leading zeros of a public value and of a secret are kept (RFC 7296 §2.14)', () => {
    const method = 'modp768';
    const peerPublic = generate(method, freshKey(method));
    const shortPublic = search(() => generate(method, freshKey(method)));
    const shortSecret = search(() => {
      const result = agree(method, freshKey(method), peerPublic);
      return result.kind === 'ke.agree' ? result.sharedSecret : new Uint8Array(0);
    });
    expect(shortPublic).toHaveLength(96);
    expect(shortSecret).toHaveLength(96);
    expect(agree(method, freshKey(method), shortPublic).kind).toBe('ke.agree');
  });
});

describe('hostile public values (RFC 6989)', () => {
  it.each(METHODS)('%s: every other length is refused', (method) => {
    const good = generate(method, freshKey(method));
    const lengths = [
      new Uint8Array(0),
      good.slice(1),
      good.slice(0, -1),
      concatBytes(Uint8Array.of(0), good),
      new Uint8Array(65536),
    ];
    for (const value of lengths) expectRefused(method, value, /^a (public value|ciphertext) of \d+ bytes; /);
  });

  const kems = KEY_EXCHANGE.flatMap(({ keyword, kind }) => (kind === 'kem' ? [keyword] : []));

  it.each(kems)('%s: Wycheproof, decapsulation: every case agrees or is refused as it should', (method) => {
    type Case = { seed: string; ek: string; c: string; K: string };
    const cases = readWycheproof<Case>(`mlkem_${method.slice(5)}`);
    for (const entry of cases) {
      const seed = fromHex(entry.seed);
      const result = agree(method, seed, fromHex(entry.c));
      if (entry.result === 'valid') {
        expect(result, `case ${entry.tcId}`).toEqual({ kind: 'ke.agree', sharedSecret: fromHex(entry.K) });
        expect(toHex(generate(method, seed))).toBe(entry.ek);
      } else expect(result.kind, `case ${entry.tcId}: ${entry.comment}`).toBe('ke.refused');
    }
    expect(cases.map(({ result }) => result).filter((result) => result === 'invalid')).toHaveLength(8);
    expect(cases).toHaveLength(23);
  });

  it.each(kems)('%s: Wycheproof, encapsulation: a key that is not reduced is refused (FIPS 203 §7.2)', (method) => {
    type Case = { m: string; ek: string; c: string; K: string; flags: string[] };
    const cases = readWycheproof<Case>(`mlkem_${method.slice(5)}_encaps`);
    for (const entry of cases) {
      const randomness = concatBytes(fromHex(entry.m), new Uint8Array(32));
      const result = respond(method, randomness, fromHex(entry.ek));
      const answer = { kind: 'ke.respond', publicValue: fromHex(entry.c), sharedSecret: fromHex(entry.K) };
      if (entry.result === 'valid') expect(result, `case ${entry.tcId}`).toEqual(answer);
      else expect(result.kind === 'ke.refused' ? result.reason : result.kind).toMatch(/not reduced for|bytes; mlkem/);
    }
    expect(cases.filter(({ result }) => result === 'invalid')).toHaveLength(8);
    expect(cases).toHaveLength(19);
  });

  it.each(kems)('%s: a forged ciphertext gives another secret, and nothing tells (FIPS 203 §6.3)', (method) => {
    const ours = freshKey(method);
    const answer = respond(method, freshKey(method), generate(method, ours));
    if (answer.kind !== 'ke.respond') throw new Error(`unexpected ${answer.kind}`);
    const forged = answer.publicValue.map((byte, index) => (index === 7 ? byte ^ 1 : byte));
    const result = agree(method, ours, forged);
    expect(result.kind).toBe('ke.agree');
    expect(result).not.toEqual({ kind: 'ke.agree', sharedSecret: answer.sharedSecret });
  });

  const modp = KEY_EXCHANGE.flatMap(({ keyword, kind }) => (kind === 'modp' ? [keyword] : []));

  it.each(modp)('%s: 0, 1, p-1, p, p+1 and all ones are refused (RFC 6989 §2.1)', (method) => {
    const { prime } = modpGroup(method);
    const less1 = prime.map((byte, index) => (index === prime.length - 1 ? byte - 1 : byte));
    const zero = new Uint8Array(prime.length);
    const one = zero.map((_, index) => (index === prime.length - 1 ? 1 : 0));
    const plus1 = increment(prime);
    for (const value of [zero, one, less1, prime, plus1, zero.map(() => 0xff)])
      expectRefused(method, value, /^a public value outside of 2\.\.p-2 of /);
  });

  it('group 24: a value outside of the subgroup is refused (RFC 8247 §2.4)', () => {
    const two = new Uint8Array(256);
    two[255] = 2;
    expectRefused('modp2048s256', two, /^a public value outside of the subgroup of modp2048s256$/);
    // The same value is good where the subgroup is all of the quadratic residues.
    expect(agree('modp2048', freshKey('modp2048'), two).kind).toBe('ke.agree');
  });

  const ecp = KEY_EXCHANGE.flatMap(({ keyword, kind }) => (kind === 'ecp' ? [keyword] : []));

  it.each(ecp)('%s: a point off the curve, the origin and a swapped point are refused (RFC 6989 §2.3)', (method) => {
    const good = generate(method, freshKey(method));
    const half = good.length / 2;
    const off = good.map((byte, index) => (index === good.length - 1 ? byte ^ 1 : byte));
    const swapped = concatBytes(good.slice(half), good.slice(0, half));
    for (const value of [off, swapped, new Uint8Array(good.length)])
      expectRefused(method, value, /^a public value that is no point of /);
  });

  it.each(ecp)('%s: a coordinate beyond the prime is refused, though the residue is on the curve', (method) => {
    // x = 0 is on each of these curves, with y = sqrt(b); x = p is the same residue.
    const { prime, b, bytes } = ecpCurve(method);
    const y = integerToBytes(modPow(b, (prime + 1n) / 4n, prime), bytes);
    expect(agree(method, freshKey(method), concatBytes(new Uint8Array(bytes), y)).kind).toBe('ke.agree');
    expectRefused(method, concatBytes(integerToBytes(prime, bytes), y), /with a coordinate beyond the prime of /);
  });

  it('X25519: every point of small order of Wycheproof is refused, every other one agrees (RFC 7748 §6.1)', () => {
    const cases = readWycheproof<{ public: string; private: string; shared: string; flags: string[] }>('x25519');
    let refused = 0;
    for (const entry of cases) {
      const result = agree('curve25519', fromHex(entry.private), fromHex(entry.public));
      if (entry.flags.includes('ZeroSharedSecret')) {
        expect(result, `case ${entry.tcId}`).toEqual({
          kind: 'ke.refused',
          reason: 'a public value of small order in curve25519',
        });
        refused++;
      } else {
        expect(result, `case ${entry.tcId}`).toEqual({ kind: 'ke.agree', sharedSecret: fromHex(entry.shared) });
      }
    }
    expect([refused, cases.length]).toEqual([31, 518]);
  });

  it('P-256: Wycheproof, invalid curves and compressed points are refused, every other one agrees', () => {
    const cases = readWycheproof<{ public: string; private: string; shared: string }>('ecdh_secp256r1_ecpoint');
    for (const entry of cases) {
      // The KE payload has no form octet (RFC 5903 §7); a compressed point keeps its own, and so its odd length.
      const point = fromHex(entry.public.startsWith('04') ? entry.public.slice(2) : entry.public);
      const result = agree('ecp256', privateKeyOf('ecp256', fromHex(entry.private)), point);
      const expected = entry.result === 'valid' ? 'ke.agree' : 'ke.refused';
      expect(result.kind, `case ${entry.tcId}: ${entry.comment}`).toBe(expected);
      if (result.kind === 'ke.agree') expect(toHex(result.sharedSecret)).toBe(entry.shared);
    }
    expect(cases.filter(({ result }) => result !== 'valid')).toHaveLength(25);
  });
});

describe('jobs that cannot be done', () => {
  it.each(METHODS)('%s: a private key of another length is refused, and its bytes are not in the reason', (method) => {
    const privateKey = new Uint8Array(privateKeyBytes(method) + 1).fill(0xab);
    const result = performKeyExchange({ kind: 'ke.generate', method, privateKey });
    expect(result.kind).toBe('ke.refused');
    expect(JSON.stringify(result)).not.toMatch(/abab|171/);
  });

  it('an unknown method is refused, not thrown', () => {
    const method = 'modp1025' as KeyExchangeKeyword;
    expect(performKeyExchange({ kind: 'ke.generate', method, privateKey: new Uint8Array(32) }).kind).toBe('ke.refused');
  });
});

function freshKey(method: KeyExchangeKeyword): Uint8Array {
  return entropy.bytes(privateKeyBytes(method));
}

function generate(method: KeyExchangeKeyword, privateKey: Uint8Array): Uint8Array {
  const result = performKeyExchange({ kind: 'ke.generate', method, privateKey });
  if (result.kind !== 'ke.generate') throw new Error(`unexpected ${JSON.stringify(result)}`);
  return result.publicValue;
}

function agree(method: KeyExchangeKeyword, privateKey: Uint8Array, peerPublic: Uint8Array): KeyExchangeResult {
  return performKeyExchange({ kind: 'ke.agree', method, privateKey, peerPublic });
}

function respond(method: KeyExchangeKeyword, privateKey: Uint8Array, peerPublic: Uint8Array): KeyExchangeResult {
  return performKeyExchange({ kind: 'ke.respond', method, privateKey, peerPublic });
}

function expectRefused(method: KeyExchangeKeyword, peerPublic: Uint8Array, reason: RegExp): void {
  const privateKey = freshKey(method);
  for (const kind of ['ke.agree', 'ke.respond'] as const) {
    const result = performKeyExchange({ kind, method, privateKey, peerPublic });
    expect(result.kind === 'ke.refused' ? result.reason : result.kind).toMatch(reason);
  }
}

/** The first of many values that begins with a zero byte: one in 256 does. */
function search(make: () => Uint8Array): Uint8Array {
  for (let attempt = 0; attempt < 5000; attempt++) {
    const value = make();
    if (value[0] === 0) return value;
  }
  throw new Error('no value with a leading zero in 5000');
}

function increment(value: Uint8Array): Uint8Array {
  const out = Uint8Array.from(value);
  let at = out.length - 1;
  while (at >= 0 && out[at] === 0xff) out[at--] = 0;
  out[at] = (out[at] ?? 0) + 1;
  return out;
}
