import type { IpAddress } from '../../../base/net.ts';

/** What an IKE SA knows of addresses where both ends can move (RFC 4555). */
export type Mobike = {
  /** Who initiated the first IKE SA of a series decides on the addresses, whoever rekeys it (RFC 4555 §1.3). */
  readonly decides: boolean;
  /** What the peer can be reached at beside the address in use (RFC 4555 §3.4), as it says. Bounded. */
  peerAddresses: readonly IpAddress[];
  /** What we have said last of our own. */
  told: readonly IpAddress[];
  /** Counts the changes of addresses, so that an answer shows which of them it is about. */
  change: number;
  /** How often in a row the peer has met a NAT that it did not expect (§3.9). */
  refusals: number;
  /** The hash of our own endpoint as the peer saw it at the last update (§3.8). */
  seenAs: Uint8Array | undefined;
};
