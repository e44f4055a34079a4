/** Memory that packets lie in, twice: an arena is such. A packet is an offset and a length in it. */
export type PacketMemory = { readonly bytes: Uint8Array; readonly view: DataView };

export function packetMemory(bytes: Uint8Array): PacketMemory {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}
