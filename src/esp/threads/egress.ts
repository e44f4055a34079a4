import type { SaAddresses } from '../../sa/data-plane.ts';
import type { ChildProtocol } from '../../sa/proposal.ts';
import type { OuterHeader } from '../ip/outer-header.ts';

/** The outer end of an SA, laid out once for all its packets. */
export type EgressPath = {
  /** The SA's. */
  readonly slot: number;
  readonly protocol: ChildProtocol;
  /** All that comes in front of the sealed packet: the IP header, and UDP's where there is one. */
  readonly outerBytes: number;
  /** Of AH, which covers it; whoever seals writes it in front. */
  readonly outer: OuterHeader | undefined;
  /** How much of that the socket takes from us: over IPv4 all of it, else nothing. */
  readonly givenBytes: number;
};

/** The sockets that sealed packets leave by. Packets are queued and go out together, in their order. */
export type Egress<Path extends EgressPath = EgressPath> = {
  /** Undefined where there is no socket for it. */
  path(slot: number, protocol: ChildProtocol, addresses: SaAddresses): Path | undefined;
  /** Queues `length` bytes at `at` of the arena. `tos` and `df` are of the outer header. */
  send(path: Path, at: number, length: number, tos: number, df: boolean): void;
  /** Sends all that is queued; the memory of the packets is free again. */
  flush(): void;
};
