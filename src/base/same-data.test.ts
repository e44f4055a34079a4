import { describe, expect, it } from 'vitest';
import { sameData } from './same-data.ts';
import { Secret } from './secret.ts';

const VALUE = { a: [1, { b: 'c' }], bytes: Uint8Array.of(1, 2), more: undefined };

describe('sameData', () => {
  it.each([
    [VALUE, structuredClone(VALUE)],
    [{ a: 1 }, { a: 1, b: undefined }],
    [{ a: 1, b: undefined }, { a: 1 }],
    [undefined, undefined],
    [[], []],
    [{ psk: new Secret(Uint8Array.of(1)) }, { psk: new Secret(Uint8Array.of(2)) }],
  ])('%j is the same as %j', (a, b) => expect(sameData(a, b)).toBe(true));

  it.each([
    [VALUE, { ...VALUE, a: [1, { b: 'd' }] }],
    [VALUE, { ...VALUE, bytes: Uint8Array.of(1, 3) }],
    [VALUE, { ...VALUE, more: null }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [[1, 2], [1]],
    [[], {}],
    [{}, []],
    [null, {}],
    [{}, undefined],
    [1, '1'],
  ])('%j differs from %j', (a, b) => expect(sameData(a, b)).toBe(false));
});
