import { z } from 'zod';
import type { Change } from '../../tunnel/reachability.ts';

const pair = z.object({ local: z.string(), remote: z.string() });

/** What hooks are told: a published interface, changed only by adding. */
export const hookMessageSchema = z.object({
  version: z.literal(1),
  id: z.string().describe('one for each message, also where it repeats what could not be delivered'),
  time: z.iso.datetime(),
  event: z.enum(['reachable', 'withdrawn', 'connected', 'disconnected', 'failed']),
  tunnel: z.string(),
  gateway: z.string(),
  peer: z.string(),
  pairs: z.array(pair).describe('the pairs of segments that the event is about; empty where it is about the tunnel'),
  reachable: z.array(pair).describe('all pairs of the tunnel that are reachable now, by all that was told'),
  reason: z.object({ code: z.string(), text: z.string() }).nullable(),
});

export type HookMessage = z.infer<typeof hookMessageSchema>;

/** The names that a tunnel goes by. */
export type TunnelNames = { readonly tunnel: string; readonly gateway: string; readonly peer: string };

/** `id` and `time` are those of the message. */
export function hookMessage(
  names: TunnelNames,
  { event, pairs, reason, after }: Change,
  { id, wall }: { readonly id: string; readonly wall: number },
): HookMessage {
  return {
    version: 1,
    id,
    time: new Date(wall).toISOString(),
    event,
    ...names,
    pairs: pairs.map(plain),
    reachable: after.pairs.map(plain),
    reason: reason === null ? null : { code: reason.code, text: reason.text },
  };
}

function plain({ local, remote }: { readonly local: string; readonly remote: string }) {
  return { local, remote };
}
