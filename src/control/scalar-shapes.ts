import { z } from 'zod';

/** What the shapes of replies are made of. */

export const time = z.iso.datetime().describe('ISO 8601');
export const hex = z
  .string()
  .regex(/^[0-9a-f]+$/)
  .describe('lower-case hexadecimal without 0x');
export const count = z.number().int().nonnegative();
export const names = z.array(z.string()).readonly();
export const labels = z.record(z.string(), z.string()).readonly();
export const seconds = z.number().nonnegative().describe('seconds');
