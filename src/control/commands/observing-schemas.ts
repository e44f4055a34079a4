import { z } from 'zod';
import type { CommandSchemas } from '../command.ts';
import { captureSchema, exchangesReportSchema, keyLogReportSchema, metricsSchema } from '../observing-shapes.ts';
import type { OBSERVING } from './observing.ts';
import { name } from './request-scalars.ts';

export const OBSERVING_SCHEMAS = {
  metrics: {
    request: z.strictObject({}),
    reply: metricsSchema,
  },
  exchanges: {
    request: z.strictObject({ tunnel: name }),
    reply: exchangesReportSchema,
  },
  keylog: {
    request: z.strictObject({ tunnel: name }),
    reply: keyLogReportSchema,
  },
  capture: {
    request: z.strictObject({ tunnel: name }),
    reply: captureSchema,
  },
} as const satisfies Record<keyof typeof OBSERVING, CommandSchemas>;
