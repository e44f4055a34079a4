import { z } from 'zod';
import { type ProblemReport, problemSchema } from './plan-shapes.ts';

/** What a refused request gets, with the HTTP status of the code. */
export const ERROR_STATUS = {
  'bad-request': 400,
  forbidden: 403,
  'not-found': 404,
  'no-such-path': 404,
  'no-such-method': 405,
  timeout: 408,
  conflict: 409,
  'too-large': 413,
  invalid: 422,
  internal: 500,
  busy: 503,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof ERROR_STATUS;

export type ErrorReport = {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly nearest?: string;
    readonly problems?: readonly ProblemReport[];
  };
};

export const errorReportSchema: z.ZodType<ErrorReport> = z.object({
  error: z.object({
    code: z.string(),
    message: z.string().describe('plain words'),
    nearest: z.string().exactOptional().describe('the name that was probably meant'),
    problems: z
      .array(problemSchema)
      .readonly()
      .exactOptional()
      .describe('with the code invalid: all that is wrong, and what is doubtful'),
  }),
});

export const ERROR_SHAPES = { ErrorReport: errorReportSchema } as const satisfies Record<string, z.ZodType>;
