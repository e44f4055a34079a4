import type { Arena } from '../../native/arena.ts';

/**
 * One SA's way from an inner IP packet to a protected one, in place: nothing is copied or allocated for a packet. In the
 * arena, `headroom` bytes in front of the inner packet and `TAILROOM` bytes behind it are the transform's. AH covers the
 * outer header as well: that stands, as it will leave, in front of the headroom.
 */
export type OutboundTransform = {
  /** What comes in front of the inner packet. */
  readonly headroom: number;
  /**
   * Protects the packet of `length` bytes at `at`; `nextHeader` is 4 or 41. What goes out begins at `at - headroom`, and
   * so many bytes of it are returned; or a fault (`fault.ts`), and nothing may go out.
   */
  seal(arena: Arena, at: number, length: number, nextHeader: number): number;
  /** What `seal` returns for an inner packet of this length. */
  overhead(length: number): number;
  /** The longest inner packet that comes out no longer than `room`; 0 where none does. */
  largestInner(room: number): number;
  /** Frees what the library holds and wipes the keys; nothing may be called afterwards. */
  close(): void;
};

/** The way back. Behind the packet `TAILROOM` bytes of memory must be there; they are on return as they were. */
export type InboundTransform = {
  readonly headroom: number;
  /** The one that the last packet opened was found to carry. */
  readonly nextHeader: number;
  /**
   * Opens the packet of `length` bytes whose ESP or AH header is at `at`. The inner packet begins at `at + headroom`, and
   * its length is returned, without padding; TFC padding (RFC 4303 §2.7) is still behind it, and the inner header tells
   * where that begins. Or a fault, and what is in memory is to be dropped.
   *
   * `outerAt` is where the outer header is, directly in front. Only AH looks at it, and takes none with options or
   * extension headers; where it was not received (IPv6), the caller rebuilds it.
   */
  open(arena: Arena, at: number, length: number, outerAt: number): number;
  close(): void;
};

/** RFC 4303 padding and trailer, the longest ICV, and scratch space. */
export const TAILROOM = 320;
