import { z } from 'zod';
import type { CommandSchemas } from '../command.ts';
import { statusReportSchema } from '../protocol.ts';
import type { ACTING } from './acting.ts';
import { names } from './request-scalars.ts';

export const ACTING_SCHEMAS = {
  up: {
    request: z.strictObject({ tunnels: names }),
    reply: statusReportSchema,
  },
  down: {
    request: z.strictObject({ tunnels: names }),
    reply: statusReportSchema,
  },
  restart: {
    request: z.strictObject({ tunnels: names }),
    reply: statusReportSchema,
  },
  rekey: {
    request: z.strictObject({
      tunnels: names,
      what: z
        .enum(['ike', 'child'])
        .describe('the IKE SA, which is meant where nothing is said, or all Child SAs')
        .optional(),
    }),
    reply: statusReportSchema,
  },
} as const satisfies Record<keyof typeof ACTING, CommandSchemas>;
