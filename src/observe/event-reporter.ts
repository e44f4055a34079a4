import { type Now, SECOND } from '../base/time.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import { describeEvent, type EventDetails, type EventRecord, limitKey } from './event-text.ts';
import { RateLimiter } from './rate-limiter.ts';

/** `time` is ISO 8601. */
export type ReportedEvent = EventRecord & { readonly time: string };

/**
 * Turns the event stream into what log and control API show. Both stand behind one limiter, so that a flood of
 * datagrams neither fills the log nor pushes the events that matter out of the history.
 */
export class EventReporter {
  readonly #limiter = new RateLimiter({ burst: 5, interval: 10 * SECOND, maxKeys: 4_096 });

  /** Undefined where the event is held back; how many were is told with the next one of its kind. */
  report(event: GatewayEvent, details: EventDetails, now: Now): ReportedEvent | undefined {
    const key = limitKey(event);
    const heldBack = key === undefined ? 0 : this.#limiter.admit(key, now.mono);
    if (heldBack === undefined) return undefined;
    const record = describeEvent(event, details);
    const text = heldBack === 0 ? record.text : `${record.text} (and ${heldBack} more of this kind)`;
    return { time: new Date(now.wall).toISOString(), ...record, text };
  }
}
