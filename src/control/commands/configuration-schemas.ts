import { z } from 'zod';
import type { CommandSchemas } from '../command.ts';
import { planReportSchema } from '../plan-shapes.ts';
import { OBJECT_KINDS } from '../words.ts';
import type { CONFIGURATION } from './configuration.ts';
import { name, names } from './request-scalars.ts';

const kind = z.enum(OBJECT_KINDS);
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const value = z.union([scalar, z.array(scalar), z.record(z.string(), z.union([scalar, z.array(scalar)]))]);
const key = z.string().min(1).max(256);
const set = z
  .record(key, value)
  .describe('values by dotted key, such as "ike.dhGroup"; a list also as text with commas');
const dryRun = z.boolean().describe('true: tell what it would do, and do nothing').optional();

/** The text of the main file. */
const text = z
  .string()
  .describe('of the main file, in the place of what it says now; without it the files as they are on the disk')
  .optional();

export const CONFIGURATION_SCHEMAS = {
  create: {
    request: z.strictObject({ kind, name, set: set.optional(), dryRun }),
    reply: planReportSchema,
  },
  edit: {
    request: z.strictObject({
      kind,
      name,
      set: set.optional(),
      unset: z.array(key).describe('keys that are taken out').optional(),
      dryRun,
    }),
    reply: planReportSchema,
  },
  rename: {
    request: z.strictObject({ kind, name, to: name, dryRun }),
    reply: planReportSchema,
  },
  delete: {
    request: z.strictObject({ kind, names, dryRun }),
    reply: planReportSchema,
  },
  plan: {
    request: z.strictObject({ text }),
    reply: planReportSchema,
  },
  apply: {
    request: z.strictObject({ text }),
    reply: planReportSchema,
  },
} as const satisfies Record<keyof typeof CONFIGURATION, CommandSchemas>;
