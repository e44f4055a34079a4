import { run } from './command.ts';

/** How the demo gets a machine of its own to play with, or why it cannot have one. */
export type Isolation = { readonly argv: readonly string[] } | { readonly refusal: string };

/**
 * Namespaces of its own for networks, mounts and processes: nothing of the machine's own network is seen or touched in
 * there, and when its first process ends, however that happens, the kernel ends and removes all the rest. Who is not
 * root becomes it inside a user namespace, where the machine permits that.
 */
export async function isolate(uid: number): Promise<Isolation> {
  const asRoot = uid === 0 ? [] : ['--user', '--map-root-user'];
  const argv = ['unshare', ...asRoot, '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const attempt = await run([...argv, 'sh', '-c', `${FRESH_RUN} && ip link show lo`]);
  if (attempt.status === 0) return { argv: [...argv, 'sh', '-c', `${FRESH_RUN} && exec "$@"`, 'sh'] };
  return { refusal: refusalText(uid, attempt.status, attempt.stderr) };
}

/** Where `ip netns` keeps its names, and the demo its files. */
const FRESH_RUN = 'mount -t tmpfs tmpfs /run';

export function refusalText(uid: number, status: number, stderr: string): string {
  const said = stderr.trim().split('\n').at(-1) ?? '';
  if (/\bip: (command )?not found/.test(said)) return 'the program "ip" is missing (Debian: iproute2)';
  if (status === 127) return 'the program "unshare" is missing (Debian: util-linux)';
  if (uid !== 0) return `not root, and this machine lets nobody else make network namespaces (${said})`;
  return `this machine does not let even root make network namespaces, as in many containers (${said})`;
}
