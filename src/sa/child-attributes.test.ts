import { describe, expect, it } from 'vitest';
import { attributesFor, isKnownBefore, isSetApart } from './child-attributes.ts';
import { isOwnReqid, reqidAt } from './reqid.ts';

describe('the numbers of a Child SA', () => {
  it('are those that were given', () => {
    const choice = { ifId: { in: 7, out: 8 }, mark: { out: { value: 0x1ff, mask: 0xff } }, reqid: 5 } as const;
    expect(attributesFor(choice, 5)).toEqual({ ifId: { in: 7, out: 8 }, mark: { out: { value: 0xff, mask: 0xff } } });
  });

  it('are its own where they are to be unique, the same in both directions or one for each', () => {
    const choice = { ifId: { in: 'unique', out: 'unique' }, mark: both('unique-dir') } as const;
    const [first, second] = [reqidAt(0), reqidAt(1)].map((reqid) => attributesFor(choice, reqid));
    expect(first?.ifId).toEqual({ in: reqidAt(0), out: reqidAt(0) });
    expect(first?.mark?.in?.value).not.toBe(first?.mark?.out?.value);
    const numbers = [first, second].flatMap((one) => [one?.mark?.in?.value ?? 0, one?.mark?.out?.value ?? 0]);
    expect(new Set(numbers).size).toBe(4);
    expect(numbers.filter(isOwnReqid)).toEqual([reqidAt(0), reqidAt(1)]);
  });
});

describe('what sets a tunnel apart', () => {
  it.each([
    [{}, false, true],
    [{ ifId: { in: 7 } }, false, true],
    [{ ifId: { out: 7 } }, true, true],
    [{ mark: { out: { value: 1, mask: 1 } } }, true, true],
    [{ ifId: { out: 'unique' } }, true, false],
    [{ mark: { out: { value: 'unique-dir', mask: 1 } } }, true, false],
  ] as const)('%j', (choice, apart, known) => {
    expect([isSetApart(choice), isKnownBefore(choice)]).toEqual([apart, known]);
  });
});

function both(value: 'unique-dir') {
  return { in: { value, mask: 0xffff_ffff }, out: { value, mask: 0xffff_ffff } };
}
