import type { Duration } from '../base/time.ts';
import type { SimGateway } from './gateway.ts';
import type { CorePair } from './pair.ts';
import type { ScheduledEvent } from './scheduler.ts';
import type { PacketFate, TestPacket } from './traffic.ts';

type Flow = { readonly from: SimGateway; readonly packet: TestPacket };

/** Packets both ways between all pairs of segments, again and again, every one of which has to arrive. */
export class SteadyTraffic {
  readonly #pair: CorePair;
  readonly #interval: Duration;
  readonly #flows: readonly Flow[];
  #next: ScheduledEvent | undefined;
  /** How many packets have met each fate while `tolerant`. */
  readonly fates = new Map<PacketFate, number>();
  /** Whether packets may be lost, as where the path is cut. */
  tolerant = false;

  constructor(pair: CorePair, interval: Duration) {
    this.#pair = pair;
    this.#interval = interval;
    const { local, remote } = pair.policyOf(pair.left);
    this.#flows = local.selectors.flatMap(({ start: ours }) =>
      remote.selectors.flatMap(({ start: theirs }): Flow[] => [
        { from: pair.left, packet: { source: ours, destination: theirs, protocol: 1, bytes: 84 } },
        { from: pair.right, packet: { source: theirs, destination: ours, protocol: 1, bytes: 84 } },
      ]),
    );
  }

  start(): this {
    this.#next = this.#pair.world.scheduler.after(this.#interval, () => this.#tick());
    return this;
  }

  stop(): void {
    if (this.#next !== undefined) this.#pair.world.scheduler.cancel(this.#next);
  }

  #tick(): void {
    for (const { from, packet } of this.#flows) {
      const fate = this.#pair.world.transmit(from, packet);
      // Whatever else may be lost: this is what blocks and traps are for.
      if (fate === 'clear' && this.#pair.policyOf(from).blockClearText)
        this.#pair.world.fail(`a packet of ${from.name} to ${packet.destination} leaves in clear`);
      if (this.tolerant) this.fates.set(fate, (this.fates.get(fate) ?? 0) + 1);
      else if (fate !== 'delivered')
        this.#pair.world.fail(`a packet of ${from.name} to ${packet.destination} is ${fate}`);
    }
    this.start();
  }
}
