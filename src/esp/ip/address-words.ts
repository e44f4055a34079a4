import type { AddressFamily, IpAddress } from '../../base/net.ts';
import { addressBytes, addressFromBytes } from '../../base/net.ts';

/** An address as in `PacketView`: four words in host order, those of IPv4 are 0, 0, 0 and the address. */
export function addressWords(address: IpAddress): Uint32Array {
  const bytes = addressBytes(address);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const words = new Uint32Array(4);
  const first = 4 - bytes.length / 4;
  for (let word = first; word < 4; word++) words[word] = view.getUint32((word - first) * 4);
  return words;
}

/** The address as text; for logs and events, not for every packet. */
export function wordsAddress(words: Uint32Array, family: AddressFamily): IpAddress {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) view.setUint32(index * 4, word);
  return addressFromBytes(family === 4 ? bytes.subarray(12) : bytes);
}
