import { WireError } from '../base/errors.ts';
import type { Duration, Instant } from '../base/time.ts';
import { SECOND } from '../base/time.ts';
import type { NetlinkPort } from '../netlink/netlink.ts';
import { parseMessages } from '../netlink/netlink.ts';
import type { DataPlaneEvent } from '../sa/data-plane.ts';
import { saKey } from '../sa/ledger.ts';
import { parseEvent } from './event-messages.ts';
import type { KernelSad } from './kernel-sad.ts';
import type { KernelSpd } from './kernel-spd.ts';

/** Picks from the kernel's events, which concern every program's SAs and policies, those that are ours. */
export class KernelEvents {
  readonly #sad: KernelSad;
  readonly #spd: KernelSpd;
  readonly #now: () => Instant;
  /** The last mapping told of an SA. */
  readonly #mappings = new Map<string, { readonly from: string; readonly at: Instant }>();

  constructor(source: { readonly sad: KernelSad; readonly spd: KernelSpd; readonly now: () => Instant }) {
    this.#sad = source.sad;
    this.#spd = source.spd;
    this.#now = source.now;
  }

  subscribe(port: NetlinkPort, callback: (event: DataPlaneEvent) => void): void {
    port.subscribe(
      (datagram) => {
        for (const event of readEvents(datagram)) {
          if (event === 'unknown') this.#recover(callback);
          else if (this.#isOurs(event)) callback(event);
        }
      },
      () => this.#recover(callback),
    );
  }

  /** Events were lost: the ends of SAs can be made up for, the rest is for the receiver to see. */
  #recover(callback: (event: DataPlaneEvent) => void): void {
    for (const sa of this.#sad.takeLost()) callback({ kind: 'expire', sa, hard: true });
    callback({ kind: 'overrun' });
  }

  #isOurs(event: DataPlaneEvent): boolean {
    switch (event.kind) {
      case 'acquire':
        return this.#spd.asksFor(event.reqid);
      case 'expire':
        // A larval SA that expires is an SPI that nobody came to use: not worth a word.
        if (!event.hard) return this.#sad.has(event.sa);
        this.#mappings.delete(saKey(event.sa));
        return this.#sad.forget(event.sa);
      case 'mapping':
        return this.#sad.has(event.sa) && this.#isNews(event);
      case 'overrun':
        return true;
    }
  }

  /** The kernel repeats a mapping with every packet until the SA is changed, which may be never. */
  #isNews({ sa, from }: Extract<DataPlaneEvent, { kind: 'mapping' }>): boolean {
    const key = saKey(sa);
    const told = this.#mappings.get(key);
    const endpoint = `${from.address} ${from.port}`;
    const at = this.#now();
    if (told?.from === endpoint && at - told.at < MAPPING_INTERVAL) return false;
    if (this.#mappings.size >= MAX_MAPPINGS) this.#mappings.clear();
    this.#mappings.set(key, { from: endpoint, at });
    return true;
  }
}

function readEvents(datagram: Uint8Array): (DataPlaneEvent | 'unknown')[] {
  try {
    return parseMessages(datagram)
      .map(parseEvent)
      .filter((event) => event !== undefined);
  } catch (error) {
    // A layout that we do not know: something was told and not understood, which is as good as lost.
    if (error instanceof WireError) return ['unknown'];
    throw error;
  }
}

const MAPPING_INTERVAL: Duration = SECOND;
const MAX_MAPPINGS = 10_000;
