import type { Fd } from './libc.ts';
import { lastError, libc } from './libc.ts';

/** What the kernel may leave to the reader of a TUN; each packet has a `struct virtio_net_hdr` in front unless `none`. */
export type TunOffload =
  /** Plain packets. */
  | 'none'
  /** Checksums, and TCP segments of up to 64 KB. */
  | 'tcp'
  /** UDP segments too; kernels before 6.2 give `tcp` instead. */
  | 'tcp-udp';

export type TunOptions = {
  /** `%d` stands for the first number that is free. At most 15 characters. Default `cygnet%d`. */
  readonly name?: string;
  readonly offload?: TunOffload;
};

/**
 * A TUN interface, which exists as long as its descriptor is open. Reads and writes are by `readInto` and `writeFrom`,
 * one IP packet each, and do not block. The descriptor may be used by several threads.
 */
export class TunDevice {
  readonly fd: Fd;
  /** The name that the kernel gave it. */
  readonly name: string;
  readonly offload: TunOffload;

  /** @throws NativeError: `open /dev/net/tun: ENOENT`, `ioctl TUNSETIFF: EPERM`, `EBUSY` where the name is taken */
  static open(options: TunOptions = {}): TunDevice {
    const fd = libc.open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) throw lastError(`open ${TUN_PATH}`);
    try {
      const wanted = options.offload ?? 'none';
      const name = attach(fd, options.name ?? 'cygnet%d', wanted);
      return new TunDevice(fd, name, leaveToReader(fd, wanted));
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  private constructor(fd: Fd, name: string, offload: TunOffload) {
    this.fd = fd;
    this.name = name;
    this.offload = offload;
  }

  /** How many bytes stand in front of each packet, read or written. */
  get headerBytes(): number {
    return this.offload === 'none' ? 0 : VIRTIO_HEADER_BYTES;
  }

  /** Whether nobody has removed the interface. */
  get exists(): boolean {
    return libc.ioctl(this.fd, TUNGETIFF, new Uint8Array(IFREQ_BYTES)) >= 0;
  }

  close(): void {
    libc.close(this.fd);
  }
}

/** `struct ifreq` (40 bytes): the name (16), then short flags. The kernel writes the name back. */
function attach(fd: Fd, name: string, offload: TunOffload): string {
  if (name.length >= NAME_BYTES || !/^[\w.%-]+$/.test(name)) throw new RangeError(`no name for an interface: ${name}`);
  const request = new Uint8Array(IFREQ_BYTES);
  new TextEncoder().encodeInto(name, request);
  // EXCL: never an existing interface that somebody else has made persistent.
  const flags = IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL | (offload === 'none' ? 0 : IFF_VNET_HDR);
  new DataView(request.buffer).setUint16(NAME_BYTES, flags, true);
  if (libc.ioctl(fd, TUNSETIFF, request) < 0) throw lastError('ioctl TUNSETIFF');
  return new TextDecoder().decode(request.subarray(0, request.indexOf(0)));
}

/** What of `wanted` the kernel has. */
function leaveToReader(fd: Fd, wanted: TunOffload): TunOffload {
  if (wanted === 'none') return wanted;
  const size = new Uint8Array(Int32Array.of(VIRTIO_HEADER_BYTES).buffer);
  if (libc.ioctl(fd, TUNSETVNETHDRSZ, size) < 0) throw lastError('ioctl TUNSETVNETHDRSZ');
  if (wanted === 'tcp-udp' && setOffload(fd, TCP_OFFLOADS | UDP_OFFLOADS)) return wanted;
  if (!setOffload(fd, TCP_OFFLOADS)) throw lastError('ioctl TUNSETOFFLOAD');
  return 'tcp';
}

/** The argument is the value itself, where other requests take a pointer. */
function setOffload(fd: Fd, flags: number): boolean {
  return libc.ioctlValue(fd, TUNSETOFFLOAD, flags) >= 0;
}

/** `struct virtio_net_hdr`: u8 flags, gso_type; u16 hdr_len, gso_size, csum_start, csum_offset, in host order. */
export const VIRTIO_HEADER_BYTES = 10;

const TUN_PATH = '/dev/net/tun';
const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const IFREQ_BYTES = 40;
const NAME_BYTES = 16;

const TUNSETIFF = 0x4004_54ca;
const TUNGETIFF = 0x8004_54d2;
const TUNSETOFFLOAD = 0x4004_54d0;
const TUNSETVNETHDRSZ = 0x4004_54d8;
const IFF_TUN = 0x1;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const IFF_TUN_EXCL = 0x8000;

/** Checksums; TCP over IPv4, over IPv6, and with ECN. */
const TCP_OFFLOADS = 0x1 | 0x2 | 0x4 | 0x8;
/** UDP over IPv4 and over IPv6: the kernel takes both or none. */
const UDP_OFFLOADS = 0x20 | 0x40;
