import { type AddressFamily, addressFamily } from '../../base/net.ts';
import type { Duration, Instant } from '../../base/time.ts';
import { SECOND } from '../../base/time.ts';
import type { Arena } from '../../native/arena.ts';
import { SendPath } from '../../native/send-path.ts';
import { SendRing } from '../../native/send-ring.ts';
import type { SaAddresses } from '../../sa/data-plane.ts';
import type { ChildProtocol } from '../../sa/proposal.ts';
import type { Report } from '../commands.ts';
import type { Counters } from '../counters.ts';
import type { Carrier } from '../esp-sockets.ts';
import { OuterHeader } from '../ip/outer-header.ts';
import type { Egress, EgressPath } from './egress.ts';

export type SocketPath = EgressPath & {
  readonly send: SendPath;
  /** One for packets that may be fragmented, one for those that must not. */
  readonly loose: SendRing;
  readonly strict: SendRing;
};

export type SocketEgressParts = {
  readonly arena: Arena;
  readonly carriers: readonly Carrier[];
  readonly counters: Counters;
  readonly report: (report: Report) => void;
  readonly mono: () => Instant;
};

/** Queues sealed packets for their sockets and sends them in batches. */
export class SocketEgress implements Egress<SocketPath> {
  readonly #parts: SocketEgressParts;
  readonly #rings = new Map<string, SendRing>();
  readonly #slots = new WeakMap<SendPath, number>();
  /** When an SA's path was last said to be too narrow, by slot. */
  readonly #told = new Map<number, Instant>();
  /** The one with packets in it; there is never a second, so that the packets of an SA stay in order. */
  #current: SendRing | undefined;

  constructor(parts: SocketEgressParts) {
    this.#parts = parts;
    for (const { fd, family, over, dontFragment } of parts.carriers) {
      const ring = new SendRing({ fd, family, segmentation: over === 'udp' });
      this.#rings.set(ringKey(over, family, dontFragment), ring);
    }
  }

  path(slot: number, protocol: ChildProtocol, addresses: SaAddresses): SocketPath | undefined {
    const { source, destination, encap } = addresses;
    const family = addressFamily(destination);
    const over = encap === undefined ? protocol : 'udp';
    const loose = this.#rings.get(ringKey(over, family, false));
    const strict = this.#rings.get(ringKey(over, family, true));
    if (loose === undefined || strict === undefined || (encap !== undefined && protocol === 'ah')) return undefined;
    const send = new SendPath(source, { address: destination, port: encap?.destinationPort ?? 0 });
    this.#slots.set(send, slot);
    const outer = protocol === 'ah' ? new OuterHeader(source, destination, AH) : undefined;
    const outerBytes = IP_HEADER[family] + (encap === undefined ? 0 : UDP_HEADER);
    const givenBytes = outer !== undefined && family === 4 ? outer.length : 0;
    return { slot, protocol, outerBytes, outer, givenBytes, send, loose, strict };
  }

  send(path: SocketPath, at: number, length: number, tos: number, df: boolean): void {
    const ring = df ? path.strict : path.loose;
    if (this.#current !== ring || ring.full) this.flush();
    this.#current = ring;
    ring.add(path.send, this.#parts.arena.address + at, length, tos);
  }

  flush(): void {
    const ring = this.#current;
    if (ring === undefined || ring.waiting === 0) return;
    ring.flush();
    if (ring.failed > 0) this.#complain(ring);
  }

  #complain({ failure, failedPath, failed }: SendRing): void {
    const { counters, report, mono } = this.#parts;
    counters.drop(failure === EMSGSIZE ? 'XfrmOutStateModeError' : 'XfrmOutBundleGenError', failed);
    const slot = failedPath === undefined ? undefined : this.#slots.get(failedPath);
    if (failure !== EMSGSIZE || slot === undefined) return;
    const now = mono();
    if (now - (this.#told.get(slot) ?? Number.NEGATIVE_INFINITY) < TELL_INTERVAL) return;
    if (this.#told.size >= MAX_TOLD) this.#told.clear();
    this.#told.set(slot, now);
    report({ kind: 'oversize', slot });
  }
}

function ringKey(over: Carrier['over'], family: AddressFamily, dontFragment: boolean): string {
  return `${over} ${family} ${dontFragment}`;
}

const IP_HEADER = { 4: 20, 6: 40 } as const;
const UDP_HEADER = 8;
const AH = 51;
const EMSGSIZE = 90;
const TELL_INTERVAL: Duration = SECOND;
const MAX_TOLD = 4_096;
