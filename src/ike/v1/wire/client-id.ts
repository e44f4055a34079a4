import { compareBytes, concatBytes } from '../../../base/bytes.ts';
import {
  addressBits,
  addressBytes,
  addressFamily,
  addressFromBytes,
  type Prefix,
  prefixRange,
} from '../../../base/net.ts';
import { selectorToPrefixes, type TrafficSelector } from '../../../sa/traffic-selector.ts';
import { ID_TYPE, type IdPayload, idPayload } from './id.ts';

/** Why an ID payload of Quick Mode is no traffic selector; the answer is INVALID-ID-INFORMATION (RFC 2409 §5.5). */
export type ClientIdRefusal =
  | 'client-id-type'
  | 'client-id-mask'
  | 'client-id-range'
  /** A port means nothing without a protocol that has ports. */
  | 'client-id-port-without-protocol';

export type ClientIdResult =
  | { readonly kind: 'selector'; readonly selector: TrafficSelector }
  | { readonly kind: 'refused'; readonly why: ClientIdRefusal };

/**
 * The traffic that an IDci or IDcr means (RFC 2407 §4.6.2): addresses, contiguous subnets and ranges. Host bits of a
 * subnet's address are cleared, for some devices send the address of their interface.
 */
export function selectorFromClientId(payload: IdPayload): ClientIdResult {
  if (payload.protocol === 0 && payload.port !== 0) return refused('client-id-port-without-protocol');
  const read = ADDRESSES.get(payload.idType);
  if (read === undefined) return refused('client-id-type');
  const addresses = read(payload.data);
  if (typeof addresses === 'string') return refused(addresses);
  const ports = payload.port === 0 ? ANY_PORT : { startPort: payload.port, endPort: payload.port };
  return { kind: 'selector', selector: { protocol: payload.protocol, ...ports, ...addresses } };
}

/**
 * The reverse: an address where it is one, else a subnet, else a range. Undefined where IKEv1 cannot say it: a port
 * range, OPAQUE, port 0 by itself, or a port of any protocol.
 */
export function clientIdFromSelector(selector: TrafficSelector): IdPayload | undefined {
  const port = clientPort(selector);
  if (port === undefined || (port !== 0 && selector.protocol === 0)) return undefined;
  return idPayload({ ...addressData(selector), protocol: selector.protocol, port });
}

type AddressRange = Pick<TrafficSelector, 'start' | 'end'>;

const ANY_PORT = { startPort: 0, endPort: 65_535 } as const;

/** How the data of each type is read; `decodeId` has checked its length. */
const ADDRESSES: ReadonlyMap<number, (data: Uint8Array) => AddressRange | ClientIdRefusal> = new Map([
  [ID_TYPE.IPV4_ADDR, readAddress],
  [ID_TYPE.IPV6_ADDR, readAddress],
  [ID_TYPE.IPV4_ADDR_SUBNET, readSubnet],
  [ID_TYPE.IPV6_ADDR_SUBNET, readSubnet],
  [ID_TYPE.IPV4_ADDR_RANGE, readRange],
  [ID_TYPE.IPV6_ADDR_RANGE, readRange],
]);

const TYPES_OF_FAMILY = {
  4: { address: ID_TYPE.IPV4_ADDR, subnet: ID_TYPE.IPV4_ADDR_SUBNET, range: ID_TYPE.IPV4_ADDR_RANGE },
  6: { address: ID_TYPE.IPV6_ADDR, subnet: ID_TYPE.IPV6_ADDR_SUBNET, range: ID_TYPE.IPV6_ADDR_RANGE },
} as const;

function refused(why: ClientIdRefusal): ClientIdResult {
  return { kind: 'refused', why };
}

function readAddress(data: Uint8Array): AddressRange {
  const address = addressFromBytes(data);
  return { start: address, end: address };
}

function readSubnet(data: Uint8Array): AddressRange | ClientIdRefusal {
  const [address, mask] = halves(data);
  const length = maskLength(mask);
  return length === undefined ? 'client-id-mask' : prefixRange({ address: addressFromBytes(address), length });
}

function readRange(data: Uint8Array): AddressRange | ClientIdRefusal {
  const [start, end] = halves(data);
  if (compareBytes(start, end) > 0) return 'client-id-range';
  return { start: addressFromBytes(start), end: addressFromBytes(end) };
}

function halves(data: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const middle = data.length / 2;
  return [data.subarray(0, middle), data.subarray(middle)];
}

/** The leading one bits of a contiguous mask. */
function maskLength(mask: Uint8Array): number | undefined {
  let ones = 0;
  for (let at = 0; at < mask.length; at++) {
    const zeros = (mask[at] ?? 0) ^ 0xff;
    const isContiguous = (zeros & (zeros + 1)) === 0 && (zeros === 0xff || ones === 8 * at);
    if (!isContiguous) return undefined;
    ones += Math.clz32(zeros) - 24;
  }
  return ones;
}

/** 0 for any port. */
function clientPort(selector: TrafficSelector): number | undefined {
  const { startPort, endPort } = selector;
  if (startPort === ANY_PORT.startPort && endPort === ANY_PORT.endPort) return 0;
  return startPort === endPort && startPort !== 0 ? startPort : undefined;
}

function addressData(selector: TrafficSelector): Pick<IdPayload, 'idType' | 'data'> {
  const types = TYPES_OF_FAMILY[addressFamily(selector.start)];
  const start = addressBytes(selector.start);
  if (selector.start === selector.end) return { idType: types.address, data: start };
  const [prefix, ...more] = selectorToPrefixes(selector);
  if (prefix === undefined || more.length > 0)
    return { idType: types.range, data: concatBytes(start, addressBytes(selector.end)) };
  return { idType: types.subnet, data: concatBytes(start, maskOf(prefix)) };
}

function maskOf(prefix: Prefix): Uint8Array {
  const bytes = addressBits(addressFamily(prefix.address)) / 8;
  return Uint8Array.from({ length: bytes }, (_, index) => {
    const ones = Math.min(8, Math.max(0, prefix.length - index * 8));
    return 0xff & (0xff << (8 - ones));
  });
}
