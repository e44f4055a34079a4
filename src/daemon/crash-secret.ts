import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { toHex } from '../base/bytes.ts';
import type { Entropy } from '../base/entropy.ts';
import { Secret } from '../base/secret.ts';
import { fileErrorText } from '../config/host.ts';

/** RFC 6290 §5.1. */
const SECRET_BYTES = 32;

const FILE_NAME = 'crash-secret';

/** Why there is no secret, in one sentence for the operator. */
export type NoSecret = { readonly warning: string };

/**
 * What the tokens are made of that tell peers of a crash (RFC 6290): the same at every start, in a file of the state
 * directory that is made at the first one. Gives the reason instead where it cannot be kept: a secret that does not
 * survive would be worth nothing.
 */
export function readCrashSecret(directory: string, entropy: Entropy): Secret | NoSecret {
  const path = join(directory, FILE_NAME);
  try {
    return read(path) ?? create(path, directory, entropy);
  } catch (error) {
    const advice = 'create a directory that the daemon may write to, and name it with --state where it is another one';
    return noSecret(`${directory} cannot be used: ${fileErrorText(error)}; ${advice}`);
  }
}

/** Undefined where there is no such file. */
function read(path: string): Secret | NoSecret | undefined {
  let file: number;
  try {
    // Neither a link to somewhere else nor a pipe that never ends.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { mode } = fstatSync(file);
    // Whoever knows it can end all tunnels of this gateway (RFC 6290 §9.1).
    if ((mode & 0o077) !== 0) return noSecret(`others may read ${path}; remove it, and the next start makes a new one`);
    const bytes = new Uint8Array(SECRET_BYTES + 1);
    const length = readSync(file, bytes);
    if (length === SECRET_BYTES) return new Secret(bytes.slice(0, SECRET_BYTES));
    return noSecret(`${path} is damaged; remove it, and the next start makes a new one`);
  } finally {
    closeSync(file);
  }
}

/** All of it or nothing, whatever happens meanwhile: half a secret would be one that can be guessed. */
function create(path: string, directory: string, entropy: Entropy): Secret {
  const bytes = entropy.bytes(SECRET_BYTES);
  const fresh = `${path}.${toHex(entropy.bytes(8))}`;
  try {
    writeNew(fresh, bytes);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
  sync(directory);
  return new Secret(bytes);
}

function writeNew(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    // The mask of the process may have taken rights from the owner.
    fchmodSync(file, 0o600);
    writeSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The name of a file is on the disk when its directory is. */
function sync(directory: string): void {
  const file = openSync(directory, constants.O_RDONLY);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function noSecret(why: string): NoSecret {
  return { warning: `peers will not be told of a crash of this daemon (RFC 6290): ${why}` };
}
