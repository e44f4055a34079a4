import { z } from 'zod';

/** What goes over the control socket about a changed configuration. */

export type ProblemReport = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
};

export const PLAN_ACTIONS = ['none', 'rename', 'update', 'reconnect', 'create', 'delete'] as const;
export type PlanAction = (typeof PLAN_ACTIONS)[number];

export type SegmentPairReport = { readonly local: string; readonly remote: string };

/** What a changed configuration does to one tunnel. */
export type TunnelPlan = {
  readonly tunnel: string;
  readonly was: string | null;
  readonly action: PlanAction;
  readonly keys: readonly string[];
  readonly rekey: readonly ('ike' | 'child')[];
  readonly addedPairs: readonly SegmentPairReport[];
  readonly droppedPairs: readonly SegmentPairReport[];
};

/** A shunt that does something else afterwards. */
export type ShuntPlan = { readonly shunt: string; readonly action: 'create' | 'update' | 'delete' };

export type PlanReport = {
  readonly tunnels: readonly TunnelPlan[];
  readonly shunts: readonly ShuntPlan[];
  readonly files: readonly string[];
  readonly warnings: readonly ProblemReport[];
};

export const problemSchema: z.ZodType<ProblemReport> = z.object({
  file: z.string(),
  line: z.number().int().positive(),
  column: z.number().int().positive(),
  severity: z.enum(['error', 'warning']),
  message: z.string(),
});

const pair: z.ZodType<SegmentPairReport> = z.object({ local: z.string(), remote: z.string() });

const tunnelPlan: z.ZodType<TunnelPlan> = z.object({
  tunnel: z.string(),
  was: z.string().nullable().describe('its name so far, where that is another one'),
  action: z
    .enum(PLAN_ACTIONS)
    .describe('update: it goes on, with what rekey and the pairs say; one that carries no traffic starts over instead'),
  keys: z.array(z.string()).readonly().describe('what differs, as the configuration calls it'),
  rekey: z
    .array(z.enum(['ike', 'child']))
    .readonly()
    .describe('what gets new keys, make before break'),
  addedPairs: z.array(pair).readonly().describe('get a Child SA of their own'),
  droppedPairs: z.array(pair).readonly(),
});

const shuntPlan: z.ZodType<ShuntPlan> = z.object({
  shunt: z.string(),
  action: z.enum(['create', 'update', 'delete']),
});

export const planReportSchema: z.ZodType<PlanReport> = z.object({
  tunnels: z.array(tunnelPlan).readonly().describe('all of them, in the order of the files; then those that are gone'),
  shunts: z.array(shuntPlan).readonly().describe('those that differ; then those that are gone'),
  files: z.array(z.string()).readonly().describe('those that are written'),
  warnings: z.array(problemSchema).readonly(),
});

export const PLAN_SHAPES = {
  PlanReport: planReportSchema,
  TunnelPlan: tunnelPlan,
  ShuntPlan: shuntPlan,
  SegmentPair: pair,
  Problem: problemSchema,
} as const satisfies Record<string, z.ZodType>;
