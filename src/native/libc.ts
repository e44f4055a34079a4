import { endianness } from 'node:os';
import koffi from 'koffi';
import { NativeError } from './errno.ts';

/** An open file descriptor. */
export type Fd = number;

const library = koffi.load(null);

/**
 * The C library's calls as they are: they return -1 on failure, and `lastErrno` tells why as long as no other call
 * was made. Bytes are passed by reference. Constants are Linux's on every architecture that we accept.
 */
export const libc = {
  open: bind<(path: string, flags: number) => Fd>('int open(const char *, int)'),
  ioctl: bind<(fd: Fd, request: number, argument: Uint8Array) => number>('int ioctl(int, unsigned long, void *)'),
  ioctlValue: bind<(fd: Fd, request: number, argument: number) => number>('int ioctl(int, unsigned long, uintptr_t)'),
  eventfd: bind<(count: number, flags: number) => Fd>('int eventfd(unsigned int, int)'),
  socket: bind<(domain: number, type: number, protocol: number) => number>('int socket(int, int, int)'),
  close: bind<(fd: Fd) => number>('int close(int)'),
  bind: bind<(fd: Fd, address: Uint8Array, length: number) => number>('int bind(int, const void *, uint32_t)'),
  getsockname: bind<(fd: Fd, address: Uint8Array, length: Uint8Array) => number>(
    'int getsockname(int, void *, void *)',
  ),
  setsockopt: bind<(fd: Fd, level: number, name: number, value: Uint8Array, length: number) => number>(
    'int setsockopt(int, int, int, const void *, uint32_t)',
  ),
  send: bind<(fd: Fd, bytes: Uint8Array, length: number, flags: number) => number>(
    'intptr_t send(int, const void *, size_t, int)',
  ),
  recvfrom: bind<
    (fd: Fd, bytes: Uint8Array, length: number, flags: number, address: Uint8Array, addressLength: Uint8Array) => number
  >('intptr_t recvfrom(int, void *, size_t, int, void *, void *)'),
  sendmsg: bind<(fd: Fd, header: Uint8Array, flags: number) => number>('intptr_t sendmsg(int, const void *, int)'),
  recvmmsg: bind<(fd: Fd, headers: Uint8Array, count: number, flags: number, timeout: null) => number>(
    'int recvmmsg(int, void *, unsigned int, int, void *)',
  ),
};

export function lastErrno(): number {
  return koffi.errno();
}

/** The error of the call that has just failed. */
export function lastError(call: string): NativeError {
  return new NativeError(call, koffi.errno());
}

/**
 * Where bytes lie in memory, for structures that hold pointers. Whoever stores it keeps `bytes` referenced; the
 * backing store of an ArrayBuffer does not move.
 */
export function addressOf(bytes: Uint8Array): bigint {
  return koffi.address(bytes);
}

/** Opens a close-on-exec socket. @throws NativeError */
export function openSocket(family: number, type: number, protocol: number): Fd {
  const fd = libc.socket(family, type | SOCK_CLOEXEC, protocol);
  if (fd < 0) throw lastError('socket');
  return fd;
}

export type SocketOption = { readonly level: number; readonly name: number; readonly label: string };

/** Sets an option to a C int or to a structure. @throws NativeError that names the option */
export function setOption(fd: Fd, option: SocketOption, value: number | Uint8Array): void {
  const bytes = typeof value === 'number' ? new Uint8Array(Int32Array.of(value).buffer) : value;
  if (libc.setsockopt(fd, option.level, option.name, bytes, bytes.length) < 0)
    throw lastError(`setsockopt ${option.label}`);
}

/**
 * Asks for a receive buffer of `bytes`, past the system-wide limit where we may (CAP_NET_ADMIN), else up to it.
 * @throws NativeError
 */
export function setReceiveBuffer(fd: Fd, bytes: number): void {
  setBuffer(fd, bytes, SO_RCVBUFFORCE, SO_RCVBUF);
}

/** As `setReceiveBuffer`, for what is on its way out of this machine. @throws NativeError */
export function setSendBuffer(fd: Fd, bytes: number): void {
  setBuffer(fd, bytes, SO_SNDBUFFORCE, SO_SNDBUF);
}

function setBuffer(fd: Fd, bytes: number, force: SocketOption, plain: SocketOption): void {
  try {
    setOption(fd, force, bytes);
  } catch (error) {
    if (!(error instanceof NativeError) || error.code !== 'EPERM') throw error;
    setOption(fd, plain, bytes);
  }
}

export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;

const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
const SO_RCVBUF: SocketOption = { level: SOL_SOCKET, name: 8, label: 'SO_RCVBUF' };
const SO_SNDBUF: SocketOption = { level: SOL_SOCKET, name: 7, label: 'SO_SNDBUF' };
const SO_SNDBUFFORCE: SocketOption = { level: SOL_SOCKET, name: 32, label: 'SO_SNDBUFFORCE' };
const SO_RCVBUFFORCE: SocketOption = { level: SOL_SOCKET, name: 33, label: 'SO_RCVBUFFORCE' };
/** `struct timeval`; the kernel's answer to a caller that would wait for ever. */
export const SO_RCVTIMEO: SocketOption = { level: SOL_SOCKET, name: 20, label: 'SO_RCVTIMEO' };
/** `struct timeval`; how long a socket that blocks waits for room. */
export const SO_SNDTIMEO: SocketOption = { level: SOL_SOCKET, name: 21, label: 'SO_SNDTIMEO' };

/**
 * A call of the C library by its prototype.
 *
 * Structures with pointers are laid out by hand, for 64-bit little-endian machines: x64, arm64, riscv64, loong64.
 */
export function bind<F>(prototype: string): F {
  if (koffi.sizeof('void *') !== 8 || endianness() !== 'LE')
    throw new Error('this build needs a 64-bit little-endian machine');
  return library.func(prototype) as unknown as F;
}
