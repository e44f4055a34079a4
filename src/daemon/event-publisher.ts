import type { Now } from '../base/time.ts';
import type { EventHistory } from '../control/event-history.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { ChildSaView, IkeSaView } from '../ike/common/view.ts';
import { EventReporter } from '../observe/event-reporter.ts';
import type { EventDetails } from '../observe/event-text.ts';
import { isMessageEvent } from '../observe/exchange-record.ts';
import type { Log } from '../observe/log.ts';
import type { ChildStatus, TunnelStatus } from '../tunnel/status.ts';

/** Where the details of the objects that events name are looked up. */
export interface Directory {
  status(tunnel: string): TunnelStatus | undefined;
  views(tunnel: string): readonly IkeSaView[];
  children(tunnel: string): readonly ChildSaView[];
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
    const status = 'tunnel' in event && event.tunnel !== undefined ? this.#directory.status(event.tunnel) : undefined;
    if (status === undefined) return {};
    const names = { gateway: status.gateway, peer: status.peer };
    const view = 'ikeSa' in event ? this.#view(status.name, event.ikeSa) : undefined;
    const ike = view !== undefined && status.ike?.initiatorSpi === view.initiatorSpi ? status.ike : undefined;
    const child = 'child' in event ? this.#child(status, event.child) : undefined;
    return { ...names, ...(ike === undefined ? {} : { ike }), ...(child === undefined ? {} : { child }) };
  }

  #view(tunnel: string, ikeSa: number): IkeSaView | undefined {
    return this.#directory.views(tunnel).find(({ id }) => id === ikeSa);
  }

  /** Statuses name a Child SA by its inbound SPI. */
  #child(status: TunnelStatus, child: string): ChildStatus | undefined {
    const spi = this.#directory.children(status.name).find(({ id }) => id === child)?.inbound.spi;
    return status.children.find(({ spiIn }) => Number.parseInt(spiIn, 16) === spi);
  }
}
