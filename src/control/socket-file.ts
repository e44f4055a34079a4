import { once } from 'node:events';
import { chmod, chown, lstat, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';

/** `sun_path` holds 108 bytes, the terminating zero included. */
const MAX_PATH = 107;

/**
 * Makes `server` listen on a Unix socket at `path`, readable and writable for owner and group only, in a directory
 * that is created where it is missing. A socket file that nobody listens on is replaced. Returns the way to remove
 * the file. Throws an Error in plain words.
 */
export async function listenOnSocketFile(
  server: Server,
  path: string,
  /** The number of the file's group; the daemon's own where absent. */
  group?: number,
): Promise<() => Promise<void>> {
  if (Buffer.byteLength(path) > MAX_PATH)
    throw new Error(`${path} is too long for a socket: at most ${MAX_PATH} bytes`);
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await refuseWhatIsInUse(path);
  // Bound in a private directory and then moved: nobody else can connect before the mode is right, and a stale file
  // is replaced in one step.
  const directory = await mkdtemp(`${dirname(path)}/.`);
  const inner = join(directory, 's');
  try {
    server.listen(shorter(inner, path));
    await once(server, 'listening');
    if (group !== undefined) await giveToGroup(inner, path, group);
    await chmod(inner, 0o660);
    await rename(inner, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  const { ino } = await stat(path);
  return () => removeOwn(path, ino);
}

/** Only root may give a file to a group that it is not a member of. */
async function giveToGroup(inner: string, path: string, group: number): Promise<void> {
  try {
    await chown(inner, -1, group);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new Error(`${path} cannot be given to group ${group} (${code}); run the daemon as root or as a member of it`);
  }
}

function shorter(inner: string, path: string): string {
  if (Buffer.byteLength(inner) > MAX_PATH) throw new Error(`${dirname(path)} is too long for a socket`);
  return inner;
}

async function refuseWhatIsInUse(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} exists and is not a socket; it is left alone`);
  if (await answers(path)) throw new Error(`another daemon already listens on ${path}`);
}

/** Whether somebody listens there: a full backlog or missing rights also mean that somebody does. */
async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code !== 'ECONNREFUSED' && code !== 'ENOENT';
  } finally {
    socket.destroy();
  }
}

/** Another daemon may have replaced the file meanwhile; that one is not ours to remove. */
async function removeOwn(path: string, ino: number): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.ino === ino) await rm(path, { force: true });
}
