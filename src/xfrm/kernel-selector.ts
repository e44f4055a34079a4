import { addressFamily } from '../base/net.ts';
import type { TrafficSelector } from '../sa/traffic-selector.ts';
import { selectorToPrefixes } from '../sa/traffic-selector.ts';
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from './constants.ts';
import type { KernelSelector, PortMatch } from './structs.ts';

/**
 * The kernel selectors that together are exactly the traffic from `source` to `destination`, or why there are none:
 * `EAFNOSUPPORT` where the ends are of two families, `EINVAL` where they name two protocols, `EOPNOTSUPP` for what a
 * kernel selector cannot say (OPAQUE ports, some ICMP ranges), `E2BIG` above MAX_SELECTORS.
 */
export function toKernelSelectors(source: TrafficSelector, destination: TrafficSelector): KernelSelector[] | Refusal {
  if (addressFamily(source.start) !== addressFamily(destination.start)) return 'EAFNOSUPPORT';
  if (source.protocol !== destination.protocol && source.protocol !== 0 && destination.protocol !== 0) return 'EINVAL';
  const protocol = source.protocol === 0 ? destination.protocol : source.protocol;
  const pairs = portPairs(protocol, source, destination);
  if (pairs === undefined) return 'EOPNOTSUPP';
  const sources = selectorToPrefixes(source);
  const destinations = selectorToPrefixes(destination);
  if (sources.length * destinations.length * pairs.length > MAX_SELECTORS) return 'E2BIG';
  return sources.flatMap((from) =>
    destinations.flatMap((to) =>
      pairs.map((ports): KernelSelector => ({ source: from, destination: to, protocol, ...ports })),
    ),
  );
}

export type Refusal = 'EAFNOSUPPORT' | 'EINVAL' | 'EOPNOTSUPP' | 'E2BIG';

/** A text that is equal where the kernel would take one selector for the other. */
export function kernelSelectorKey(selector: KernelSelector): string {
  const { source, destination, protocol, sourcePort, destinationPort } = selector;
  const ports = [sourcePort, destinationPort].map(({ port, mask }) => `${port}/${mask}`).join('>');
  return `${source.address}/${source.length}>${destination.address}/${destination.length} ${protocol} ${ports}`;
}

type PortPair = Pick<KernelSelector, 'sourcePort' | 'destinationPort'>;

function portPairs(protocol: number, source: TrafficSelector, destination: TrafficSelector): PortPair[] | undefined {
  if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) return icmpPair(source, destination);
  const from = portBlocks(source.startPort, source.endPort);
  const to = portBlocks(destination.startPort, destination.endPort);
  return from.length === 0 || to.length === 0
    ? undefined
    : from.flatMap((sourcePort) => to.map((destinationPort) => ({ sourcePort, destinationPort })));
}

/**
 * The least set of masked ports that is exactly `start`..`end`, at most 30; ranges fall apart into aligned powers of
 * two as address ranges do into prefixes. Empty for OPAQUE (65535..0), which means packets whose ports cannot be seen.
 */
function portBlocks(start: number, end: number): PortMatch[] {
  const blocks: PortMatch[] = [];
  for (let next = start; next <= end; ) {
    let size = 1;
    while (next % (size * 2) === 0 && next + size * 2 - 1 <= end) size *= 2;
    blocks.push({ port: next, mask: ALL_PORTS + 1 - size });
    next += size;
  }
  return blocks;
}

/**
 * RFC 7296 §3.13.1: type and code are the upper and lower octet of the port fields, in either selector. The kernel
 * compares the type with the source port and the code with the destination port.
 */
function icmpPair(source: TrafficSelector, destination: TrafficSelector): PortPair[] | undefined {
  const [limits, ...more] = [source, destination].filter(
    ({ startPort, endPort }) => startPort !== 0 || endPort !== ALL_PORTS,
  );
  if (limits === undefined) return [{ sourcePort: ANY_PORT, destinationPort: ANY_PORT }];
  const { startPort, endPort } = limits;
  const differ = more.some((other) => other.startPort !== startPort || other.endPort !== endPort);
  const type = startPort >> 8;
  if (differ || type !== endPort >> 8) return undefined;
  const sourcePort = { port: type, mask: ALL_PORTS };
  if (startPort === endPort) return [{ sourcePort, destinationPort: { port: startPort & 0xff, mask: ALL_PORTS } }];
  const wholeType = (startPort & 0xff) === 0 && (endPort & 0xff) === 0xff;
  return wholeType ? [{ sourcePort, destinationPort: ANY_PORT }] : undefined;
}

const ALL_PORTS = 0xffff;
const ANY_PORT: PortMatch = { port: 0, mask: 0 };

/** Kernel policies that one pair of traffic selectors may become; a peer chooses the ranges. */
const MAX_SELECTORS = 256;
