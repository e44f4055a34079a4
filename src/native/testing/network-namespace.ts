import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { bind, type Fd, lastError } from '../libc.ts';

/**
 * A network namespace for the tests of one file: a kernel's network with nothing in it but `lo`. It is entered by the
 * thread, not the process, so that tests of other files are not concerned.
 */
export class NetworkNamespace {
  readonly #fd: Fd;

  static create(): NetworkNamespace {
    return inNamespace(undefined, () => {
      if (calls.unshare(CLONE_NEWNET) < 0) throw lastError('unshare');
      const created = new NetworkNamespace(openSync(OWN_NAMESPACE, 'r'));
      created.ip('link set lo up');
      return created;
    });
  }

  private constructor(fd: Fd) {
    this.#fd = fd;
  }

  /** Does `work` inside; what it opens stays there. */
  run<T>(work: () => T): T {
    return inNamespace(this.#fd, work);
  }

  /** What `ip` prints for a command line, with the words of `command` as arguments. */
  ip(command: string): string {
    return this.exec('ip', command.split(' '));
  }

  exec(file: string, args: readonly string[]): string {
    return this.run(() => execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** For the `netns` of `ip link`. */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.#fd}`;
  }

  /** It goes with the last descriptor that was opened in it. */
  close(): void {
    closeSync(this.#fd);
  }
}

function inNamespace<T>(fd: Fd | undefined, work: () => T): T {
  const before = openSync(OWN_NAMESPACE, 'r');
  try {
    if (fd !== undefined) enter(fd);
    return work();
  } finally {
    enter(before);
    closeSync(before);
  }
}

function enter(fd: Fd): void {
  if (calls.setns(fd, CLONE_NEWNET) < 0) throw lastError('setns');
}

function missing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/dev/net/tun')) return 'needs /dev/net/tun';
  try {
    NetworkNamespace.create().close();
    return undefined;
  } catch {
    return 'needs network namespaces';
  }
}

const calls = {
  unshare: bind<(flags: number) => number>('int unshare(int)'),
  setns: bind<(fd: Fd, type: number) => number>('int setns(int, int)'),
};
const CLONE_NEWNET = 0x4000_0000;
const OWN_NAMESPACE = '/proc/thread-self/ns/net';

/**
 * Why tests on a network of their own cannot run here, for the name of the test; undefined where they can. Root alone
 * may make a namespace, and it may lack the device for TUN interfaces.
 */
export const namespacesMissing: string | undefined = missing();
