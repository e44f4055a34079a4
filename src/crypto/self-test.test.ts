import { describe, expect, it } from 'vitest';
import { DIFFIE_HELLMAN, ENCRYPTION, INTEGRITY, isKem, KEY_EXCHANGE, PRF } from './algorithms.ts';
import { nodeProvider } from './node-provider.ts';
import { portableProvider } from './portable.ts';
import type { Provider } from './provider.ts';
import { KeyExchangeTests, selfTest } from './self-test.ts';
import { firstWorkingProvider, workingProvider } from './working-provider.ts';

const KEMS = KEY_EXCHANGE.map(({ keyword }) => keyword).filter(isKem);

const oneBitOff = (bytes: Uint8Array) => bytes.map((byte, index) => (index === 0 ? byte ^ 1 : byte));

/** An implementation that is there and wrong, which is worse than one that throws. */
const wrong: Provider = {
  name: 'node',
  hash: (name, data) => oneBitOff(nodeProvider.hash(name, data)),
  hmac: (name, key, data) => oneBitOff(nodeProvider.hmac(name, key, data)),
  encryptCbc: (key, plaintext) => oneBitOff(nodeProvider.encryptCbc(key, plaintext)),
  decryptCbc: nodeProvider.decryptCbc,
  sealAead: nodeProvider.sealAead,
  // Does not check the tag.
  openAead: (key, aad, sealed) => nodeProvider.openAead(key, aad, sealed) ?? sealed,
  publicValue: nodeProvider.publicValue,
  sharedSecret: (method, scalar, peerPublic) => nodeProvider.sharedSecret(method, scalar, peerPublic).reverse(),
  encapsulate: nodeProvider.encapsulate,
};

/** Only what a KEM adds is wrong. */
const wrongKem: Provider = {
  ...portableProvider,
  encapsulate: (...given) => {
    const { ciphertext, secret } = portableProvider.encapsulate(...given);
    return { ciphertext, secret: oneBitOff(secret) };
  },
};

/** As on a machine whose OpenSSL forbids the algorithm. */
const forbidding: Provider = {
  ...nodeProvider,
  hmac: () => {
    throw new Error('digital envelope routines::unsupported');
  },
};

describe('self-test', () => {
  it('every algorithm of the tables works on this machine', () => {
    expect(selfTest()).toEqual({
      working: {
        encryption: ENCRYPTION.map(({ keyword }) => keyword),
        integrity: INTEGRITY.map(({ keyword }) => keyword),
        prf: PRF.map(({ keyword }) => keyword),
        keyExchange: KEY_EXCHANGE.map(({ keyword }) => keyword),
      },
      failures: [],
    });
  });

  it('an algorithm without a working implementation is a failure, and the others stay', () => {
    const report = selfTest((kind, name) => {
      const lacking = kind === 'hmac' && name === 'md5';
      const found = firstWorkingProvider(kind, name, lacking ? [wrong] : [nodeProvider, portableProvider]);
      if ('reason' in found) throw new RangeError(found.reason);
      return found.provider;
    });
    expect(report.failures).toEqual([
      { algorithm: 'md5', reason: 'node: gives a wrong answer' },
      { algorithm: 'prfmd5', reason: 'node: gives a wrong answer' },
    ]);
    expect(report.working.integrity).toEqual(['sha1', 'sha256', 'sha384', 'sha512']);
    expect(report.working.prf).toEqual(['prfsha1', 'prfsha256', 'prfsha384', 'prfsha512']);
    expect(report.working.encryption).toHaveLength(ENCRYPTION.length);
  });

  it('a key exchange is tested when it is asked about for the first time, and only then', () => {
    const tested: string[] = [];
    const tests = new KeyExchangeTests((kind, name) => {
      tested.push(name);
      if (name === 'modp768') throw new RangeError('not here');
      return workingProvider(kind, name);
    });
    expect(['curve25519', 'modp768', 'curve25519', 'modp768'].map((name) => tests.includes(name as never))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(tested).toEqual(['curve25519', 'modp768']);
    expect(tests.failures).toEqual([{ algorithm: 'modp768', reason: 'not here' }]);
  });

  it.each([
    ['hash', 'sha1'],
    ['hmac', 'sha1'],
    ['encryption', 'aes128'],
    ['encryption', 'aes128gcm16'],
    ['encryption', 'chacha20poly1305'],
    ['keyExchange', 'modp1024'],
    ['keyExchange', 'ecp256'],
    ['keyExchange', 'curve25519'],
  ] as const)('%s %s: an implementation that answers wrong is passed over', (kind, name) => {
    expect(firstWorkingProvider(kind, name as never, [wrong])).toEqual({ reason: 'node: gives a wrong answer' });
    expect(firstWorkingProvider(kind, name as never, [wrong, portableProvider])).toEqual({
      provider: portableProvider,
    });
  });

  it('a KEM that encapsulates wrong is passed over', () => {
    const wrongAnswer = { reason: 'portable: gives a wrong answer' };
    for (const keyword of KEMS) expect(firstWorkingProvider('keyExchange', keyword, [wrongKem])).toEqual(wrongAnswer);
  });

  it('an implementation that throws is passed over, and its words are the reason where nothing else is left', () => {
    expect(firstWorkingProvider('hmac', 'md5', [forbidding, portableProvider])).toEqual({ provider: portableProvider });
    expect(firstWorkingProvider('hmac', 'md5', [forbidding])).toEqual({
      reason: 'node: digital envelope routines::unsupported',
    });
  });

  it('node:crypto does all but KEMs here, so that no error of its adapter hides behind the portable implementation', () => {
    for (const { hash } of INTEGRITY) expect(workingProvider('hash', hash)).toBe(nodeProvider);
    for (const { hash } of INTEGRITY) expect(workingProvider('hmac', hash)).toBe(nodeProvider);
    for (const { keyword } of ENCRYPTION) expect(workingProvider('encryption', keyword)).toBe(nodeProvider);
    for (const { keyword } of DIFFIE_HELLMAN) expect(workingProvider('keyExchange', keyword)).toBe(nodeProvider);
  });

  it('ML-KEM is portable alone: node:crypto takes no randomness of ours', () => {
    for (const keyword of KEMS) expect(workingProvider('keyExchange', keyword)).toBe(portableProvider);
    expect(firstWorkingProvider('keyExchange', 'mlkem768', [nodeProvider])).toEqual({
      reason: 'node: no ML-KEM with randomness of the caller in node:crypto',
    });
  });
});
