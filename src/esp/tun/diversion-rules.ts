import type { AddressFamily, Prefix } from '../../base/net.ts';
import { addressFamily } from '../../base/net.ts';
import { IPPROTO_AH, IPPROTO_ESP, IPPROTO_UDP } from '../../native/socket-options.ts';
import { coversAddress } from '../../netlink/own-source.ts';
import type { KernelRule } from '../../netlink/rule-messages.ts';
import type { PolicySpec } from '../../sa/data-plane.ts';

/**
 * How packets come into the TUN: a route in a table of ours, which a rule leads to by the packet's source. The main
 * table is not touched, so that what is protected already, and carries `TUNNEL_MARK`, can go around:
 *
 *     200: mark, or ESP and IKE of a host that protects itself     go on at 202
 *     201: from a local segment                                    look into the table of that segment
 *     201: of this machine, with its source still to be chosen     look into `OWN_TABLE`
 *     202: the end of the jump
 *
 * The numbers are below those that other programs give their rules, which would lead past the tunnel. They are shown by
 * `ip rule show protocol 201` and `ip route show table 201000`.
 */
export const TUNNEL_MARK = 0xc9c9;
export const DIVERSION_PRIORITIES = { around: 200, into: 201, end: 202 } as const;

/** For packets of this machine itself; the tables of the segments have the numbers after it. */
export const OWN_TABLE = 201_000;
export const LAST_TABLE = 299_999;

/** What every diversion of a family needs: the end of the jump before the jump. */
export function commonRules(family: AddressFamily): readonly KernelRule[] {
  return [
    { family, priority: end, action: 'nothing' },
    { family, priority: around, mark: TUNNEL_MARK, action: { goto: end } },
  ];
}

export function segmentRule(source: Prefix, table: number): KernelRule {
  const family = addressFamily(source.address);
  return { family, priority: into, ...(source.length === 0 ? {} : { source }), action: { table } };
}

/**
 * For packets whose source the route has still to choose. IPv6 cannot say so: there it is all packets of this machine,
 * and those with a source outside the tunnel's are stopped in it.
 */
export function ownRule(family: AddressFamily): KernelRule {
  return {
    family,
    priority: into,
    ...(family === 4 ? { source: { address: '0.0.0.0', length: 32 } } : {}),
    ownPackets: true,
    action: { table: OWN_TABLE },
  };
}

/**
 * Where the outer addresses lie within the selectors, as between two hosts, the answers of the peer have a source to
 * which the way leads into the TUN: strict reverse path filtering (rp_filter, IPv4 only) would drop them. It asks for
 * the way back, so that the source port is the one that they came to.
 */
export function hostRules({ source, destination, template }: PolicySpec): readonly KernelRule[] {
  if (template === undefined || addressFamily(template.source) === 6) return [];
  if (!coversAddress(source, template.source) || !coversAddress(destination, template.destination)) return [];
  const host: Prefix = { address: template.source, length: 32 };
  return PROTECTED.map((flow) => ({ family: 4, priority: around, source: host, ...flow, action: { goto: end } }));
}

const PROTECTED = [
  { protocol: IPPROTO_ESP },
  { protocol: IPPROTO_AH },
  { protocol: IPPROTO_UDP, sourcePort: 500 },
  { protocol: IPPROTO_UDP, sourcePort: 4500 },
];

const { around, into, end } = DIVERSION_PRIORITIES;
