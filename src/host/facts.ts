import type { IpAddress } from '../base/net.ts';
import type { Firewall } from './firewall/firewall.ts';

/** What was read, and where; or why it could not be. Nothing is ever guessed in its place. */
export type Fact<Value> =
  | { readonly known: true; readonly value: Value; readonly source: string }
  | { readonly known: false; readonly source: string; readonly why: string };

/** What this machine is like, as far as tunnels depend on it. Plain data: whoever has it can check it anywhere. */
export type HostFacts = {
  /** Kernel parameters under net.ipv4 and net.ipv6, by the name that `sysctl` takes. */
  readonly parameters: Fact<Readonly<Record<string, string>>>;
  /** Those that are up. */
  readonly interfaces: Fact<readonly Interface[]>;
  /** What the kernel says of the way to an address; of those in `addressesOfInterest`. */
  readonly ways: Fact<Readonly<Record<IpAddress, Way>>>;
  readonly sockets: Fact<readonly UdpSocket[]>;
  readonly processes: Fact<readonly Process[]>;
  readonly firewalls: readonly Fact<Firewall>[];
  /** Why the kernel takes no SAs of a protocol; absent where it does. */
  readonly kernel: Fact<{ readonly esp?: string; readonly ah?: string }>;
  /** Why there is no TUN device to be had; absent where there is. */
  readonly tun: Fact<{ readonly missing?: string }>;
  readonly clock: { readonly year: number; readonly synchronized: Fact<boolean> };
};

export type Interface = { readonly name: string; readonly mtu: number; readonly addresses: readonly IpAddress[] };

/** `gateway` is absent where the address is on the link. */
export type Way =
  | { readonly interface: string; readonly gateway?: IpAddress }
  /** The errno name, such as ENETUNREACH. */
  | { readonly refused: string };

/** `address` is `0.0.0.0` or `::` where the socket has them all; `process` is absent where only root could tell. */
export type UdpSocket = { readonly address: IpAddress; readonly port: number; readonly process?: Process };

/** `ours`: a daemon of Cygnet. */
export type Process = { readonly pid: number; readonly name: string; readonly ours: boolean };
