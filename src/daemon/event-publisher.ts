import type { Now } from '../base/time.ts';
import type { EventHistory } from '../control/event-history.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { ChildSaView, IkeSaView } from '../ike/common/view.ts';
import { EventReporter } from '../observe/event-reporter.ts';
import type { EventDetails } from '../observe/event-text.ts';
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
    const reported = this.#reporter.report(event, this.#details(event), now);
    if (reported === undefined) return;
    this.#log.event(reported);
    if (!isMessage) this.#history.publish({ ...reported, event: event.type });
  }

  #details(event: GatewayEvent): EventDetails {
    const tunnel = 'tunnel' in event ? event.tunnel : undefined;
    const names = tunnel === undefined ? undefined : this.#directory.names(tunnel);
    if (tunnel === undefined || names === undefined) return {};
    const ike = 'ikeSa' in event ? this.#directory.ikeSa(tunnel, event.ikeSa) : undefined;
    const child = 'child' in event ? this.#directory.child(tunnel, event.child) : undefined;
    return {
      gateway: names.gateway,
      peer: names.peer,
      ...(ike === undefined ? {} : { ike: reportIke(ike) }),
      ...(child === undefined || child.state === 'installing' ? {} : { child: reportChild(child, uncounted) }),
    };
  }
}

function uncounted(): undefined {
  return undefined;
}
