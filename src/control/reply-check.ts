import type { z } from 'zod';
import { notUnderstood } from './client-error.ts';
import { COMMAND_SCHEMAS, type ReplyOf } from './command-schemas.ts';
import type { ReplyCommandName } from './commands.ts';
import { type ErrorReport, errorReportSchema } from './error-shapes.ts';
import { type ControlEvent, controlEventSchema } from './protocol.ts';

/** What a daemon of another version answers, as far as this one knows it. Throws a ControlClientError where it does not. */
export function checkedReply<Name extends ReplyCommandName>(command: Name, body: unknown): ReplyOf<Name> {
  const schema: z.ZodType = COMMAND_SCHEMAS[command].reply;
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw notUnderstood(parsed.error.issues[0]?.path.join('.') ?? '');
  return parsed.data as ReplyOf<Name>;
}

export function checkedRefusal(body: unknown): ErrorReport {
  const parsed = errorReportSchema.safeParse(body);
  if (!parsed.success) throw notUnderstood('error');
  return parsed.data;
}

/** None where it is not one that this version knows. */
export function knownEvents(body: unknown): ControlEvent[] {
  const parsed = controlEventSchema.safeParse(body);
  return parsed.success ? [parsed.data] : [];
}
