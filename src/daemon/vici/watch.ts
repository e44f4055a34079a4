import type { ControlEvent } from '../../control/protocol.ts';
import type { ViciChildSa, ViciIkeSa, ViciLogLine, ViciNews } from '../../control/vici/vici-api.ts';
import type { GatewayEvent } from '../../ike/common/event.ts';
import type { ChildSaView, IkeSaView } from '../../ike/common/view.ts';
import { isMessageEvent } from '../../observe/exchange-record.ts';
import type { SaCounters } from '../../sa/data-plane.ts';
import { saKey } from '../../sa/ledger.ts';
import { sameSelectors } from '../../sa/traffic-selector.ts';
import { alertOf } from './alerts.ts';
import { logText, messageText } from './log-lines.ts';
import { type Showing, tunnelsServedBy, viciChildSa, viciIkeSa } from './sas.ts';

/** Where SAs are looked up, as they are now. */
export interface LiveSas {
  views(tunnel?: string): readonly IkeSaView[];
  children(tunnel?: string): readonly ChildSaView[];
  child(tunnel: string, id: string): ChildSaView | undefined;
  /** The tunnels that an IKE SA serves. */
  tunnelsOf(ikeSa: number): readonly string[];
  /** Those that peers of a tunnel for many have. */
  instancesOf(template: string): readonly string[];
}

type ChildEvent = Extract<GatewayEvent, { readonly child: string }>;

/**
 * Makes vici's news of the events. What is gone is told as it was when it was last seen, so that SAs are remembered as
 * long as somebody listens; without listeners nothing is done at all.
 */
export class ViciWatch {
  readonly #live: LiveSas;
  readonly #showing: Showing;
  readonly #ikeSas = new Map<number, IkeSaView>();
  readonly #children = new Map<string, ChildSaView>();
  readonly #counters = new Map<string, SaCounters>();
  readonly #listeners = new Set<(news: ViciNews) => void>();
  /** Whether all SAs are remembered, and not only those of some tunnels. */
  #isWhole = false;

  constructor(live: LiveSas, showing: Omit<Showing, 'countersOf'>) {
    this.#live = live;
    this.#showing = { ...showing, countersOf: (sa) => this.#counters.get(saKey(sa)) };
  }

