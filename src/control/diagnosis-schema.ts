import { z } from 'zod';
import type { Diagnosis } from '../tunnel/diagnosis/diagnosis.ts';

/** The reply to `diagnose`. A newer daemon may know more codes, checks and words than this client: those lists stay open. */

const texts = z.array(z.string()).readonly();
const open = <Word extends string>() => z.string() as z.ZodType<string> as z.ZodType<Word>;

export const comparison: z.ZodType<Diagnosis['comparisons'][number]> = z.object({
  what: z.string().describe('such as: IKE proposals'),
  here: texts,
  peer: texts.nullable().describe('null where the peer has not told'),
  difference: z.string().nullable(),
});

export const check: z.ZodType<Diagnosis['checks'][number]> = z.object({
  name: open<Diagnosis['checks'][number]['name']>().describe('such as udp-500, pre-shared-key'),
  state: open<Diagnosis['checks'][number]['state']>().describe('passed, failed, suspect, unknown or not-reached'),
  text: z.string(),
});

export const configurationPlace: z.ZodType<Diagnosis['configuration'][number]> = z.object({
  key: z.string().describe('such as tunnels.idc.ike.dhGroup'),
  written: z.boolean().describe('false: it has its default, and the place is that of the object it belongs to'),
  file: z.string(),
  line: z.number().int().positive(),
  column: z.number().int().positive(),
});

export const diagnosisSchema: z.ZodType<Diagnosis> = z.object({
  tunnel: z.string(),
  connectionStatus: open<Diagnosis['connectionStatus']>(),
  code: open<Diagnosis['code']>().describe('docs/diagnosis.md tells them all'),
  verdict: z.string().describe('one sentence'),
  severity: open<Diagnosis['severity']>().describe('fine, waiting, doubtful or broken'),
  role: z.enum(['initiator', 'responder']).nullable().describe('ours in the negotiation that failed'),
  authenticated: z.boolean().describe('false: anybody on the way could have sent what it rests on'),
  evidence: texts.describe('what was seen, one sentence each'),
  comparisons: z.array(comparison).readonly(),
  checks: z.array(check).readonly().describe('what was reached, from the first datagram to the first packet'),
  configuration: z.array(configurationPlace).readonly().describe('where the keys stand, the likeliest first'),
  fixHere: z.string(),
  fixThere: z.string(),
  faq: texts.describe("questions of the platform's FAQ, such as 6 (4)"),
});
