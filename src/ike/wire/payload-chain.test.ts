import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../base/bytes.ts';
import { type ChainRules, encodePayloadChain, walkPayloadChain } from './payload-chain.ts';

const RULES: ChainRules = { last: new Set([46]), maxOfType: new Map([[37, 2]]) };

const walk = (firstType: number, hex: string) => walkPayloadChain(firstType, fromHex(hex), RULES);

describe('payload chain (RFC 7296 §3.2)', () => {
  it('splits a chain', () => {
    expect(walk(40, '29000006aabb 00800005cc')).toEqual([
      { type: 40, nextType: 41, critical: false, body: fromHex('aabb'), offset: 0 },
      { type: 41, nextType: 0, critical: true, body: fromHex('cc'), offset: 6 },
    ]);
    expect(walk(0, '')).toEqual([]);
  });

  it('derives lengths and Next Payload fields', () => {
    const links = [
      { type: 40, body: fromHex('aabb') },
      { type: 41, critical: true, body: fromHex('cc') },
    ];
    expect(encodePayloadChain(links)).toEqual({ firstType: 40, bytes: fromHex('29000006aabb 00800005cc') });
    expect(encodePayloadChain([])).toEqual({ firstType: 0, bytes: new Uint8Array(0) });
  });

  it('P1: a length below the generic header is refused and never loops', () => {
    for (const length of ['0000', '0001', '0002', '0003'])
      expect(() => walk(40, `2900${length}aabb`)).toThrow('length');
  });

  it('P1: a long chain of empty payloads ends at the limit', () => {
    const bytes = concatBytes(...Array.from({ length: 10_000 }, () => fromHex('2b000004')));
    expect(() => walkPayloadChain(43, bytes, RULES)).toThrow('limit');
  });

  it('P2: a length past the end, a chain that goes on past the end and bytes left over are refused', () => {
    expect(() => walk(40, '0000ffffaabb')).toThrow('truncated');
    expect(() => walk(40, '29000006aabb')).toThrow('truncated');
    expect(() => walk(40, '00000006aabbcc')).toThrow('payload.chain');
    expect(() => walk(0, '00')).toThrow('payload.chain');
  });

  it('P2: bytes left over are padding only as far as the rules allow it', () => {
    const padded = (bytes: string) => walkPayloadChain(40, fromHex(`00000005aa${bytes}`), { ...RULES, maxTrailing: 3 });
    for (const bytes of ['', 'ff', 'ffffff']) expect(padded(bytes)).toEqual(walk(40, '00000005aa'));
    expect(() => padded('ffffffff')).toThrow('payload.chain');
  });

  it('P3: the number of payloads, and of payloads of one type, has a limit', () => {
    const chain = (types: readonly number[]) =>
      encodePayloadChain(types.map((type) => ({ type, body: fromHex('00') })));
    const read = ({ firstType, bytes }: ReturnType<typeof chain>) => walkPayloadChain(firstType, bytes, RULES).length;
    expect(read(chain(new Array(20).fill(41)))).toBe(20);
    expect(() => read(chain(new Array(21).fill(41)))).toThrow('limit');
    expect(read(chain([37, 37]))).toBe(2);
    expect(() => read(chain([37, 37, 37]))).toThrow('limit');
    const mixed = Array.from({ length: 101 }, (_, index) => 100 + (index % 20));
    expect(read(chain(mixed.slice(0, 100)))).toBe(100);
    expect(() => read(chain(mixed))).toThrow('limit');
  });

  it('P4: reserved bits beside the critical bit are ignored', () => {
    expect(walk(40, '007f0006aabb')[0]?.critical).toBe(false);
  });

  it('the Next Payload of an Encrypted payload names what is inside, and the chain ends there', () => {
    expect(walk(46, '29000006aabb')).toMatchObject([{ type: 46, nextType: 41 }]);
    expect(() => walk(46, '29000006aabb 00000004')).toThrow('payload.chain');
  });
});
