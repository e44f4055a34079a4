import { dirname } from 'node:path';
import type { ConfigurationHost } from '../host.ts';

export type MemoryFiles = Readonly<Record<string, string>>;

/** A machine that has only these files; those whose name ends in `.open` may be read by everybody. */
export function memoryHost(files: MemoryFiles, environment: Readonly<Record<string, string>> = {}): ConfigurationHost {
  const contents = (path: string): string => {
    const text = Object.hasOwn(files, path) ? files[path] : undefined;
    if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
    return text;
  };
  return {
    readFile: contents,
    listDirectory: (directory) =>
      Object.keys(files)
        .filter((path) => dirname(path) === directory)
        .map((path) => path.slice(directory === '/' ? 1 : directory.length + 1)),
    permissions: (path) => {
      contents(path);
      return path.endsWith('.open') ? 0o644 : 0o600;
    },
    variable: (name) => environment[name],
  };
}
