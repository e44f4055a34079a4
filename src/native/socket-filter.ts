import type { Fd, SocketOption } from './libc.ts';
import { addressOf, SOL_SOCKET, setOption } from './libc.ts';

/** A program for the kernel's classic BPF machine; see `linux/filter.h`. */
export type FilterProgram = readonly FilterStep[];
/** Code, jump if true, jump if false, constant. */
export type FilterStep = readonly [code: number, whenTrue: number, whenFalse: number, k: number];

/** Has the kernel ask `program` how many bytes of a datagram the socket shall get; 0 drops it. @throws NativeError */
export function attachFilter(fd: Fd, program: FilterProgram): void {
  attach(fd, SO_ATTACH_FILTER, program);
}

/**
 * Has the kernel ask `program` which of the sockets that share a port gets a datagram: the first that was bound is 0.
 * The program sees the payload. It holds for all of them, and the socket need not be bound yet. @throws NativeError
 */
export function attachSelector(fd: Fd, program: FilterProgram): void {
  attach(fd, SO_ATTACH_REUSEPORT_CBPF, program);
}

/** A word in network order from an offset of the datagram; where there is no such word, the program returns 0. */
export const LOAD_WORD = 0x20;
export const JUMP_IF_EQUAL = 0x15;
export const RETURN = 0x06;

/** `struct sock_fprog` (16 bytes): u16 length, pointer to `struct sock_filter` (8 bytes each): u16 code; u8 jt, jf; u32 k. */
function attach(fd: Fd, option: SocketOption, program: FilterProgram): void {
  const steps = new Uint8Array(new ArrayBuffer(program.length * STEP_BYTES));
  const view = new DataView(steps.buffer);
  for (const [index, [code, whenTrue, whenFalse, k]] of program.entries()) {
    view.setUint16(index * STEP_BYTES, code, true);
    view.setUint8(index * STEP_BYTES + 2, whenTrue);
    view.setUint8(index * STEP_BYTES + 3, whenFalse);
    view.setUint32(index * STEP_BYTES + 4, k, true);
  }
  const structure = new Uint8Array(16);
  const header = new DataView(structure.buffer);
  header.setUint16(0, program.length, true);
  header.setBigUint64(8, addressOf(steps), true);
  setOption(fd, option, structure);
}

const STEP_BYTES = 8;
const SO_ATTACH_FILTER: SocketOption = { level: SOL_SOCKET, name: 26, label: 'SO_ATTACH_FILTER' };
const SO_ATTACH_REUSEPORT_CBPF: SocketOption = { level: SOL_SOCKET, name: 51, label: 'SO_ATTACH_REUSEPORT_CBPF' };
