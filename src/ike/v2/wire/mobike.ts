import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { addressBytes, addressFamily, addressFromBytes, type Endpoint, type IpAddress } from '../../../base/net.ts';
import { NOTIFY, type NotifyPayload, notifyPayload } from './notify.ts';

/** The data of the notifies of MOBIKE, RFC 4555 §4. What is malformed is `undefined`: none of it is worth an IKE SA. */

/** ADDITIONAL_IP4_ADDRESS or ADDITIONAL_IP6_ADDRESS (§4.2.2). */
export function encodeAdditionalAddress(address: IpAddress): NotifyPayload {
  const name = addressFamily(address) === 4 ? 'ADDITIONAL_IP4_ADDRESS' : 'ADDITIONAL_IP6_ADDRESS';
  return notifyPayload(name, addressBytes(address));
}

export function decodeAdditionalAddress({ notify, data }: NotifyPayload): IpAddress | undefined {
  return data.length === ADDRESS_BYTES.get(notify) ? addressFromBytes(data) : undefined;
}

/** NO_NATS_ALLOWED (§4.2.6): where the packet that carries it comes from and goes to, as its sender sees that. */
export type Itinerary = { readonly source: Endpoint; readonly destination: Endpoint };

export function encodeNoNatsAllowed({ source, destination }: Itinerary): NotifyPayload {
  const data = new ByteWriter()
    .bytes(addressBytes(source.address))
    .bytes(addressBytes(destination.address))
    .u16(source.port)
    .u16(destination.port)
    .finish();
  return notifyPayload('NO_NATS_ALLOWED', data);
}

export function decodeNoNatsAllowed({ data }: NotifyPayload): Itinerary | undefined {
  const addressLength = (data.length - PORT_BYTES) / 2;
  if (addressLength !== 4 && addressLength !== 16) return undefined;
  const reader = new ByteReader(data);
  const source = addressFromBytes(reader.bytes(addressLength, 'NO_NATS_ALLOWED.source'));
  const destination = addressFromBytes(reader.bytes(addressLength, 'NO_NATS_ALLOWED.destination'));
  const sourcePort = reader.u16('NO_NATS_ALLOWED.sourcePort');
  const destinationPort = reader.u16('NO_NATS_ALLOWED.destinationPort');
  return {
    source: { address: source, port: sourcePort },
    destination: { address: destination, port: destinationPort },
  };
}

/** Whether the data of a COOKIE2 has a size that is allowed (§4.2.5). */
export function isCookie2({ data }: NotifyPayload): boolean {
  return data.length >= 8 && data.length <= 64;
}

const ADDRESS_BYTES: ReadonlyMap<number, number> = new Map([
  [NOTIFY.ADDITIONAL_IP4_ADDRESS, 4],
  [NOTIFY.ADDITIONAL_IP6_ADDRESS, 16],
]);

/** Two ports. */
const PORT_BYTES = 4;
