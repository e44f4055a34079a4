import type { SaSpec, UsageLimits } from '../sa/data-plane.ts';
import type { Counters } from './counters.ts';

/** What an SA may carry, where there is a limit to it. */
export type UsageBounds = Pick<SaSpec, 'bytes' | 'packets'>;

/** Undefined where nothing is limited, so that nothing has to be looked at for each packet. */
export function usageBounds({ bytes, packets }: SaSpec): UsageBounds | undefined {
  if (bytes === undefined && packets === undefined) return undefined;
  return { ...(bytes === undefined ? {} : { bytes }), ...(packets === undefined ? {} : { packets }) };
}

/**
 * Which of its limits an SA has come to (RFC 4301 §4.4.2.1), where that is news: a soft limit, which asks for a
 * successor, is told once.
 */
export function newlyReached(
  sa: { readonly slot: number; told: boolean },
  bounds: UsageBounds,
  counters: Counters,
): keyof UsageLimits | undefined {
  const bytes = counters.bytes(sa.slot);
  const packets = counters.packets(sa.slot);
  const isHard = isOver(bounds, 'hard', bytes, packets);
  if (!isHard && (sa.told || !isOver(bounds, 'soft', bytes, packets))) return undefined;
  sa.told = true;
  return isHard ? 'hard' : 'soft';
}

/** No closure: this is asked for every packet. */
function isOver(bounds: UsageBounds, which: keyof UsageLimits, bytes: number, packets: number): boolean {
  if (bounds.bytes !== undefined && bytes >= bounds.bytes[which]) return true;
  return bounds.packets !== undefined && packets >= bounds.packets[which];
}
