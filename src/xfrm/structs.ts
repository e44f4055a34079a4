import type { AddressFamily, IpAddress, Prefix } from '../base/net.ts';
import { addressBytes, addressFamily, addressFromBytes } from '../base/net.ts';
import { familyNumber, readFamily } from '../netlink/family.ts';
import type { Attributes, NetlinkWriter } from '../netlink/netlink.ts';
import { HostReader } from '../netlink/netlink.ts';
import type { Mark, UsageLimits } from '../sa/data-plane.ts';
import type { ChildProtocol } from '../sa/proposal.ts';
import { IPPROTO_AH, IPPROTO_ESP, XFRMA_IF_ID, XFRMA_MARK } from './constants.ts';

/** A port with the bits that count; mask 0 is any port. Both are 0..65535. */
export type PortMatch = { readonly port: number; readonly mask: number };

/** What `struct xfrm_selector` can express: one prefix a side, one protocol (0 is any), masked ports. */
export type KernelSelector = {
  readonly source: Prefix;
  readonly destination: Prefix;
  readonly protocol: number;
  readonly sourcePort: PortMatch;
  readonly destinationPort: PortMatch;
};

export const SELECTOR_BYTES = 56;
export const ADDRESS_BYTES = 16;
export const LIFETIME_CONFIG_BYTES = 64;
export const LIFETIME_CURRENT_BYTES = 32;
export const STATS_BYTES = 12;

/**
 * `struct xfrm_selector` (56 bytes): xfrm_address_t daddr, saddr; be16 dport, dport_mask, sport, sport_mask;
 * u16 family; u8 prefixlen_d, prefixlen_s, proto (+3); int ifindex; u32 user.
 */
export function writeSelector(writer: NetlinkWriter, selector: KernelSelector): void {
  writeAddress(writer, selector.destination.address);
  writeAddress(writer, selector.source.address);
  writer.be16(selector.destinationPort.port).be16(selector.destinationPort.mask);
  writer.be16(selector.sourcePort.port).be16(selector.sourcePort.mask);
  writer.u16(familyNumber(addressFamily(selector.destination.address)));
  writer.u8(selector.destination.length).u8(selector.source.length).u8(selector.protocol).zeros(3);
  writer.u32(0).u32(0);
}

/** Undefined where the selector has no family: it is not ours, and says nothing. @throws WireError */
export function readSelector(reader: HostReader): KernelSelector | undefined {
  const daddr = reader.bytes(ADDRESS_BYTES, 'sel.daddr');
  const saddr = reader.bytes(ADDRESS_BYTES, 'sel.saddr');
  const destinationPort = { port: reader.be16('sel.dport'), mask: reader.be16('sel.dport_mask') };
  const sourcePort = { port: reader.be16('sel.sport'), mask: reader.be16('sel.sport_mask') };
  const family = readFamily(reader.u16('sel.family'));
  const destinationLength = reader.u8('sel.prefixlen_d');
  const sourceLength = reader.u8('sel.prefixlen_s');
  const protocol = reader.u8('sel.proto');
  reader.skip(11, 'sel.ifindex');
  if (family === undefined) return undefined;
  return {
    source: { address: addressOf(saddr, family), length: sourceLength },
    destination: { address: addressOf(daddr, family), length: destinationLength },
    protocol,
    sourcePort,
    destinationPort,
  };
}

/** `xfrm_address_t` (16 bytes, network order): an IPv4 address fills the first four. */
export function writeAddress(writer: NetlinkWriter, address: IpAddress): void {
  const bytes = addressBytes(address);
  writer.bytes(bytes).zeros(ADDRESS_BYTES - bytes.length);
}

/** @throws WireError */
export function readAddress(reader: HostReader, family: AddressFamily, field: string): IpAddress {
  return addressOf(reader.bytes(ADDRESS_BYTES, field), family);
}

/** `struct xfrm_id` (24 bytes): xfrm_address_t daddr; be32 spi; u8 proto (+3). */
export function writeId(writer: NetlinkWriter, id: XfrmId): void {
  writeAddress(writer, id.destination);
  writer.be32(id.spi).u8(protocolNumber(id.protocol)).zeros(3);
}

export type XfrmId = { readonly destination: IpAddress; readonly spi: number; readonly protocol: ChildProtocol };

/**
 * `struct xfrm_lifetime_cfg` (64 bytes): u64 soft and hard byte limit, soft and hard packet limit, then seconds: soft
 * and hard since the SA was added, soft and hard since its first use (0 is none).
 */
export function writeLifetime(
  writer: NetlinkWriter,
  hardSeconds: number,
  { bytes, packets }: { readonly bytes?: UsageLimits; readonly packets?: UsageLimits } = {},
): void {
  for (const limit of [bytes?.soft, bytes?.hard, packets?.soft, packets?.hard])
    writer.u64(limit === undefined ? XFRM_INF : BigInt(limit));
  writer.u64(0n).u64(BigInt(hardSeconds)).u64(0n).u64(0n);
}

/** What sets a policy or an SA apart from others of its selector or SPI. */
export type Apart = { readonly mark?: Mark; readonly ifId?: number };

/** XFRMA_MARK, `struct xfrm_mark` (8 bytes): u32 v, m. XFRMA_IF_ID: u32. */
export function writeApart(writer: NetlinkWriter, { mark, ifId }: Apart): void {
  if (mark !== undefined) writer.attribute(XFRMA_MARK, (target) => target.u32(mark.value).u32(mark.mask));
  if (ifId !== undefined) writer.attribute(XFRMA_IF_ID, (target) => target.u32(ifId));
}

/** The kernel shows neither where it is 0. @throws WireError */
export function readApart(attributes: Attributes): Apart {
  const [mark, ifId] = [attributes.get(XFRMA_MARK), attributes.get(XFRMA_IF_ID)];
  const marked = mark === undefined ? undefined : new HostReader(mark);
  return {
    ...(marked === undefined ? {} : { mark: { value: marked.u32('mark.v'), mask: marked.u32('mark.m') } }),
    ...(ifId === undefined ? {} : { ifId: new HostReader(ifId).u32('if_id') }),
  };
}

export function protocolNumber(protocol: ChildProtocol): number {
  return protocol === 'esp' ? IPPROTO_ESP : IPPROTO_AH;
}

/** Undefined for IPcomp and the rest, which are never ours. */
export function readProtocol(number: number): ChildProtocol | undefined {
  return PROTOCOLS[number];
}

function addressOf(bytes: Uint8Array, family: AddressFamily): IpAddress {
  return addressFromBytes(bytes.subarray(0, family === 4 ? 4 : 16));
}

const PROTOCOLS: Readonly<Record<number, ChildProtocol | undefined>> = { [IPPROTO_ESP]: 'esp', [IPPROTO_AH]: 'ah' };
const XFRM_INF = 0xffff_ffff_ffff_ffffn;
