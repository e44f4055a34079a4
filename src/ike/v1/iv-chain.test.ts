import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, utf8 } from '../../base/bytes.ts';
import { hash } from '../../crypto/hash.ts';
import {
  decryptBody,
  encryptBody,
  forgetExchange,
  type IvChain,
  type MessageCipher,
  startIvChain,
} from './iv-chain.ts';

const AES: MessageCipher = { encryption: 'aes128', key: new Uint8Array(16).fill(7), hash: 'sha1' };
const TRIPLE_DES: MessageCipher = { encryption: '3des', key: utf8('24 bytes of 3des key 123'), hash: 'md5' };
const START = startIvChain(new Uint8Array(16).fill(1));
const QUICK = 0x0a0b0c0d;
const OTHER = 0xffff_fffe;

function open(chain: IvChain, messageId: number, bytes: Uint8Array) {
  const opened = decryptBody(chain, AES, messageId, bytes);
  if (opened === undefined) throw new Error('no whole number of blocks');
  return opened;
}

describe('IVs of an IKE SA (RFC 2409 appendix B)', () => {
  it('a message of phase 1 has the last block of the one before it', () => {
    const first = encryptBody(START, AES, 0, utf8('message five'));
    expect(first.next.phase1).toEqual(first.bytes.slice(-16));
    const second = encryptBody(first.next, AES, 0, utf8('message six'));
    expect(open(open(START, 0, first.bytes).next, 0, second.bytes).bytes.slice(0, 11)).toEqual(utf8('message six'));
    expect(open(START, 0, second.bytes).bytes.slice(0, 11)).not.toEqual(utf8('message six'));
  });

  it('an exchange of phase 2 starts with the hash of the last block of phase 1 and its message ID', () => {
    const plain = new Uint8Array(16).fill(9);
    const { bytes } = encryptBody(START, AES, QUICK, plain);
    const iv = hash('sha1', START.phase1, fromHex('0a0b0c0d')).slice(0, 16);
    expect(bytes).toEqual(encryptBody(startIvChain(iv), AES, 0, plain).bytes);
  });

  it('exchanges run beside each other, and leave the block of phase 1 as it was', () => {
    const first = encryptBody(START, AES, QUICK, utf8('one'));
    const aside = encryptBody(first.next, AES, OTHER, utf8('other'));
    const second = encryptBody(aside.next, AES, QUICK, utf8('two'));
    expect(second.next.phase1).toEqual(START.phase1);
    expect(aside.bytes).toEqual(encryptBody(START, AES, OTHER, utf8('other')).bytes);
    expect(second.bytes).toEqual(encryptBody(first.next, AES, QUICK, utf8('two')).bytes);
    expect(second.bytes).not.toEqual(encryptBody(START, AES, QUICK, utf8('two')).bytes);
  });

  it('an exchange that is over leaves nothing behind', () => {
    const used = encryptBody(START, AES, QUICK, utf8('one')).next;
    expect(used.exchanges.size).toBe(1);
    expect(forgetExchange(used, QUICK)).toEqual(START);
    expect(used.exchanges.size).toBe(1);
  });

  it('X5: garbage that is not committed leaves the chain as it was, in phase 1 and in phase 2', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, QUICK), fc.uint8Array({ minLength: 1, maxLength: 80 }), (messageId, garbage) => {
        const running = encryptBody(START, AES, messageId, utf8('good')).next;
        const before = structuredClone(running);
        const opened = decryptBody(running, AES, messageId, garbage);
        expect(opened === undefined).toBe(garbage.length % 16 !== 0);
        expect(running).toEqual(before);
        const good = encryptBody(running, AES, messageId, utf8('next'));
        expect(open(running, messageId, good.bytes).bytes.slice(0, 4)).toEqual(utf8('next'));
      }),
    );
  });

  it('X5: what is empty or no whole number of blocks is not decrypted', () => {
    for (const length of [0, 1, 8, 15, 17, 31])
      expect(decryptBody(START, AES, 0, new Uint8Array(length))).toBeUndefined();
    expect(decryptBody(startIvChain(new Uint8Array(8)), TRIPLE_DES, 0, new Uint8Array(8))).toBeDefined();
  });

  it('pads with the fewest zeros; both sides come to the same chain', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(AES, TRIPLE_DES),
        fc.constantFrom(0, QUICK),
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        (cipher, messageId, plain) => {
          const block = cipher === AES ? 16 : 8;
          const chain = startIvChain(new Uint8Array(block).fill(3));
          const sealed = encryptBody(chain, cipher, messageId, plain);
          const opened = decryptBody(chain, cipher, messageId, sealed.bytes);
          const padding = new Uint8Array((block - (plain.length % block)) % block);
          expect(opened).toEqual({ bytes: concatBytes(plain, padding), next: sealed.next });
        },
      ),
    );
  });
});
