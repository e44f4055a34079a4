import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { WireError } from '../../base/errors.ts';

/** What a client and the server say to each other; the message stays bytes here. */
export type ViciPacket = {
  readonly type: PacketType;
  /** Of those that have one. */
  readonly name?: string;
  readonly message: Uint8Array;
};

export type PacketType = keyof typeof TYPES;

const TYPES = {
  'command-request': 0,
  'command-response': 1,
  'command-unknown': 2,
  'event-register': 3,
  'event-unregister': 4,
  'event-confirm': 5,
  'event-unknown': 6,
  event: 7,
} as const;

const NAMED: ReadonlySet<PacketType> = new Set(['command-request', 'event-register', 'event-unregister', 'event']);
const BY_NUMBER = new Map<number, PacketType>(
  Object.entries(TYPES).map(([type, number]) => [number, type as PacketType]),
);

/** The payload of a frame. @throws RangeError where the name is longer than 255 bytes */
export function encodePacket({ type, name = '', message }: ViciPacket): Uint8Array {
  const writer = new ByteWriter().u8(TYPES[type]);
  if (NAMED.has(type)) {
    const bytes = Buffer.from(name, 'latin1');
    if (bytes.length > 255) throw new RangeError('a name of more than 255 bytes');
    writer.u8(bytes.length).bytes(bytes);
  }
  return writer.bytes(message).finish();
}

/** @throws WireError */
export function decodePacket(payload: Uint8Array): ViciPacket {
  const reader = new ByteReader(payload);
  const number = reader.u8('vici.packet');
  const type = BY_NUMBER.get(number);
  if (type === undefined) throw new WireError('value', 'vici.packet', `type ${number}`);
  if (!NAMED.has(type)) return { type, message: reader.rest() };
  const name = Buffer.from(reader.bytes(reader.u8('vici.packet.name'), 'vici.packet.name')).toString('latin1');
  return { type, name, message: reader.rest() };
}
