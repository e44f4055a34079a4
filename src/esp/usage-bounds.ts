import type { SaSpec, UsageLimits } from '../sa/data-plane.ts';

/** What an SA may carry, where there is a limit to it. */
export type UsageBounds = Pick<SaSpec, 'bytes' | 'packets'>;

/** Undefined where nothing is limited, so that nothing has to be looked at for each packet. */
export function usageBounds({ bytes, packets }: SaSpec): UsageBounds | undefined {
  if (bytes === undefined && packets === undefined) return undefined;
  return { ...(bytes === undefined ? {} : { bytes }), ...(packets === undefined ? {} : { packets }) };
}

/** Which of its limits an SA has come to (RFC 4301 §4.4.2.1). */
export function reached(bounds: UsageBounds, bytes: number, packets: number): keyof UsageLimits | undefined {
  const over = (which: keyof UsageLimits) =>
    (bounds.bytes !== undefined && bytes >= bounds.bytes[which]) ||
    (bounds.packets !== undefined && packets >= bounds.packets[which]);
  if (over('hard')) return 'hard';
  return over('soft') ? 'soft' : undefined;
}
