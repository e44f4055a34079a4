import { addressBytes, type Endpoint } from '../../base/net.ts';

/** Why nothing that claims to come from `remote` is worth reading; undefined where it may be a peer. */
export function sourceFault(local: Endpoint, remote: Endpoint): string | undefined {
  if (remote.port === 0) return 'source-port-zero';
  // An answer to any of these would reach ourselves or many.
  if (remote.address === local.address || !isUnicast(remote)) return 'source-address';
  return undefined;
}

/** RFC 6890, RFC 4291 §2.4: neither unspecified, nor multicast, nor (IPv4) reserved with the broadcast address in it. */
function isUnicast({ address }: Endpoint): boolean {
  const bytes = addressBytes(address);
  const [first = 0] = bytes;
  if (bytes.length === 4) return first !== 0 && first < 224;
  return first !== 0xff && bytes.some((byte) => byte !== 0);
}
