import type { AddressFamily, Prefix } from '../base/net.ts';
import { addressFamily, prefixRange } from '../base/net.ts';
import { readFamily } from '../netlink/family.ts';
import type { NetlinkMessage } from '../netlink/netlink.ts';
import { HostReader, parseAttributes } from '../netlink/netlink.ts';
import type { DataPlaneEvent } from '../sa/data-plane.ts';
import type { TrafficSelector } from '../sa/traffic-selector.ts';
import {
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  XFRM_MSG_ACQUIRE,
  XFRM_MSG_EXPIRE,
  XFRM_MSG_MAPPING,
  XFRMA_TMPL,
} from './constants.ts';
import { parseTemplate } from './policy-messages.ts';
import { parseSa } from './sa-snapshot.ts';
import type { KernelSelector, PortMatch } from './structs.ts';
import { ADDRESS_BYTES, readAddress, readProtocol, readSelector } from './structs.ts';

/**
 * A multicast message of the groups ACQUIRE, EXPIRE and MAPPING; undefined for what is no event or of no use here.
 * The events of every program's SAs and policies arrive: whose they are is for the caller to see.
 * @throws WireError
 */
export function parseEvent(message: NetlinkMessage): DataPlaneEvent | undefined {
  return PARSERS[message.type]?.(message.payload);
}

/**
 * XFRM_MSG_ACQUIRE: a packet met a policy without SA. `struct xfrm_user_acquire` (280 bytes): xfrm_id id;
 * xfrm_address_t saddr; xfrm_selector sel, that of the packet; xfrm_userpolicy_info policy; u32 aalgos, ealgos,
 * calgos, seq. The templates of the policy follow as XFRMA_TMPL.
 * Equivalent to: `ip xfrm monitor acquire`
 */
function parseAcquire(payload: Uint8Array): DataPlaneEvent | undefined {
  const reader = new HostReader(payload).skip(ACQUIRE_ID_BYTES, 'acquire.id');
  const selector = readSelector(reader);
  const template = parseTemplate(
    parseAttributes(reader.skip(ACQUIRE_TAIL_BYTES, 'acquire.policy').rest()).get(XFRMA_TMPL),
  );
  if (selector === undefined || template === undefined) return undefined;
  return { kind: 'acquire', reqid: template.reqid, ...packetSelectors(selector) };
}

/**
 * XFRM_MSG_EXPIRE, `struct xfrm_user_expire` (232 bytes): xfrm_usersa_info state; u8 hard (+7).
 * Equivalent to: `ip xfrm monitor expire`
 */
function parseExpire(payload: Uint8Array): DataPlaneEvent | undefined {
  const sa = parseSa(payload.subarray(0, USERSA_INFO_BYTES));
  const hard = new HostReader(payload).skip(USERSA_INFO_BYTES, 'expire.state').u8('expire.hard') !== 0;
  return sa === undefined ? undefined : { kind: 'expire', sa: sa.key, hard };
}

/**
 * XFRM_MSG_MAPPING, `struct xfrm_user_mapping` (64 bytes): xfrm_usersa_id id; u32 reqid; xfrm_address_t old_saddr,
 * new_saddr; be16 old_sport, new_sport. The kernel sends it for every authenticated packet from another UDP endpoint
 * until the SA is changed.
 * Equivalent to: `ip xfrm monitor mapping`
 */
function parseMapping(payload: Uint8Array): DataPlaneEvent | undefined {
  const reader = new HostReader(payload);
  const daddr = reader.bytes(ADDRESS_BYTES, 'mapping.daddr');
  const spi = reader.be32('mapping.spi');
  const family = readFamily(reader.u16('mapping.family'));
  const protocol = readProtocol(reader.u8('mapping.proto'));
  reader.skip(1 + 4 + ADDRESS_BYTES, 'mapping.reqid');
  const saddr = reader.bytes(ADDRESS_BYTES, 'mapping.new_saddr');
  const port = reader.skip(2, 'mapping.old_sport').be16('mapping.new_sport');
  if (family === undefined || protocol === undefined) return undefined;
  const address = (bytes: Uint8Array, of: AddressFamily) => readAddress(new HostReader(bytes), of, 'mapping.address');
  return {
    kind: 'mapping',
    sa: { protocol, destination: address(daddr, family), spi },
    from: { address: address(saddr, family), port },
  };
}

/** The packet as traffic selectors; of ICMP the kernel tells type and code apart in the two port fields. */
function packetSelectors(selector: KernelSelector): {
  readonly source: TrafficSelector;
  readonly destination: TrafficSelector;
} {
  const { protocol, sourcePort, destinationPort } = selector;
  const ports =
    ICMP_OF[addressFamily(selector.source.address)] === protocol
      ? icmpPorts(sourcePort, destinationPort)
      : { source: ports16(sourcePort), destination: ports16(destinationPort) };
  const side = (prefix: Prefix, range: PortRange): TrafficSelector => ({ protocol, ...range, ...prefixRange(prefix) });
  return { source: side(selector.source, ports.source), destination: side(selector.destination, ports.destination) };
}

type PortRange = { readonly startPort: number; readonly endPort: number };

/** Port 0 stands for one that is not chosen yet, and for protocols without ports; its mask is full all the same. */
function ports16({ port, mask }: PortMatch): PortRange {
  if (port === 0) return { startPort: 0, endPort: 0xffff };
  const start = port & mask;
  return { startPort: start, endPort: start | (~mask & 0xffff) };
}

/** RFC 7296 §3.13.1: both selectors carry type * 256 + code. */
function icmpPorts(type: PortMatch, code: PortMatch): { readonly source: PortRange; readonly destination: PortRange } {
  const start = ((type.port & type.mask & 0xff) << 8) | (code.port & code.mask & 0xff);
  const open = ((~type.mask & 0xff) << 8) | (~code.mask & 0xff);
  const range = { startPort: start, endPort: start | open };
  return { source: range, destination: range };
}

const PARSERS: Readonly<Record<number, ((payload: Uint8Array) => DataPlaneEvent | undefined) | undefined>> = {
  [XFRM_MSG_ACQUIRE]: parseAcquire,
  [XFRM_MSG_EXPIRE]: parseExpire,
  [XFRM_MSG_MAPPING]: parseMapping,
};

const ICMP_OF: Readonly<Record<AddressFamily, number>> = { 4: IPPROTO_ICMP, 6: IPPROTO_ICMPV6 };
const USERSA_INFO_BYTES = 224;
/** `id` and `saddr` before the selector; policy and four words after it. */
const ACQUIRE_ID_BYTES = 40;
const ACQUIRE_TAIL_BYTES = 168 + 16;
