import type { AddressFamily } from '../../base/net.ts';
import type { Arena } from '../../native/arena.ts';
import type { ChildProtocol } from '../../sa/proposal.ts';

/** A sealed packet as it lies in memory. One is made for each thread and filled again for each packet. */
export class Arrival {
  readonly arena: Arena;
  protocol: ChildProtocol = 'esp';
  /** The ESP or AH header. */
  at = 0;
  /** From there on. */
  length = 0;
  /** The outer IP header of AH, which its ICV covers. */
  outerAt = 0;
  /** Type of service or traffic class of the outer header. */
  tos = 0;
  /** Of the outer addresses. */
  readonly family: AddressFamily;
  /** The outer source: four words as in `PacketView`. */
  readonly source = new Uint32Array(4);
  /** The port of UDP that it came from, 0 where it came without. */
  port = 0;

  constructor(arena: Arena, family: AddressFamily) {
    this.arena = arena;
    this.family = family;
  }
}
