import koffi from 'koffi';

/** The symbolic name of a Linux error number, `ENOSYS` for 38; `E524` and the like for numbers that have none. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `E${errno}`;
}

/** A system call that failed. It carries the call and the errno name, never what was passed to it. */
export class NativeError extends Error {
  /** errno name, such as `EPERM`. */
  readonly code: string;
  /** The system call, with the option where there is one: `setsockopt UDP_ENCAP`. */
  readonly call: string;

  constructor(call: string, errno: number) {
    super(`${call}: ${errnoName(errno)}`);
    this.name = 'NativeError';
    this.code = errnoName(errno);
    this.call = call;
  }
}

/** Error numbers that callers of `packet-calls.ts` look for; the same on every architecture that we accept. */
export const EINTR = 4;
export const EAGAIN = 11;
/** Of the descriptor of a TUN: the interface has been removed. */
export const EBADFD = 77;
export const EMSGSIZE = 90;

/** Where one number has two names, the one that the kernel's sources use. */
const PREFERRED = ['EAGAIN', 'EDEADLK', 'EOPNOTSUPP'];

const NAMES: ReadonlyMap<number, string> = namesByNumber();

function namesByNumber(): Map<number, string> {
  const names = new Map<number, string>();
  for (const [name, errno] of Object.entries(koffi.os.errno)) {
    if (!names.has(errno) || PREFERRED.includes(name)) names.set(errno, name);
  }
  return names;
}
