import type { Now } from '../base/time.ts';
import type { EventHistory } from '../control/event-history.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { ChildSaView, IkeSaView } from '../ike/common/view.ts';
import { EventReporter } from '../observe/event-reporter.ts';
import { type EventDetails, levelOf } from '../observe/event-text.ts';
import { isMessageEvent } from '../observe/exchange-record.ts';
import type { Log } from '../observe/log.ts';
import { reportChild, reportIke } from '../tunnel/report.ts';

/**
 * Where the details of the objects that an event names are looked up; undefined where they are gone. Of these objects
 * alone: there are several events for each of the hundreds of Child SAs that a tunnel may have.
 */
export interface Directory {
  names(tunnel: string): { readonly gateway: string; readonly peer: string } | undefined;
  ikeSa(tunnel: string, id: number): IkeSaView | undefined;
  child(tunnel: string, id: string): ChildSaView | undefined;
}

/** Shows each event to the log and to whoever follows the events by the control API. */
export class EventPublisher {
  readonly #log: Pick<Log, 'event' | 'writes'>;
  readonly #history: EventHistory;
  readonly #directory: Directory;
  readonly #reporter = new EventReporter();

  constructor(options: {
    readonly log: Pick<Log, 'event' | 'writes'>;
    readonly history: EventHistory;
    readonly directory: Directory;
  }) {
    this.#log = options.log;
    this.#history = options.history;
    this.#directory = options.directory;
  }

  publish(event: GatewayEvent, now: Now): void {
    const isMessage = isMessageEvent(event);
    // There are many of them, and few look: `cygnet exchanges` has the last ones.
    if (isMessage && !this.#log.writes('debug')) return;
    const report = this.#reporter.report(event, now);
    if (report === undefined) return;
    const seen = this.#look(event);
    if (this.#log.writes(levelOf(event))) this.#log.event(report(detailsOf(seen)));
    if (!isMessage) this.#history.publishUnread(seen.tunnel, () => ({ ...report(detailsOf(seen)), event: event.type }));
  }

  /** What the event names, as it is now: it may be gone when somebody reads of it. */
  #look(event: GatewayEvent): Seen {
    const tunnel = 'tunnel' in event ? event.tunnel : undefined;
    const names = tunnel === undefined ? undefined : this.#directory.names(tunnel);
    if (tunnel === undefined || names === undefined) return { tunnel };
    return {
      tunnel,
      names,
      // No other event tells more of an IKE SA than its number.
      ike: event.type === 'ike.established' ? this.#directory.ikeSa(tunnel, event.ikeSa) : undefined,
      child: 'child' in event ? this.#directory.child(tunnel, event.child) : undefined,
    };
  }
}

type Seen = {
  readonly tunnel: string | undefined;
  readonly names?: { readonly gateway: string; readonly peer: string };
  readonly ike?: IkeSaView | undefined;
  readonly child?: ChildSaView | undefined;
};

function detailsOf({ names, ike, child }: Seen): EventDetails {
  return {
    ...(names === undefined ? {} : { gateway: names.gateway, peer: names.peer }),
    ...(ike === undefined ? {} : { ike: reportIke(ike) }),
    ...(child === undefined || child.state === 'installing' ? {} : { child: reportChild(child, uncounted) }),
  };
}

function uncounted(): undefined {
  return undefined;
}
