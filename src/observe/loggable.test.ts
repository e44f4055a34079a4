import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../base/secret.ts';
import { loggable } from './loggable.ts';

const KEY = 'test.1231-test.1231';
const bytes = () => new TextEncoder().encode(KEY);

describe('what the log shows of a value', () => {
  it('is never a secret nor raw bytes, however deep they lie', () => {
    const value = {
      psk: new Secret(bytes()),
      skD: bytes(),
      list: [bytes(), new Secret(bytes())],
      map: new Map([['key', bytes()]]),
      buffer: bytes().buffer,
      cause: new Error('it failed', { cause: { key: bytes() } }),
    };
    const text = JSON.stringify(loggable(value));
    expect(text).toContain('[secret]');
    expect(text).toContain('[19 bytes]');
    expect(text).not.toContain(KEY);
    // The codes of the first characters, as an array of numbers or an object of them would show.
    expect(text).not.toMatch(/116,101,115|"0":116/);
  });

  it('keeps plain values, and text without what steers a terminal', () => {
    const value = { a: 1, b: true, c: null, d: ['x', 2n], e: new Date(0), f: '\u001b[31m' };
    expect(loggable(value)).toEqual({
      a: 1,
      b: true,
      c: null,
      d: ['x', '2'],
      e: '1970-01-01T00:00:00.000Z',
      f: '\\u{1b}[31m',
    });
  });

  it('shows an error with its code and where it came from, but not the first line of the stack twice', () => {
    const error = Object.assign(new Error('no route'), { code: 'ENETUNREACH' });
    expect(loggable(error)).toMatchObject({ name: 'Error', message: 'no route', code: 'ENETUNREACH' });
    expect((loggable(error) as { stack: string[] }).stack[0]).toMatch(/^at /);
  });

  it('ends for cycles and stays bounded for long lists', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(JSON.stringify(loggable(cycle))).toContain('[deeper]');
    expect(loggable(new Array(1_000).fill(0))).toHaveLength(100);
  });

  it('can always be written as JSON', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: false }), (value) => {
        expect(() => JSON.stringify(loggable(value))).not.toThrow();
      }),
    );
  });
});
