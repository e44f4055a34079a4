import { type Now, SECOND } from '../base/time.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import { describeEvent, type EventDetails, type EventRate, type EventRecord, limitOf } from './event-text.ts';
import { RateLimiter } from './rate-limiter.ts';

/** `time` is ISO 8601. */
export type ReportedEvent = EventRecord & { readonly time: string };

/**
 * Turns the event stream into what log and control API show. Both stand behind the same limits, so that a flood of
 * datagrams, or a peer that connects over and over, neither fills the log nor pushes the events that matter out of the
 * history.
 */
export class EventReporter {
  readonly #limiters: Readonly<Record<EventRate, RateLimiter>> = {
    low: new RateLimiter({ burst: 5, interval: 10 * SECOND, maxKeys: 4_096 }),
    high: new RateLimiter({ burst: 1_000, interval: SECOND, maxKeys: 4_096 }),
  };

  /**
   * What makes the report of an event, for whoever reads it: mostly nobody does. Undefined where the event is held back;
   * how many were is told with the next one of its kind.
   */
  report(event: GatewayEvent, now: Now): ((details: EventDetails) => ReportedEvent) | undefined {
    const { rate, key } = limitOf(event);
    const heldBack = this.#limiters[rate].admit(key, now.mono);
    if (heldBack === undefined) return undefined;
    const { wall } = now;
    return (details) => {
      const record = describeEvent(event, details);
      const text = heldBack === 0 ? record.text : `${record.text} (and ${heldBack} more of this kind)`;
      return { time: new Date(wall).toISOString(), ...record, text };
    };
  }
}
