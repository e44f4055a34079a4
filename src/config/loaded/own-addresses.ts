import { parseAddressRange, rangeContains } from '../../base/address-range.ts';
import type { IpAddress } from '../../base/net.ts';
import { addressFamily, parseAddress } from '../../base/net.ts';
import { pinned } from '../import/foreign-tunnel.ts';
import type { Written } from '../import/written.ts';
import { listItems } from '../import/written.ts';

/** The addresses of this machine, as they are now. */
export interface OwnAddresses {
  /** The one that the routes choose for packets to `remote`. */
  towards(remote: IpAddress): IpAddress | undefined;
  /** All that a peer could call. */
  all(): readonly IpAddress[];
}

/**
 * The addresses of ours that `local_addrs` means, the one to use first. What is left open is the address towards the
 * peer and then all others of its family; where the peer is open too, or known by name only, those of IPv4 if there are
 * any. Empty where there is none.
 */
export function chosenAddresses(written: Written, peer: Written, own: OwnAddresses): Written[] {
  const items = listItems(written).flatMap((item) => meant(item, peer, own));
  const family = familyOf(peer) ?? (items.some((item) => familyOf(item) === 4) ? 4 : 6);
  // What is no address at all is said by whoever reads our configuration.
  const fitting = items.filter((item) => (familyOf(item) ?? family) === family);
  return [...new Map(fitting.map((item) => [item.text, item])).values()].slice(0, MAX_ADDRESSES);
}

/** What a gateway of ours can have. */
const MAX_ADDRESSES = 8;

function meant(item: Written, peer: Written, own: OwnAddresses): Written[] {
  if (OPEN.has(item.text)) {
    const remote = parseAddress(peer.text);
    const first = remote === undefined || OPEN.has(remote) ? undefined : own.towards(remote);
    // A peer may call at any of the others.
    return [...(first === undefined ? [] : [first]), ...own.all()].map((address) => pinned(item, address));
  }
  const range = parseAddressRange(item.text);
  if (range === undefined) return [item];
  return own.all().flatMap((address) => (rangeContains(range, address) ? pinned(item, address) : []));
}

const OPEN: ReadonlySet<string> = new Set(['%any', '%any4', '%any6', '0.0.0.0', '::']);

function familyOf({ text }: Written): 4 | 6 | undefined {
  const address = parseAddress(text);
  return address === undefined || OPEN.has(address) ? undefined : addressFamily(address);
}
