import { ByteReader, ByteWriter, compareBytes } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';
import { addressBytes, addressFamily, addressFromBytes } from '../../../base/net.ts';
import type { TrafficSelector } from '../../../sa/traffic-selector.ts';

/** Traffic Selector payload, RFC 7296 §3.13. Selectors of types that we do not know are left out. */
export type TsPayload = TsPayloadOf<'TSi'> | TsPayloadOf<'TSr'>;

export type TsPayloadOf<Type extends 'TSi' | 'TSr'> = {
  readonly type: Type;
  readonly selectors: readonly TrafficSelector[];
};

/** Traffic selector types, RFC 7296 §3.13.1, with the bytes of one address. */
const TYPES: readonly { readonly number: number; readonly family: 4 | 6; readonly bytes: number }[] = [
  { number: 7, family: 4, bytes: 4 },
  { number: 8, family: 6, bytes: 16 },
];

const SELECTOR_HEADER_BYTES = 4;

/** @throws WireError where there is none, a length or the count does not fit, or a range is reversed. */
export function decodeTs<Type extends 'TSi' | 'TSr'>(type: Type, body: Uint8Array): TsPayloadOf<Type> {
  const reader = new ByteReader(body);
  const count = reader.u8(`${type}.count`);
  reader.bytes(3, `${type}.reserved`);
  if (count === 0) throw new WireError('value', `${type}.count`);
  const selectors: TrafficSelector[] = [];
  for (let index = 0; index < count; index++) {
    const selector = decodeSelector(reader, type);
    if (selector !== undefined) selectors.push(selector);
  }
  if (reader.remaining > 0) throw new WireError('length', type);
  return { type, selectors };
}

export function encodeTs(payload: TsPayload): Uint8Array {
  const writer = new ByteWriter().u8(payload.selectors.length).zeros(3);
  for (const selector of payload.selectors) encodeSelector(writer, selector);
  return writer.finish();
}

function decodeSelector(reader: ByteReader, field: string): TrafficSelector | undefined {
  const number = reader.u8(`${field}.type`);
  const protocol = reader.u8(`${field}.protocol`);
  const length = reader.u16(`${field}.length`);
  if (length < SELECTOR_HEADER_BYTES) throw new WireError('length', `${field}.length`);
  const content = reader.bytes(length - SELECTOR_HEADER_BYTES, `${field}.selector`);
  const row = TYPES.find((candidate) => candidate.number === number);
  if (row === undefined) return undefined;
  const fields = new ByteReader(content);
  const startPort = fields.u16(`${field}.startPort`);
  const endPort = fields.u16(`${field}.endPort`);
  const start = fields.bytes(row.bytes, `${field}.start`);
  const end = fields.bytes(row.bytes, `${field}.end`);
  if (fields.remaining > 0) throw new WireError('length', `${field}.length`);
  if (compareBytes(start, end) > 0) throw new WireError('value', `${field}.address`);
  if (startPort > endPort && !isOpaque(startPort, endPort)) throw new WireError('value', `${field}.port`);
  return { protocol, startPort, endPort, start: addressFromBytes(start), end: addressFromBytes(end) };
}

/** RFC 7296 §3.13.1: the one reversed port range that has a meaning. */
function isOpaque(startPort: number, endPort: number): boolean {
  return startPort === 0xffff && endPort === 0;
}

function encodeSelector(writer: ByteWriter, selector: TrafficSelector): void {
  const ipv4 = addressFamily(selector.start) === 4;
  writer
    .u8(ipv4 ? 7 : 8)
    .u8(selector.protocol)
    .u16(ipv4 ? 16 : 40)
    .u16(selector.startPort)
    .u16(selector.endPort)
    .bytes(addressBytes(selector.start))
    .bytes(addressBytes(selector.end));
}