  /** Whether anybody listens. */
  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Who wants to hear of some tunnels alone need not hear what becomes of the SAs that others had before. */
  subscribe(listener: (news: ViciNews) => void, tunnels?: ReadonlySet<string>): () => void {
    if (this.#listeners.size === 0) this.#forgetAll();
    if (tunnels === undefined) this.#learnAll();
    else for (const tunnel of tunnels) this.#learn(this.#live.views(tunnel), this.#live.children(tunnel));
    // A set of its own closures, so that one listener given twice is two subscriptions.
    const own = (news: ViciNews): void => listener(news);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** A line of the log. */
  log(event: ControlEvent): void {
    if (this.#listeners.size > 0) this.#tell(this.#line(logText(event), event.tunnel, event.ike));
  }

  /** What the data plane has just said of SAs, which may be the last that is heard of them. */
  count(counters: readonly SaCounters[]): void {
    if (this.#listeners.size === 0) return;
    for (const one of counters) if (this.#counters.has(saKey(one.sa))) this.#counters.set(saKey(one.sa), one);
  }

  see(event: GatewayEvent): void {
    if (this.#listeners.size === 0) return;
    if (isMessageEvent(event)) return this.#tell(this.#line(messageText(event), event.tunnel, event.ikeSa));
    const type = alertOf(event);
    if (type !== undefined)
      this.#tell({ kind: 'alert', type, ike: 'ikeSa' in event ? this.#ike(event.ikeSa) : undefined });
    this.#follow(event);
  }

  #follow(event: GatewayEvent): void {
    switch (event.type) {
      case 'ike.established':
        return this.#onEstablished(event.tunnel, event.ikeSa);
      case 'ike.rekeyed':
        return this.#onIkeRekeyed(event.tunnel, event.ikeSa, event.successor);
      case 'ike.closed':
        return this.#onIkeClosed(event.ikeSa);
      case 'child.installed':
        return this.#onInstalled(event);
      case 'child.rekeyed':
        return this.#onChildRekeyed(event, event.successor);
      case 'child.deleted':
        return this.#onDeleted(event);
      case 'peer.moved':
      case 'path.changed':
        return this.#onMoved(event.tunnel, event.ikeSa);
    }
  }

  #onEstablished(tunnel: string | undefined, id: number): void {
    this.#learnIke(tunnel, id);
    const ike = this.#ike(id);
    if (ike !== undefined) this.#tell({ kind: 'ike-updown', up: true, ike });
  }

  /** What was rekeyed is no longer remembered: that it goes then is no news. */
  #onIkeRekeyed(tunnel: string | undefined, id: number, next: number): void {
    const old = this.#ike(id);
    this.#ikeSas.delete(id);
    this.#learnIke(tunnel, next);
    const successor = this.#ike(next);
    if (old === undefined || successor === undefined) return;
    this.#tell({ kind: 'ike-rekey', old: { ...old, state: 'REKEYED' }, successor });
  }

  #onIkeClosed(id: number): void {
    const ike = this.#ike(id);
    this.#ikeSas.delete(id);
    if (ike !== undefined) this.#tell({ kind: 'ike-updown', up: false, ike: { ...ike, state: 'DELETING' } });
  }

  /** Of a successor is told once it takes over. */
  #onInstalled(event: ChildEvent): void {
    const view = this.#learnChild(event.tunnel, event.child);
    if (view !== undefined && !this.#replacesOne(view)) this.#tellChild(true, event.ikeSa, view);
  }

  #replacesOne(view: ChildSaView): boolean {
    return this.#live
      .children(view.tunnel)
      .some(
        (other) =>
          other.id !== view.id &&
          (other.state === 'rekeying' || other.state === 'rekeyed') &&
          sameSelectors(other.localSelectors, view.localSelectors) &&
          sameSelectors(other.remoteSelectors, view.remoteSelectors),
      );
  }

  #onChildRekeyed({ tunnel, ikeSa, child }: ChildEvent, next: string): void {
    const old = this.#children.get(child);
    const ike = this.#ike(ikeSa);
    const successor = this.#learnChild(tunnel, next);
    if (old !== undefined && successor !== undefined && ike !== undefined)
      this.#tell({
        kind: 'child-rekey',
        ike,
        old: { ...this.#child(old), state: 'REKEYED' },
        successor: this.#child(successor),
      });
    this.#forget(child);
  }

  #onDeleted({ ikeSa, child }: ChildEvent): void {
    const view = this.#children.get(child);
    if (view !== undefined) this.#tellChild(false, ikeSa, view);
    this.#forget(child);
  }

  #onMoved(tunnel: string | undefined, id: number): void {
    const before = this.#ike(id);
    this.#learnIke(tunnel, id);
    const after = this.#ikeSas.get(id);
    if (before === undefined || after === undefined) return;
    this.#tell({ kind: 'ike-update', ike: before, local: after.local, remote: after.remote });
  }

  /** In IKEv1 the IKE SA may be gone. */
  #tellChild(up: boolean, ikeSa: number, view: ChildSaView): void {
    const ike = this.#ike(ikeSa) ?? this.#otherIke(view.tunnel);
    const child: ViciChildSa = up ? this.#child(view) : { ...this.#child(view), state: 'DELETED' };
    if (ike !== undefined) this.#tell({ kind: 'child-updown', up, ike, child });
  }

  #forgetAll(): void {
    this.#isWhole = false;
    this.#ikeSas.clear();
    this.#children.clear();
    this.#counters.clear();
  }

  #learnAll(): void {
    if (!this.#isWhole) this.#learn(this.#live.views(), this.#live.children());
    this.#isWhole = true;
  }

  #learn(ikeSas: readonly IkeSaView[], children: readonly ChildSaView[]): void {
    for (const view of ikeSas) if (view.state === 'established') this.#ikeSas.set(view.id, view);
    for (const view of children) if (view.state === 'installed' || view.state === 'rekeying') this.#keep(view);
  }

  #learnIke(tunnel: string | undefined, id: number): void {
    const view = this.#live.views(tunnel).find((one) => one.id === id);
    if (view !== undefined) this.#ikeSas.set(id, view);
  }

  #learnChild(tunnel: string, id: string): ChildSaView | undefined {
    const view = this.#live.child(tunnel, id);
    if (view !== undefined) this.#keep(view);
    return view;
  }

  #keep(view: ChildSaView): void {
    this.#children.set(view.id, view);
    for (const sa of [view.inbound, view.outbound])
      if (!this.#counters.has(saKey(sa))) this.#counters.set(saKey(sa), { sa, bytes: 0, packets: 0 });
  }

  #forget(id: string): void {
    const view = this.#children.get(id);
    if (view === undefined) return;
    this.#children.delete(id);
    for (const sa of [view.inbound, view.outbound]) this.#counters.delete(saKey(sa));
  }

  #ike(id: number): ViciIkeSa | undefined {
    const view = this.#ikeSas.get(id);
    return view === undefined ? undefined : viciIkeSa(view, [], this.#showing);
  }

  #otherIke(tunnel: string): ViciIkeSa | undefined {
    const view = [...this.#ikeSas.values()].findLast((one) => tunnelsServedBy(one).includes(tunnel));
    return view === undefined ? undefined : viciIkeSa(view, [], this.#showing);
  }

  #child(view: ChildSaView): ViciChildSa {
    return viciChildSa(view, this.#showing);
  }

  #line(text: Pick<ViciLogLine, 'group' | 'level' | 'text'>, tunnel?: string, id?: number): ViciLogLine {
    const ike = id === undefined ? undefined : this.#ike(id);
    const shown = ike === undefined ? undefined : { name: ike.connection, uniqueId: ike.uniqueId };
    return { kind: 'log', ...text, tunnel, ike: shown };
  }

  #tell(news: ViciNews): void {
    for (const listener of [...this.#listeners]) listener(news);
  }
}
