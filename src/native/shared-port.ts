import type { Fd } from './libc.ts';
import { setOption } from './libc.ts';
import type { FilterProgram } from './socket-filter.ts';
import { attachSelector, JUMP_IF_EQUAL, LOAD_WORD, RETURN } from './socket-filter.ts';
import { SO_REUSEPORT } from './socket-options.ts';

/**
 * Makes a socket the first of several of ours on one port, before it is bound; the port must not be taken. It gets IKE,
 * the second (`joinPort`) ESP-in-UDP (RFC 3948 §2), those after them nothing. While there is no second, the first gets
 * all. Where one is closed, the last moves into its place: they are to be closed together.
 * @throws NativeError
 */
export function sharePort(fd: Fd): void {
  setOption(fd, SO_REUSEPORT, 1);
  attachSelector(fd, IKE_OR_ESP);
}

/** Lets a socket be bound to a port where others are already; `sharePort` says what it gets. @throws NativeError */
export function joinPort(fd: Fd): void {
  setOption(fd, SO_REUSEPORT, 1);
}

const IKE = 0;
const ESP = 1;

/** Four zero bytes are the non-ESP marker (RFC 3948 §2.2); keepalives (§2.3) are shorter, and end with the load: 0. */
const IKE_OR_ESP: FilterProgram = [
  [LOAD_WORD, 0, 0, 0],
  [JUMP_IF_EQUAL, 0, 1, 0],
  [RETURN, 0, 0, IKE],
  [RETURN, 0, 0, ESP],
];
