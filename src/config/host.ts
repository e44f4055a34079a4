import { readdirSync, readFileSync, statSync } from 'node:fs';

/** What loading a configuration needs of the machine. Every function throws as node:fs does, with a `code`. */
export type ConfigurationHost = {
  readFile(path: string): string;
  /** The names in a directory. */
  listDirectory(path: string): readonly string[];
  /** The permission bits of a file, such as 0o600. */
  permissions(path: string): number;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

export const systemHost: ConfigurationHost = {
  readFile: (path) => readFileSync(path, 'utf8'),
  listDirectory: (path) => readdirSync(path),
  permissions: (path) => statSync(path).mode & 0o777,
  environment: process.env,
};

/** A failed file operation in words. */
export function fileErrorText(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown error';
  return WORDS[code] ?? code;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is no directory',
  ELOOP: 'too many symbolic links',
};
