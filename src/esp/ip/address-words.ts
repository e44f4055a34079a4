import type { IpAddress } from '../../base/net.ts';
import { addressBytes } from '../../base/net.ts';

/** An address as in `PacketView`: four words in host order, those of IPv4 are 0, 0, 0 and the address. */
export function addressWords(address: IpAddress): Uint32Array {
  const bytes = addressBytes(address);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const words = new Uint32Array(4);
  const first = 4 - bytes.length / 4;
  for (let word = first; word < 4; word++) words[word] = view.getUint32((word - first) * 4);
  return words;
}
