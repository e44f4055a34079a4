import { z } from 'zod';
import type { InOut, Numbering } from '../sa/child-attributes.ts';
import { flag, integer, notOneOf, oneOf, Refusal, scalar, shorten } from './scalars.ts';
import { section } from './section.ts';

/** What a tunnel says of its SAs and policies beyond what they protect; keys of `ipsec`. */
export const attributeShape = {
  // To the kernel, 0 is no interface.
  ifId: perDirection(scalar(numberingFrom(1))).optional(),
  mark: perDirection(scalar((text) => readMark(text, numberingFrom(0)))).optional(),
  markInSa: flag().optional(),
  setMark: perDirection(scalar((text) => readMark(text, numberingFrom(0)))).optional(),
  // Our own reqids are behind these (sa/reqid.ts).
  reqid: integer(1, 0x42ff_ffff).optional(),
  priority: integer(1, 0xffff_ffff).optional(),
  policies: flag().optional(),
  forwardOut: flag().optional(),
  replayWindow: integer(0, 4096).optional(),
  copyDf: flag().optional(),
  copyEcn: flag().optional(),
  copyDscp: oneOf({ out: 'out', in: 'in', both: 'both', none: 'none' } as const, {
    yes: 'both',
    true: 'both',
    no: 'none',
    false: 'none',
  }).optional(),
};

/** Of a shunt, which has no SA that could be unique. */
export const shuntAttributeShape = {
  ifId: perDirection(scalar(numberFrom(1))).optional(),
  mark: perDirection(scalar((text) => readMark(text, numberFrom(0)))).optional(),
  priority: integer(1, 0xffff_ffff).optional(),
  forwardOut: flag().optional(),
};

/** One value stands for both directions. */
function perDirection<Value>(one: z.ZodType<Value, string>) {
  return z.union([
    one.transform((value): InOut<Value> => ({ in: value, out: value })),
    section({ in: one.optional(), out: one.optional() }).transform(
      (both): InOut<Value> => ({
        ...(both.in === undefined ? {} : { in: both.in }),
        ...(both.out === undefined ? {} : { out: both.out }),
      }),
    ),
  ]);
}

function numberFrom(min: number): (text: string) => number | Refusal {
  return (text) => {
    const number = /^(\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= MAX) return number;
    return new Refusal(`"${shorten(text)}" is not a number from ${min} to 0x${MAX.toString(16)}`);
  };
}

function numberingFrom(min: number): (text: string) => Numbering | Refusal {
  return (text) => {
    if (UNIQUE.has(text)) return text as Numbering;
    if (!/^[%a-z]/i.test(text)) return numberFrom(min)(text);
    return notOneOf(text, [...UNIQUE, 'a number'], text.startsWith('%') ? text.slice(1) : undefined);
  };
}

/** `VALUE/MASK`; without a mask all bits count. */
function readMark<Value extends Numbering>(
  text: string,
  read: (text: string) => Value | Refusal,
): { readonly value: Value; readonly mask: number } | Refusal {
  const [number = '', bits, ...more] = text.split('/');
  const mask = bits === undefined ? MAX : numberFrom(1)(bits);
  if (more.length > 0) return new Refusal(`"${shorten(text)}" is no mark; write it as in 0x2a/0xff`);
  if (mask instanceof Refusal) return mask;
  const value = read(number);
  if (value instanceof Refusal) return value;
  if (typeof value === 'number' && (value & mask) >>> 0 !== value)
    return new Refusal(`${text} has bits outside of its mask, so that no packet would ever have this mark`);
  return { value, mask };
}

const MAX = 0xffff_ffff;
const UNIQUE: ReadonlySet<string> = new Set(['unique', 'unique-dir']);
