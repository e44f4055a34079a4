import type { Arena } from '../../../native/arena.ts';
import { createArena } from '../../../native/arena.ts';
import { TAILROOM } from '../transform.ts';

/** Where `packetArena` puts the inner packet: enough in front for an outer header and AH. */
export const AT = 192;

/** Memory full of something, with an inner packet of `length` bytes at `AT` and the room that the transforms ask for. */
export function packetArena(length: number): Arena {
  const arena = createArena(AT + length + TAILROOM);
  for (let at = 0; at < arena.bytes.length; at++) arena.bytes[at] = (at * 31 + length) & 0xff;
  return arena;
}

/** Changes one bit. */
export function spoil({ bytes }: Arena, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
}

/** Whether two stretches of memory are the same; quicker than `toEqual`. */
export function sameBytes(a: Arena, b: Arena, from: number, to: number): boolean {
  return Buffer.compare(a.bytes.subarray(from, to), b.bytes.subarray(from, to)) === 0;
}
