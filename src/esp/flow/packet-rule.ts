import { addressBits, addressFamily, addressToInteger } from '../../base/net.ts';
import type { PolicySpec } from '../../sa/data-plane.ts';
import { policyPrecedence } from '../../sa/policy-precedence.ts';
import type { TrafficSelector } from '../../sa/traffic-selector.ts';
import { addressWords } from '../ip/address-words.ts';

/** What a policy asks of a packet, as numbers. Ranges are inclusive. */
export type PacketRule = {
  readonly version: 4 | 6;
  /** 0 is any. */
  readonly protocol: number;
  readonly source: AddressRange;
  readonly destination: AddressRange;
  readonly sourcePort: PortRange;
  readonly destinationPort: PortRange;
  /** Of two rules that match, the one with the lower number decides. */
  readonly precedence: number;
};

/** Words as in `PacketView`. */
export type AddressRange = { readonly start: Uint32Array; readonly end: Uint32Array };
export type PortRange = { readonly start: number; readonly end: number };

/** The port of a packet that shows none: outside all ranges of ports, so that only ANY and OPAQUE take it in. */
export const OPAQUE_PORT = 0x1_0000;

/** Why no packet can match: the ends are of two families, or name two protocols. The kernel's words for it. */
export type Unmatchable = 'EAFNOSUPPORT' | 'EINVAL';

export function packetRule(policy: PolicySpec): PacketRule | Unmatchable {
  const { source, destination } = policy;
  const family = addressFamily(source.start);
  if (family !== addressFamily(destination.start)) return 'EAFNOSUPPORT';
  if (source.protocol !== destination.protocol && source.protocol !== 0 && destination.protocol !== 0) return 'EINVAL';
  const protocol = source.protocol === 0 ? destination.protocol : source.protocol;
  const ports = TYPED_PROTOCOLS.has(protocol) ? typePorts(source, destination) : portPair(source, destination);
  const specificity = {
    portBits: portBits(ports.sourcePort) + portBits(ports.destinationPort),
    hasProtocol: protocol !== 0,
    prefixBits: prefixBits(source) + prefixBits(destination),
  };
  return {
    version: family,
    protocol,
    source: addressRange(source),
    destination: addressRange(destination),
    ...ports,
    precedence: policyPrecedence(specificity, policy),
  };
}

/** ICMP, ICMPv6 and the mobility header, whose packets have one type in the place of two ports. */
const TYPED_PROTOCOLS: ReadonlySet<number> = new Set([1, 58, 135]);

type PortPair = Pick<PacketRule, 'sourcePort' | 'destinationPort'>;

/**
 * RFC 4301 §4.4.1.3: the types that a side sends are its own selector's, which is the source of a packet in either
 * direction. Where that is ANY, those of the destination hold: peers write the type to one side only.
 */
function typePorts(source: TrafficSelector, destination: TrafficSelector): PortPair {
  const own = portRange(source);
  const sourcePort = isAny(own) ? portRange(destination) : own;
  return { sourcePort, destinationPort: ANY };
}

function portPair(source: TrafficSelector, destination: TrafficSelector): PortPair {
  return { sourcePort: portRange(source), destinationPort: portRange(destination) };
}

const ANY: PortRange = { start: 0, end: OPAQUE_PORT };
const OPAQUE: PortRange = { start: OPAQUE_PORT, end: OPAQUE_PORT };

/** RFC 4301 §4.4.1.1: ANY takes in packets that show no ports, a range does not. */
function portRange({ startPort, endPort }: TrafficSelector): PortRange {
  if (startPort === 0 && endPort === 0xffff) return ANY;
  return startPort === 0xffff && endPort === 0 ? OPAQUE : { start: startPort, end: endPort };
}

function isAny(range: PortRange): boolean {
  return range.start === ANY.start && range.end === ANY.end;
}

/** A range that is no prefix counts as the shortest prefix that is no smaller. */
function portBits(range: PortRange): number {
  return isAny(range) ? 0 : 16 - Math.ceil(Math.log2(Math.max(1, range.end - range.start + 1)));
}

function prefixBits({ start, end }: TrafficSelector): number {
  const hosts = addressToInteger(end) - addressToInteger(start);
  const hostBits = hosts <= 0n ? 0 : hosts.toString(2).length;
  return addressBits(addressFamily(start)) - hostBits;
}

function addressRange({ start, end }: TrafficSelector): AddressRange {
  return { start: addressWords(start), end: addressWords(end) };
}
