import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';
import { addressBytes, addressFamily, addressFromBytes, type IpAddress } from '../../../base/net.ts';
import { ID_TYPE } from './id.ts';

const TYPE_OF_FAMILY = { 4: ID_TYPE.IPV4_ADDR, 6: ID_TYPE.IPV6_ADDR } as const;

const ADDRESS_BYTES: ReadonlyMap<number, number> = new Map([
  [ID_TYPE.IPV4_ADDR, 4],
  [ID_TYPE.IPV6_ADDR, 16],
]);

/** Body of a NAT original address payload, RFC 3947 §5.2. @throws WireError for anything but an address. */
export function decodeNatOa(body: Uint8Array): IpAddress {
  const reader = new ByteReader(body);
  const idType = reader.u8('NAT-OA.type');
  reader.bytes(3, 'NAT-OA.reserved');
  const data = reader.rest();
  if (data.length !== ADDRESS_BYTES.get(idType)) throw new WireError('value', 'NAT-OA.address');
  return addressFromBytes(data);
}

export function encodeNatOa(address: IpAddress): Uint8Array {
  return new ByteWriter().u8(TYPE_OF_FAMILY[addressFamily(address)]).zeros(3).bytes(addressBytes(address)).finish();
}
