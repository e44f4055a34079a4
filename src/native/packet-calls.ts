import koffi from 'koffi';
import type { Fd } from './libc.ts';
import { bind } from './libc.ts';

/**
 * The calls that are made for every packet or batch. Memory is passed by its address, as a number: nothing is allocated,
 * and a call costs half of what it costs with a Uint8Array. Whoever calls keeps the memory referenced, see `Arena`.
 *
 * A result below 0 is the negative error number, such as `-EAGAIN`; nothing throws.
 */

/** The bytes that were read: of a TUN, one packet. */
export function readInto(fd: Fd, address: number, length: number): number {
  const result = calls.read(fd, address, length);
  return result < 0 ? -koffi.errno() : result;
}

/** The bytes that were written: to a TUN, one packet. */
export function writeFrom(fd: Fd, address: number, length: number): number {
  const result = calls.write(fd, address, length);
  return result < 0 ? -koffi.errno() : result;
}

/** How many of the `struct pollfd` at `address` have something to tell; `timeout` is in milliseconds, -1 for ever. */
export function pollAt(address: number, count: number, timeout: number): number {
  const result = calls.poll(address, count, timeout);
  return result < 0 ? -koffi.errno() : result;
}

/** How many messages were received into the `struct mmsghdr` at `address`. */
export function receiveMessages(fd: Fd, address: number, count: number, flags: number): number {
  const result = calls.recvmmsg(fd, address, count, flags, 0);
  return result < 0 ? -koffi.errno() : result;
}

/** How many of the messages in the `struct mmsghdr` at `address` were sent; an error only where the first was not. */
export function sendMessages(fd: Fd, address: number, count: number, flags: number): number {
  const result = calls.sendmmsg(fd, address, count, flags);
  return result < 0 ? -koffi.errno() : result;
}

const calls = {
  read: bind<(fd: Fd, address: number, length: number) => number>('intptr_t read(int, uintptr_t, size_t)'),
  write: bind<(fd: Fd, address: number, length: number) => number>('intptr_t write(int, uintptr_t, size_t)'),
  poll: bind<(address: number, count: number, timeout: number) => number>('int poll(uintptr_t, unsigned long, int)'),
  recvmmsg: bind<(fd: Fd, address: number, count: number, flags: number, timeout: number) => number>(
    'int recvmmsg(int, uintptr_t, unsigned int, int, uintptr_t)',
  ),
  sendmmsg: bind<(fd: Fd, address: number, count: number, flags: number) => number>(
    'int sendmmsg(int, uintptr_t, unsigned int, int)',
  ),
};
