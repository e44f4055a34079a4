import { z } from 'zod';
import type { CommandSchemas } from '../command.ts';
import { diagnosisSchema } from '../diagnosis-schema.ts';
import { SORT_KEYS } from '../listing.ts';
import {
  controlEventSchema,
  exportReportSchema,
  listReportSchema,
  openApiSchema,
  statusReportSchema,
  tunnelDetailSchema,
  versionReportSchema,
} from '../protocol.ts';
import { LIST_KINDS } from '../words.ts';
import type { READING } from './reading.ts';
import { name } from './request-scalars.ts';

const someTunnels = z.array(name).max(10_000).describe('all where none is named').optional();

export const READING_SCHEMAS = {
  version: {
    request: z.strictObject({}),
    reply: versionReportSchema,
  },
  openapi: {
    request: z.strictObject({}),
    reply: openApiSchema,
  },
  status: {
    request: z.strictObject({ tunnel: someTunnels }),
    reply: statusReportSchema,
  },
  list: {
    request: z.strictObject({
      kind: z.enum(LIST_KINDS),
      query: z
        .string()
        .max(256)
        .describe('words that must all occur in the row; where they do in none, rows that nearly have them')
        .optional(),
      sort: z
        .string()
        .max(64)
        .describe(
          `${LIST_KINDS.map((kind) => `${kind}: ${Object.keys(SORT_KEYS[kind]).join(', ')}`).join('; ')}; with a hyphen before it, the last comes first`,
        )
        .optional(),
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(10_000)
        .describe('rows of a page; all where nothing is said')
        .optional(),
      cursor: z.string().max(256).describe('`next` of the page before').optional(),
    }),
    reply: listReportSchema,
  },
  show: {
    request: z.strictObject({
      tunnel: name,
      reveal: z.enum(['true', 'false']).describe('whether the pre-shared key is told').optional(),
    }),
    reply: tunnelDetailSchema,
  },
  export: {
    request: z.strictObject({
      tunnel: name,
      format: z.string().min(1).max(64).describe('such as swanctl or cisco-ios; a refusal names all'),
      reveal: z.enum(['true', 'false']).describe('whether the pre-shared key is told').optional(),
    }),
    reply: exportReportSchema,
  },
  diagnose: {
    request: z.strictObject({
      tunnel: name,
      ask: z
        .enum(['true', 'false'])
        .describe('false: nothing is sent to the peer; else it may be asked which IKE version it has')
        .optional(),
    }),
    reply: diagnosisSchema,
  },
  events: {
    request: z.strictObject({
      after: z
        .string()
        .regex(/^\d{1,15}$/)
        .describe('replay from the event after this id; without it only new ones; 0 for all that are remembered')
        .optional(),
      follow: z
        .enum(['true', 'false'])
        .describe('false: end with what is remembered; else what comes is told as well, without end')
        .optional(),
      tunnel: z
        .array(name)
        .max(10_000)
        .describe('of these tunnels only; of all, and of none, where none is named')
        .optional(),
    }),
    reply: controlEventSchema,
  },
} as const satisfies Record<keyof typeof READING, CommandSchemas>;
