/** The ESP in UDP (RFC 3948 §2.1) that a capture of Ethernet frames has towards an IPv4 address, in its order. */
export function espInUdp(pcap: Buffer, address: string): Buffer[] {
  const target = address.split('.').map(Number);
  return frames(pcap).flatMap((frame) => {
    const ip = frame.subarray(ETHERNET_HEADER);
    const udp = ip.subarray(((ip[0] ?? 0) & 0x0f) * 4);
    const isUdp = frame.readUInt16BE(12) === IPV4 && ip[9] === UDP && (ip.readUInt16BE(6) & 0x1fff) === 0;
    if (!isUdp || !ip.subarray(16, 20).equals(Buffer.from(target)) || udp.readUInt16BE(2) !== NAT_TRAVERSAL_PORT)
      return [];
    const payload = udp.subarray(8, udp.readUInt16BE(4));
    // IKE begins with zeros there, and a keepalive is a single byte (RFC 3948 §2.2, §2.3).
    return payload.length >= SHORTEST && payload.readUInt32BE(0) !== 0 ? [payload] : [];
  });
}

/** The packet with another sequence number, which was not seen yet, and a bit inverted at its end. */
export function changed(packet: Buffer): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt32BE(copy.readUInt32BE(4) + 1_000, 4);
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 0x01;
  return copy;
}

const ETHERNET_HEADER = 14;
const IPV4 = 0x0800;
const UDP = 17;
const NAT_TRAVERSAL_PORT = 4500;

/** SPI, sequence number and the shortest ICV. */
const SHORTEST = 20;

/** Packets of a pcap file of this machine's byte order; the last one may be just being written. */
function frames(pcap: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = FILE_HEADER; at + PACKET_HEADER <= pcap.length; ) {
    const start = at + PACKET_HEADER;
    at = start + pcap.readUInt32LE(at + 8);
    if (at <= pcap.length) found.push(pcap.subarray(start, at));
  }
  return found;
}

const FILE_HEADER = 24;
const PACKET_HEADER = 16;
