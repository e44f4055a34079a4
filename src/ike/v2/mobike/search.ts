import { addressFamily, type IpAddress, sameEndpoint } from '../../../base/net.ts';
import { containsAddress } from '../../../sa/traffic-selector.ts';
import type { Context } from '../../common/context.ts';
import { writtenAddresses } from '../../common/peer-places.ts';
import { NAT_TRAVERSAL_PORT } from '../../common/ports.ts';
import { transmit } from '../../common/transmit.ts';
import type { IkeSaV2 } from '../state.ts';
import { takePath } from './initiator.ts';
import { furtherAddresses } from './negotiation.ts';
import type { Path } from './path.ts';

/** A loss or two is no reason: from this transmission on other paths are tried as well. */
const SEARCH_FROM = 3;

/** So many with each transmission, in turn, and so many at all: what a peer announces costs us little. */
const PATHS_AT_ONCE = 4;
const MAX_PATHS = 16;

/**
 * RFC 4555 §3.10, §3.11: the request under way is not answered where we are, so that it is also sent between the other
 * addresses of both ends. It is the same request, and counts as one, wherever it is answered; how long all of this goes
 * on is up to the request. Only the original initiator looks for another path.
 */
export function tryOtherPaths(ctx: Context, sa: IkeSaV2): void {
  const { outstanding } = sa;
  if (outstanding === undefined || !isSearching(sa)) return;
  const paths = otherPaths(ctx, sa);
  const first = (outstanding.sent - SEARCH_FROM) * PATHS_AT_ONCE;
  const count = Math.min(paths.length, PATHS_AT_ONCE);
  for (let n = 0; n < count; n++) {
    const path = paths[(first + n) % paths.length];
    if (path !== undefined) transmit(ctx, path.local, path.remote, outstanding.datagrams);
  }
}

/** A response has come on another path than that in use, where we have tried that: it is used from now on. */
export function followResponse(ctx: Context, sa: IkeSaV2, { local, remote }: Path): void {
  if (!isSearching(sa)) return;
  const found = otherPaths(ctx, sa).find(
    (path) => sameEndpoint(path.local, local) && sameEndpoint(path.remote, remote),
  );
  if (found === undefined || sa.mobike === undefined) return;
  const others = sa.mobike.peerAddresses.filter((address) => address !== remote.address);
  // What has failed may be of use again.
  if (remote.address !== sa.remote.address) sa.mobike.peerAddresses = [...others, sa.remote.address];
  takePath(ctx, sa, found);
}

/** Whether there is another path at all. */
export function hasOtherPaths(ctx: Context, sa: IkeSaV2): boolean {
  return sa.mobike !== undefined && otherPaths(ctx, sa).length > 0;
}

function isSearching({ mobike, phase, outstanding }: IkeSaV2): boolean {
  return mobike?.decides === true && phase === 'established' && (outstanding?.sent ?? 0) >= SEARCH_FROM;
}

function otherPaths(ctx: Context, sa: IkeSaV2): Path[] {
  const port = NAT_TRAVERSAL_PORT;
  const ours = [sa.local.address, ...furtherAddresses(sa, ctx.policies.get(sa.tunnel))];
  const theirs = new Set([sa.remote.address, ...outerAddresses(ctx, sa)]);
  const all = [...theirs].flatMap((remote) =>
    ours.map((local): Path => {
      const isSame = remote === sa.remote.address;
      return { local: { address: local, port }, remote: isSame ? sa.remote : { address: remote, port } };
    }),
  );
  return all
    .filter(({ local, remote }) => addressFamily(local.address) === addressFamily(remote.address))
    .filter(({ local, remote }) => local.address !== sa.local.address || remote.address !== sa.remote.address)
    .slice(0, MAX_PATHS);
}

/**
 * RFC 4555 §3.6 leaves it to each end which addresses are acceptable to it. Gateways that name all that they have, as
 * strongSwan does, name some within their segments, too: only the tunnel leads there. IKE goes past the tunnel, so that it
 * would not arrive, and would carry an inner address in clear over the network. A segment that the peer's own address is in
 * as well, such as 0.0.0.0/0, tells nothing.
 */
function outerAddresses(ctx: Context, sa: IkeSaV2): readonly IpAddress[] {
  const named = sa.mobike?.peerAddresses ?? [];
  const own = ctx.policies.get(sa.tunnel);
  if (own === undefined || named.length === 0) return named;
  const outer = [sa.remote.address, ...writtenAddresses(own.remote)];
  const inner = ctx.policies
    .ofPeer(own.peer)
    .flatMap(({ remote }) => remote.selectors)
    .filter((segment) => !outer.some((address) => containsAddress(segment, address)));
  return named.filter((address) => !inner.some((segment) => containsAddress(segment, address)));
}
