import type { Now } from '../base/time.ts';
import type { GatewayEvent } from '../ike/common/event.ts';
import type { ChildSaView } from '../ike/common/view.ts';
import { EventCounts } from '../observe/event-counts.ts';
import { ExchangeRecord, isMessageEvent } from '../observe/exchange-record.ts';
import { Usage } from '../observe/usage.ts';
import type { DataPlaneReply, DataPlaneRequest, DataPlaneStep, SaKey } from '../sa/data-plane.ts';
import { saKey } from '../sa/ledger.ts';

/** What is remembered of the run besides the events themselves: counts, what was carried, the last messages. */
export class Observations {
  readonly counts = new EventCounts();
  readonly exchanges = new ExchangeRecord();
  readonly usage = new Usage();
  readonly #childOf: (tunnel: string, id: string) => ChildSaView | undefined;

  constructor(childOf: (tunnel: string, id: string) => ChildSaView | undefined) {
    this.#childOf = childOf;
  }

  see(event: GatewayEvent, now: Now): void {
    if (isMessageEvent(event)) return this.exchanges.add(event, now);
    if (event.type === 'instance.removed') return this.forget(event.tunnel);
    this.counts.add(event, now);
    const child = event.type === 'child.installed' ? this.#childOf(event.tunnel, event.child) : undefined;
    if (child !== undefined) this.usage.learn(child);
  }

  /** Performs a request; what an SA has carried is read before it goes, and from every reply that tells it. */
  perform(request: DataPlaneRequest, perform: (request: DataPlaneRequest) => DataPlaneReply): DataPlaneReply {
    if (request.kind !== 'apply') {
      const reply = perform(request);
      this.#read(reply);
      return reply;
    }
    const moves = movedBy(request.steps);
    const going = this.usage.known(removedBy(request.steps));
    const last = [...going, ...this.usage.known(moves.map(({ from }) => from))];
    if (last.length > 0) this.#read(perform({ kind: 'query', sas: last }));
    const reply = perform(request);
    if (reply.kind !== 'done') return reply;
    this.usage.forget(going);
    this.#follow(moves, perform);
    return reply;
  }

  /** Tunnels go on under other names: `renamed` has the new one by the old. */
  rename(renamed: ReadonlyMap<string, string>): void {
    for (const part of [this.counts, this.exchanges, this.usage]) part.rename(renamed);
  }

  /** Forgets what is not configured any longer. */
  keepOnly(tunnels: ReadonlySet<string>): void {
    this.counts.keepOnly(tunnels);
    this.exchanges.keepOnly(tunnels);
    this.usage.keepOnly(tunnels);
  }

  /** Peers of tunnels for many come and go, and each may have another name. */
  forget(tunnel: string): void {
    for (const part of [this.counts, this.exchanges, this.usage]) part.forgetTunnel(tunnel);
  }

  /** Whether counters go on or begin anew where an SA moves is the data plane's affair. */
  #follow(moves: readonly Move[], perform: (request: DataPlaneRequest) => DataPlaneReply): void {
    if (moves.length === 0) return;
    const reply = perform({ kind: 'query', sas: moves.map(({ to }) => to) });
    for (const { from, to } of moves) {
      const now = reply.kind === 'counters' ? reply.counters.find(({ sa }) => saKey(sa) === saKey(to)) : undefined;
      this.usage.move(from, to, now);
    }
  }

  #read(reply: DataPlaneReply): void {
    if (reply.kind === 'counters') this.usage.observe(reply.counters);
  }
}

type Move = { readonly from: SaKey; readonly to: SaKey };

function movedBy(steps: readonly DataPlaneStep[]): Move[] {
  const moves: Move[] = [];
  for (const step of steps)
    if (step.kind === 'move-sa') moves.push({ from: step.sa, to: { ...step.sa, destination: step.to.destination } });
  return moves;
}

function removedBy(steps: readonly DataPlaneStep[]): SaKey[] {
  const removed: SaKey[] = [];
  for (const step of steps) if (step.kind === 'remove-sa') removed.push(step.sa);
  return removed;
}
