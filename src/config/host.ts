import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';

/** What loading a configuration needs of the machine. Every function throws as node:fs does, with a `code`. */
export type ConfigurationHost = {
  /** The text of a regular file of at most `MAX_FILE_BYTES`. */
  readFile(path: string): string;
  /** The names in a directory. */
  listDirectory(path: string): readonly string[];
  /** The permission bits of a file, such as 0o600. */
  permissions(path: string): number;
  /** A variable of the environment; undefined where it is not set. */
  variable(name: string): string | undefined;
};

/**
 * Well over ten thousand tunnels. What is larger would keep the daemon, which reads it at a reload, from its work for long:
 * the YAML library takes half a second for each mebibyte, and ninety times the memory of what is not read entry by entry.
 */
export const MAX_FILE_BYTES = 8 << 20;

export const systemHost: ConfigurationHost = {
  readFile: readRegularFile,
  listDirectory: (path) => readdirSync(path),
  permissions: (path) => statSync(path).mode & 0o777,
  variable: (name) => process.env[name],
};

/** A pipe without a writer or a device without an end would stop the daemon, and with it every tunnel. */
function readRegularFile(path: string): string {
  // Without O_NONBLOCK the opening of a pipe waits already.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    const code = stat.isDirectory() ? 'EISDIR' : stat.isFile() ? undefined : 'EINVAL';
    const refused = code ?? (stat.size > MAX_FILE_BYTES ? 'EFBIG' : undefined);
    if (refused !== undefined) throw Object.assign(new Error(refused), { code: refused });
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** A failed file operation in words. */
export function fileErrorText(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown error';
  return WORDS[code] ?? code;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EFBIG: 'it is larger than 8 MiB',
  EINVAL: 'it is not a regular file',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is no directory',
  ELOOP: 'too many symbolic links',
};
