import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from '../../base/errors.ts';
import { decodeMessage, encodeMessage, type ViciElement, type ViciSection } from './message.ts';
import { asText, flag, named, section, sectionOf, textOf, textsOf } from './section.ts';

const nameArbitrary = fc.string({ maxLength: 40 });
const valueArbitrary = fc.uint8Array({ maxLength: 300 });
const { tree: treeArbitrary } = fc.letrec<{ tree: ViciSection; element: ViciElement }>((tie) => ({
  tree: fc
    .uniqueArray(fc.tuple(nameArbitrary, tie('element')), { maxLength: 6, selector: ([name]) => name })
    .map((entries) => new Map(entries)),
  element: fc.oneof({ maxDepth: 5 }, valueArbitrary, fc.array(valueArbitrary, { maxLength: 5 }), tie('tree')),
}));

/** A message element by element: numbers are octets, texts are names or values. */
function bytes(...parts: readonly (number | string)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...Buffer.from(part)])));
}

describe('a vici message', () => {
  it('is what it was after it has been encoded and decoded, in the same order', () => {
    fc.assert(
      fc.property(treeArbitrary, (tree) => {
        const decoded = decodeMessage(encodeMessage(tree));
        expect(decoded).toEqual(tree);
        expect([...decoded.keys()]).toEqual([...tree.keys()]);
      }),
    );
  });

  it('has the encoding that the public description of the protocol shows', () => {
    const message = new Map<string, ViciElement>([
      ['key1', 'value1'],
      [
        'section1',
        new Map<string, ViciElement>([
          ['sub-section', new Map([['key2', 'value2']])],
          ['list1', ['item1', 'item2']],
        ]),
      ],
    ]);
    const sub = bytes(1, 11, 'sub-section', 3, 4, 'key2', 0, 6, 'value2', 2);
    const list = bytes(4, 5, 'list1', 5, 0, 5, 'item1', 5, 0, 5, 'item2', 6);
    const whole = bytes(3, 4, 'key1', 0, 6, 'value1', 1, 8, 'section1', ...sub, ...list, 2);
    expect(encodeMessage(message)).toEqual(whole);
    expect(textOf(decodeMessage(whole), 'key1')).toBe('value1');
  });

  it('never fails otherwise than with a WireError, whatever the bytes are', () => {
    const mutated = fc
      .tuple(treeArbitrary, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), fc.nat())
      .map(([tree, changes, cut]) => {
        const encoded = encodeMessage(tree);
        for (const [at, value] of changes) if (encoded.length > 0) encoded[at % encoded.length] = value;
        return encoded.subarray(0, encoded.length - (cut % (encoded.length + 1)));
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), mutated), (input) => {
        try {
          decodeMessage(input);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['a section without end', bytes(1, 1, 'a')],
    ['an end without section', bytes(2)],
    ['a list in a list', bytes(4, 1, 'a', 4, 1, 'b', 6, 6)],
    ['a value in a list', bytes(4, 1, 'a', 3, 1, 'b', 0, 0, 6)],
    ['a list without end', bytes(4, 1, 'a', 5, 0, 1, 'x')],
    ['an item outside of a list', bytes(5, 0, 1, 'x')],
    ['a name that is longer than the message', bytes(3, 9, 'a')],
    ['a value that is longer than the message', bytes(3, 1, 'a', 0, 9, 'x')],
    ['an unknown element', bytes(7)],
    ['the same name twice', bytes(3, 1, 'a', 0, 0, 3, 1, 'a', 0, 0)],
    ['a name that is no UTF-8', bytes(3, 1, 0xff, 0, 0)],
    ['sections in sections without end', bytes(...Array.from({ length: 17 }, () => [1, 1, 'a']).flat())],
  ])('refuses %s', (_, input) => {
    expect(() => decodeMessage(input)).toThrow(WireError);
  });

  it('refuses more elements than it may have, in lists as well', () => {
    const items = bytes(4, 1, 'a', ...Array.from({ length: 65_536 }, () => [5, 0, 0]).flat(), 6);
    expect(() => decodeMessage(items)).toThrow(/limit/);
  });

  it('cannot be encoded with a name or a value that is too long for its length', () => {
    expect(() => encodeMessage(named('n'.repeat(256), 'x'))).toThrow(RangeError);
    expect(() => encodeMessage(named('n', 'v'.repeat(65_536)))).toThrow(RangeError);
  });
});

describe('the parts of a message', () => {
  it('leave out what has no value, and keep the order', () => {
    const made = section({ up: flag(true), down: flag(false), count: 0, list: [] }, ['last', new Map()]);
    expect([...made]).toEqual([
      ['up', 'yes'],
      ['count', '0'],
      ['list', []],
      ['last', new Map()],
    ]);
  });

  it('are only found as what they are', () => {
    const message = decodeMessage(encodeMessage(section({ value: 'x', list: ['y'] }, ['section', named('z', '1')])));
    expect(textOf(message, 'value')).toBe('x');
    expect(textOf(message, 'list')).toBeUndefined();
    expect(textOf(message, 'section')).toBeUndefined();
    expect(textsOf(message, 'list')).toEqual(['y']);
    expect(textsOf(message, 'value')).toBeUndefined();
    expect(textOf(sectionOf(message, 'section') ?? new Map(), 'z')).toBe('1');
    expect(sectionOf(message, 'list')).toBeUndefined();
    expect(asText(Uint8Array.of(0xff))).toBeUndefined();
    expect(textsOf(new Map([['list', [Uint8Array.of(0xff)]]]), 'list')).toBeUndefined();
  });
});
