import type { IpAddress } from '../base/net.ts';

/**
 * A traffic selector, RFC 7296 §3.13.1: an address range with protocol and port range. `start` and `end` are of one
 * family. Protocol 0 is any; ports 0..65535 are any, 65535..0 is OPAQUE.
 */
export type TrafficSelector = {
  readonly protocol: number;
  readonly startPort: number;
  readonly endPort: number;
  readonly start: IpAddress;
  readonly end: IpAddress;
};
