import { fromHex, toHex } from '../base/bytes.ts';

/** The integer of big-endian bytes; 0 for none. */
export function bytesToInteger(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
}

/** Big-endian, exactly `length` bytes. @throws RangeError where the value does not fit. */
export function integerToBytes(value: bigint, length: number): Uint8Array {
  const digits = value.toString(16);
  return padLeft(fromHex(digits.length % 2 === 0 ? digits : `0${digits}`), length);
}

/** The same big-endian integer in exactly `length` bytes. @throws RangeError where it does not fit. */
export function padLeft(bytes: Uint8Array, length: number): Uint8Array {
  const surplus = bytes.length - length;
  if (surplus > 0 && bytes.subarray(0, surplus).some((byte) => byte !== 0))
    throw new RangeError(`an integer of ${bytes.length} bytes does not fit into ${length}`);
  const out = new Uint8Array(length);
  if (surplus > 0) out.set(bytes.subarray(surplus));
  else out.set(bytes, -surplus);
  return out;
}
